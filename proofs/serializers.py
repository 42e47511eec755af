"""Proofs as the API shows them, and one's own part as the verifier reads it."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import DecimalText, IdText
from kernel.decimals import format_decimal
from proofs.models import Proof, ProofTree, Reserve
from proofs.selectors import OwnPart, TreePart, coverage_of


class ProofSeal(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    sha256 = serializers.CharField()


class ReserveAnswer(serializers.Serializer[Any]):
    address = serializers.CharField()
    amount = DecimalText()
    as_of = serializers.CharField(help_text="When it lay there, in the signer's words.")
    scheme = serializers.CharField(help_text="ethereum, bitcoin or ed25519.")
    message = serializers.CharField(help_text="What the address's key signed.")
    signature = serializers.CharField()


class TreeAnswer(serializers.Serializer[Any]):
    asset = serializers.CharField()
    number = IdText(help_text="The tree's own; the file calls it block_height.")
    scale = serializers.IntegerField(help_text="The tree counts in units of 10^-scale.")
    root = serializers.CharField(help_text="SHA-256, in hex.")  # type: ignore[assignment]
    owed = DecimalText(help_text="To all customers together.")
    leaves = serializers.IntegerField()
    file = serializers.CharField(help_text="Where the whole tree is, as CSV.")
    reserves = ReserveAnswer(many=True)
    reserves_total = DecimalText()
    percent = serializers.CharField(
        allow_null=True,
        help_text="Reserves of what is owed, rounded down; null where nobody has signed "
        "for reserves, or nothing is owed.",
    )


class ProofAnswer(serializers.Serializer[Any]):
    id = IdText()
    at = serializers.DateTimeField(help_text="When the last transfer that counts was made.")
    transfer = IdText(help_text="The last transfer that counts.")
    seal = ProofSeal(help_text="The seal that ends with it.")
    taken_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField()
    trees = TreeAnswer(many=True)


class ProofPage(serializers.Serializer[Any]):
    results = ProofAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class LeafAnswer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Counted from the left, from 0.")
    value = IdText(help_text="In the tree's unit.")
    path = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="[digest, sum] of the siblings on the way to the root.",
    )


class OwnTreeAnswer(serializers.Serializer[Any]):
    asset = serializers.CharField()
    number = IdText()
    scale = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    total = IdText(help_text="Owed to all, in the tree's unit.")
    amount = IdText(help_text="Owed to you, in the tree's unit, rounded up.")
    balance = DecimalText(help_text="Owed to you, exactly.")
    nonce = serializers.CharField(help_text="The key of your leaves in this tree alone.")
    leaves = LeafAnswer(many=True)


class OwnPartAnswer(serializers.Serializer[Any]):
    """What verify_liabilities.py reads. It shows your balances: keep it to yourself."""

    proof = IdText()
    at = serializers.DateTimeField()
    transfer = IdText()
    account = IdText(help_text="Your number.")
    account_nonce = serializers.CharField(help_text="Opens your leaves of this proof.")
    trees = OwnTreeAnswer(many=True)


def proof_body(proof: Proof) -> dict[str, Any]:
    return {
        "id": str(proof.pk),
        "at": proof.at,
        "transfer": str(proof.transfer),
        "seal": {"number": proof.seal, "sha256": proof.sha256},
        "taken_at": proof.taken_at,
        "published_at": proof.decision.at,
        "trees": [tree_body(tree) for tree in proof.trees.all()],
    }


def tree_body(tree: ProofTree) -> dict[str, Any]:
    scale, coverage = tree.asset.scale, coverage_of(tree)
    return {
        "asset": tree.asset.code,
        "number": str(tree.pk),
        "scale": tree.scale,
        "root": tree.root,
        "owed": format_decimal(tree.total, scale=tree.scale),
        "leaves": tree.leaves,
        "file": f"/api/v1/proofs/{tree.proof_id}/trees/{tree.asset.code}",
        "reserves": [reserve_body(each, scale=scale) for each in tree.reserves.all()],
        "reserves_total": format_decimal(coverage.reserves, scale=scale),
        "percent": coverage.percent or None,
    }


def reserve_body(reserve: Reserve, *, scale: int) -> dict[str, Any]:
    return {
        "address": reserve.address,
        "amount": format_decimal(reserve.amount, scale=scale),
        "as_of": reserve.as_of,
        "scheme": reserve.scheme,
        "message": reserve.message,
        "signature": reserve.signature,
    }


def own_part_body(own: OwnPart) -> dict[str, Any]:
    return {
        "proof": str(own.proof.pk),
        "at": own.proof.at,
        "transfer": str(own.proof.transfer),
        "account": str(own.user_id),
        "account_nonce": own.nonce,
        "trees": [_own_tree_body(part) for part in own.trees],
    }


def _own_tree_body(part: TreePart) -> dict[str, Any]:
    tree = part.tree
    return {
        "asset": tree.asset.code,
        "number": str(tree.pk),
        "scale": tree.scale,
        "root": tree.root,
        "total": str(tree.total),
        "amount": str(part.value),
        "balance": format_decimal(part.amount, scale=tree.asset.scale),
        "nonce": part.nonce,
        "leaves": [
            {
                "index": leaf.index,
                "value": str(leaf.value),
                "path": [[node.digest.hex(), str(node.value)] for node in leaf.path],
            }
            for leaf in part.leaves
        ],
    }
