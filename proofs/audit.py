"""The invariants of proofs, and what of them is sealed; `manage.py audit` looks at both."""

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet

from kernel.decimals import format_decimal
from kernel.invariants import Invariant, Scope
from kernel.sealed import NO_TIME, SealedLog
from proofs.models import Proof, ProofTree
from proofs.signatures import NotSigned, signed_by
from proofs.tree import coarser, grow_tree


def _newest() -> QuerySet[ProofTree]:
    """The trees of the proof that was published last: what customers look at."""
    last = Proof.objects.filter(decision__published=True).order_by("-id")[:1]
    trees = ProofTree.objects.select_related("proof", "asset")
    return trees.filter(proof__in=list(last)).order_by("id")


def _grown_otherwise(_: Scope) -> Iterator[str]:
    """Trees that do not grow to the same bits out of their shares and their seed."""
    for tree in _newest():
        shares = list(tree.shares.values_list("user_id", "amount", "leaves"))
        by = tree.asset.scale - tree.scale
        grown = grow_tree(
            owed={user: coarser(amount, by=by) for user, amount, _ in shares},
            seed=bytes.fromhex(tree.proof.seed),
            number=tree.pk,
        )
        pages = tree.pages.order_by("number").values_list("nodes", flat=True)
        if b"".join(bytes(nodes) for nodes in pages) != grown.nodes:
            yield f"tree {tree.pk}: asset {tree.asset_id}: its nodes are not what it grew"
        if {user: leaves for user, _, leaves in shares} != grown.leaves:
            yield f"tree {tree.pk}: asset {tree.asset_id}: leaves are not whose they were"


def _not_signed(_: Scope) -> Iterator[str]:
    """Reserves whose signature is not, or not for what is counted."""
    for tree in _newest():
        for it in tree.reserves.all():
            amount = format_decimal(it.amount, scale=tree.asset.scale)
            said = f"{tree.root}: {it.address} holds {amount} {tree.asset.code} "
            try:
                signed_by(
                    scheme=it.scheme,
                    address=it.address,
                    message=it.message,
                    signature=it.signature,
                )
            except NotSigned as wrong:
                yield f"reserve {it.pk}: asset {tree.asset_id}: {wrong}"
            else:
                if said.lower() not in it.message.lower():
                    yield f"reserve {it.pk}: asset {tree.asset_id}: it says something else"


INVARIANTS: Final = (
    Invariant(
        "P1",
        "what a proof says of each customer is what the books said at its moment",
        """
        WITH newest AS (
            SELECT p.id, p.transfer FROM proofs_proof p
            LEFT JOIN proofs_proofdecision d ON d.proof_id = p.id
            WHERE d.published IS DISTINCT FROM false ORDER BY p.id DESC LIMIT 4
        ), said AS (
            SELECT tree.proof_id, tree.asset_id, share.user_id, share.amount::numeric
            FROM newest JOIN proofs_prooftree tree ON tree.proof_id = newest.id
            JOIN proofs_treeshare share ON share.tree_id = tree.id
        ), booked AS (
            SELECT newest.id, a.asset_id, a.owner_id, sum(s.credits - s.debits)
            FROM newest
            CROSS JOIN LATERAL ledger_standings(NULL, newest.transfer) AS s
            JOIN ledger_account a ON a.id = s.account_id
            WHERE a.owner_id IS NOT NULL AND EXISTS (
                SELECT FROM proofs_prooftree tree
                WHERE tree.proof_id = newest.id AND tree.asset_id = a.asset_id)
            GROUP BY newest.id, a.asset_id, a.owner_id
            HAVING sum(s.credits - s.debits) <> 0
        )
        SELECT format('proof %s: asset %s: user %s, %s: only in the proof',
                      proof_id, asset_id, user_id, amount)
        FROM (TABLE said EXCEPT TABLE booked) missing
        UNION ALL
        SELECT format('proof %s: asset %s: user %s, %s: only in the books',
                      proof_id, asset_id, user_id, amount)
        FROM (TABLE booked EXCEPT TABLE said) surplus (proof_id, asset_id, user_id, amount)
        """,
    ),
    Invariant(
        "P2",
        "every tree's root and sum are those of what it owes each customer",
        """
        SELECT format('tree %s: asset %s: it does not add up', tree.id, tree.asset_id)
        FROM proofs_prooftree tree
        JOIN ledger_asset asset ON asset.id = tree.asset_id
        LEFT JOIN proofs_treepage page ON page.tree_id = tree.id AND page.number = 0
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(ceil(
                amount / power(10::numeric, asset.scale - tree.scale))), 0) AS total
            FROM proofs_treeshare WHERE tree_id = tree.id
        ) AS owed
        WHERE owed.total <> tree.total
        OR substring(page.nodes FOR 32) IS DISTINCT FROM decode(tree.root, 'hex')
        """,
    ),
    Invariant(
        "P3",
        "the published trees grow to the same bits out of their seed",
        check=_grown_otherwise,
    ),
    Invariant(
        "P4",
        "reserves of the published proof are signed by their own keys",
        check=_not_signed,
    ),
)
SEALED: Final = (
    # Without its seed, which is a secret; with another one the roots would not fit.
    SealedLog(
        "proofs",
        "proofs_proof",
        ("key", "transfer", "seal", "sha256", "at", "taken_by_id", "taken_at"),
        time="taken_at",
    ),
    SealedLog(
        "proof_trees",
        "proofs_prooftree",
        ("proof_id", "asset_id", "scale", "total", "root", "leaves"),
        time=NO_TIME,
    ),
    SealedLog(
        "proof_reserves",
        "proofs_reserve",
        (
            "tree_id", "scheme", "address", "amount", "as_of", "message", "signature",
            "entered_by_id", "entered_at",
        ),
        time="entered_at",
    ),
    SealedLog(
        "proof_decisions",
        "proofs_proofdecision",
        ("proof_id", "published", "by_id", "reason", "at"),
        time="at",
    ),
)  # fmt: skip
