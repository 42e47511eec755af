"""Writes about proofs. One function is one verb is one transaction.

Lock order: the proof's row, by the database itself when something is added to it or when
it is decided on. Nothing in the ledger is locked: what is sealed does not change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from kernel.units import Atoms
from ledger.selectors import assets, seal_head
from proofs.errors import (
    MayNotPublishProof,
    MayNotTakeProof,
    NothingSealed,
    ProofDecided,
    ProofDisagrees,
    ProofReasonMissing,
    ReserveCountedTwice,
    ReserveNotSigned,
    UnknownProof,
)
from proofs.models import (
    PAGE_NODES,
    Proof,
    ProofDecision,
    ProofTree,
    Reserve,
    TreePage,
)
from proofs.selectors import (
    Grown,
    disagreements,
    grown_trees,
    proof_case,
    reserve_message,
)
from proofs.signatures import NotSigned, signed_by
from proofs.tree import NODE_BYTES

RIGHT_TO_TAKE: Final = "proofs.take_proof"
RIGHT_TO_PUBLISH: Final = "proofs.publish_proof"


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of an address, before it is believed.

    scheme     how it is signed: proofs.signatures.SCHEMES
    amount     atoms
    as_of      when it was there, in the signer's words
    signature  by the address, of what `selectors.reserve_message` gives
    """

    asset: str
    scheme: str
    address: str
    amount: Atoms
    as_of: str
    signature: str


def take_proof(*, key: str, seed: bytes, actor: User | None, now: datetime) -> Proof:
    """Commit to what all customers are owed after the last sealed transfer.

    It stands in the database, and nobody sees it until it is published. The trees grow
    before the transaction begins, which takes seconds for many customers. A repetition
    under the same key returns the first proof.

    key     names the proof, e.g. "scheduled:2026-11-16"
    seed    32 bytes by chance, new for each proof: whoever knows them knows whose a leaf is
    actor   a member of the staff; None for the clock
    raises  MayNotTakeProof, NothingSealed, LiabilitiesTooLarge; nothing is written
    """
    if actor is not None and not actor.has_perm(RIGHT_TO_TAKE):
        raise MayNotTakeProof
    if taken := Proof.objects.filter(key=key).first():
        return taken
    seal = seal_head()
    if seal is None:
        raise NothingSealed
    proof = Proof(
        key=key,
        transfer=seal.last,
        seal=seal.number,
        sha256=seal.sha256,
        at=seal.latest,
        seed=seed.hex(),
        taken_by=actor,
        taken_at=now,
    )
    grown = list(
        grown_trees(transfer=seal.last, seed=proof.seed, numbers=_numbers_for_assets())
    )
    try:
        with transaction.atomic():
            proof.save(force_insert=True)
            for each in grown:
                _keep(proof, each)
    except IntegrityError as broken:
        if "proof_is_taken_once" not in str(broken):
            raise
        return Proof.objects.get(key=key)
    return proof


@transaction.atomic
def enter_reserves(
    *, proof_id: int, claims: Sequence[Claim], actor: User, now: datetime
) -> list[Reserve]:
    """Count what the wallets' own keys have signed for, all of these claims or none.

    raises  MayNotTakeProof, UnknownProof, ProofDecided, ReserveNotSigned,
            ReserveCountedTwice; nothing is written
    """
    if not actor.has_perm(RIGHT_TO_TAKE):
        raise MayNotTakeProof
    proof = proof_case(proof_id=proof_id)
    _expect_undecided(proof)
    trees = {tree.asset.code: tree for tree in proof.trees.all()}
    return [
        _count(trees, claim, line, actor=actor, now=now)
        for line, claim in enumerate(claims, start=1)
    ]


def publish_proof(*, proof_id: int, actor: User, now: datetime) -> ProofDecision:
    """Show the proof to everybody, after it was grown once more out of the books.

    raises  MayNotPublishProof, UnknownProof, ProofDecided, ProofDisagrees; nothing is
            written
    """
    proof = _undecided(proof_id, actor)
    if wrong := list(disagreements(proof=proof)):
        raise ProofDisagrees(f"Nothing was published: {'; '.join(wrong[:3])}.")
    return _decide(ProofDecision(proof=proof, published=True, by=actor, at=now))


def discard_proof(
    *, proof_id: int, actor: User, reason: str, now: datetime
) -> ProofDecision:
    """Lay the proof aside for good. Another one may be taken at any time.

    raises  MayNotPublishProof, UnknownProof, ProofReasonMissing, ProofDecided; nothing is
            written
    """
    proof = _undecided(proof_id, actor)
    if not reason.strip():
        raise ProofReasonMissing
    return _decide(
        ProofDecision(proof=proof, published=False, by=actor, at=now, reason=reason.strip())
    )


def expect_publisher(*, actor: User) -> None:
    """raises  MayNotPublishProof"""
    if not actor.has_perm(RIGHT_TO_PUBLISH):
        raise MayNotPublishProof


def _undecided(proof_id: int, actor: User) -> Proof:
    expect_publisher(actor=actor)
    proof = Proof.objects.select_related("decision").filter(pk=proof_id).first()
    if proof is None:
        raise UnknownProof(proof=str(proof_id))
    _expect_undecided(proof)
    return proof


def _expect_undecided(proof: Proof) -> None:
    if hasattr(proof, "decision"):
        raise ProofDecided


def _decide(decision: ProofDecision) -> ProofDecision:
    """Of decisions at the same time one counts."""
    try:
        with transaction.atomic():
            decision.save(force_insert=True)
    except IntegrityError as broken:
        if "proof_id" not in str(broken):
            raise
        raise ProofDecided from broken
    return decision


def _numbers_for_assets() -> dict[int, int]:
    """A number for the tree of each asset, drawn before the trees grow: it is in them."""
    known = list(assets())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('proofs_prooftree', 'id')) "
            "FROM generate_series(1, %s)",
            [len(known)],
        )
        drawn = [row[0] for row in cursor.fetchall()]
    return {asset.pk: number for asset, number in zip(known, drawn, strict=True)}


def _keep(proof: Proof, grown: Grown) -> None:
    """Write a tree: itself, its nodes, and whose its leaves are."""
    tree = ProofTree.objects.create(
        id=grown.tree.number,
        proof=proof,
        asset=grown.asset,
        scale=grown.scale,
        total=grown.tree.root.value,
        root=grown.tree.root.digest.hex(),
        leaves=grown.tree.leaf_count,
    )
    TreePage.objects.bulk_create(_pages(tree, grown.tree.nodes), batch_size=50)
    _copy_shares(tree, grown)


def _copy_shares(tree: ProofTree, grown: Grown) -> None:
    """COPY takes a tenth of the time that INSERT does; there is a row for each customer."""
    into = "COPY proofs_treeshare (tree_id, user_id, amount, leaves) FROM STDIN"
    raw: psycopg.Connection[Any] = connection.connection
    with (
        connection.wrap_database_errors,
        raw.cursor() as cursor,
        cursor.copy(into) as copy,
    ):
        for owner, amount in grown.owed.items():
            leaves = ",".join(map(str, grown.tree.leaves[owner]))
            copy.write(f"{tree.pk}\t{owner}\t{amount}\t{{{leaves}}}\n")


def _pages(tree: ProofTree, nodes: bytes) -> Iterable[TreePage]:
    size = PAGE_NODES * NODE_BYTES
    for number, start in enumerate(range(0, len(nodes), size)):
        yield TreePage(tree=tree, number=number, nodes=nodes[start : start + size])


def _count(
    trees: dict[str, ProofTree], claim: Claim, line: int, *, actor: User, now: datetime
) -> Reserve:
    tree = trees.get(claim.asset)
    if tree is None:
        raise ReserveNotSigned(f"Line {line}: the proof has no tree of {claim.asset}.")
    message = reserve_message(
        tree=tree, address=claim.address, amount=claim.amount, as_of=claim.as_of
    )
    try:
        address = signed_by(
            scheme=claim.scheme,
            address=claim.address,
            message=message,
            signature=claim.signature,
        )
    except NotSigned as refused:
        raise ReserveNotSigned(
            f"Line {line}: {refused}. The message to be signed is: {message}"
        ) from refused
    reserve = Reserve(
        tree=tree,
        scheme=claim.scheme,
        address=address,
        amount=claim.amount,
        as_of=claim.as_of,
        message=message,
        signature=claim.signature,
        entered_by=actor,
        entered_at=now,
    )
    try:
        with transaction.atomic():
            reserve.save(force_insert=True)
    except IntegrityError as broken:
        if "reserve_counts_an_address_once" in str(broken):
            detail = f"Line {line}: {address} is among the reserves already."
            raise ReserveCountedTwice(detail) from broken
        if "is decided on" in str(broken):
            raise ProofDecided from broken
        raise
    return reserve
