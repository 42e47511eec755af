"""Reads about proofs: what is published for everybody, one's own part by owner."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Prefetch, QuerySet

from kernel.decimals import format_decimal
from ledger.models import CUSTOMER_KINDS, Account, Asset
from ledger.moments import Moment
from ledger.selectors import assets, balances_at
from proofs.errors import LiabilitiesTooLarge, UnknownProof
from proofs.models import PAGE_NODES, Proof, ProofTree, Reserve, TreePage
from proofs.tree import (
    NODE_BYTES,
    Node,
    Tree,
    account_nonce,
    coarser,
    file_heading,
    file_lines,
    grow_tree,
    node_at,
    path_places,
    tree_nonce,
    tree_scale,
)

# Published ------------------------------------------------------------------------------


def proofs_page(*, before: int | None, limit: int) -> list[Proof]:
    """Published proofs, the newest first.

    before  the id after which the page starts
    """
    rows = _published()
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def published_proof(*, proof_id: int) -> Proof:
    """raises  UnknownProof, also for one that is not published"""
    proof = _published().filter(pk=proof_id).first()
    if proof is None:
        raise UnknownProof(proof=str(proof_id))
    return proof


def published_tree(*, proof_id: int, code: str) -> ProofTree:
    """The tree of an asset.

    raises  UnknownProof
    """
    proof = published_proof(proof_id=proof_id)
    for tree in proof.trees.all():
        if tree.asset.code == code:
            return tree
    raise UnknownProof(proof=str(proof_id), asset=code[:40])


def tree_file(tree: ProofTree) -> Iterator[str]:
    """The whole tree as everybody may download it, page by page in constant memory."""
    for number in range(page_count(tree)):
        yield tree_file_page(tree=tree, number=number)


def page_count(tree: ProofTree) -> int:
    return -(-(2 * tree.leaves - 1) // PAGE_NODES)


def tree_file_page(*, tree: ProofTree, number: int) -> str:
    """The lines of a page; the first one begins with the file's heading."""
    nodes = TreePage.objects.values_list("nodes", flat=True).get(tree=tree, number=number)
    heading = "" if number else file_heading(tree.pk)
    return heading + "".join(file_lines(bytes(nodes)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is owed of an asset, and what its wallets have signed for, in atoms.

    percent  reserves of liabilities, two decimals, rounded down; empty where nobody has
             signed for anything, or nothing is owed
    """

    liabilities: int
    reserves: int
    percent: str


def coverage_of(tree: ProofTree) -> Coverage:
    """The ratio of what was signed for to what is owed; exact but for the last decimal."""
    owed = tree.total * int(10 ** (tree.asset.scale - tree.scale))
    signed = [reserve.amount for reserve in tree.reserves.all()]
    held = sum(signed)
    ratio = format_decimal(held * 10_000 // owed, scale=2) if signed and owed else ""
    return Coverage(liabilities=owed, reserves=held, percent=ratio)


# One's own part -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaf:
    """path  the nodes that lead to the root: its sibling, that of its parent, and so on"""

    index: int
    value: int
    path: list[Node]


@dataclass(frozen=True, slots=True)
class TreePart:
    """amount  atoms of the asset, exact
    nonce   the key of the customer's leaves in this tree, in hex
    leaves  none where the customer had nothing
    """

    tree: ProofTree
    amount: int
    nonce: str
    leaves: list[Leaf]

    @property
    def value(self) -> int:
        """The amount in the tree's unit, as the leaves state it."""
        return sum(leaf.value for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What shows one customer, and nobody else, that they were counted.

    nonce  the account's, good for all trees of this proof and for no other proof
    """

    proof: Proof
    user_id: int
    nonce: str
    trees: list[TreePart]


def own_part(*, user_id: int, proof_id: int) -> OwnPart:
    """raises  UnknownProof"""
    proof = published_proof(proof_id=proof_id)
    nonce = account_nonce(bytes.fromhex(proof.seed), user_id)
    trees = [_part(tree, nonce, user_id) for tree in proof.trees.all()]
    return OwnPart(proof=proof, user_id=user_id, nonce=nonce.hex(), trees=trees)


def _part(tree: ProofTree, nonce: bytes, user_id: int) -> TreePart:
    key = tree_nonce(nonce, number=tree.pk, account=user_id).hex()
    share = tree.shares.filter(user=user_id).first()
    if share is None:
        return TreePart(tree=tree, amount=0, nonce=key, leaves=[])
    ways = {
        index: path_places(index=index, leaf_count=tree.leaves) for index in share.leaves
    }
    ends = {index: tree.leaves - 1 + index for index in ways}
    nodes = _nodes(
        tree, {*ends.values(), *(place for way in ways.values() for place in way)}
    )
    leaves = [
        Leaf(index, nodes[ends[index]].value, [nodes[place] for place in way])
        for index, way in ways.items()
    ]
    return TreePart(tree=tree, amount=share.amount, nonce=key, leaves=leaves)


def _nodes(tree: ProofTree, places: Iterable[int]) -> dict[int, Node]:
    """Some nodes of a tree, without reading the rest of their pages."""
    with connection.cursor() as cursor:
        wanted = {"tree": tree.pk, "page": PAGE_NODES, "size": NODE_BYTES}
        cursor.execute(_NODES, wanted | {"places": sorted(places)})
        return {place: node_at(bytes(node), 0) for place, node in cursor.fetchall()}


_NODES: Final = """
    SELECT place, substring(
        nodes FROM (place %% %(page)s)::int * %(size)s + 1 FOR %(size)s)
    FROM unnest(%(places)s::bigint[]) AS place
    JOIN proofs_treepage page ON page.tree_id = %(tree)s
        AND page.number = place / %(page)s
"""


# From the books -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree as it grows out of the books.

    owed  atoms by customer, those who are owed nothing left out
    """

    asset: Asset
    scale: int
    owed: Mapping[int, int]
    tree: Tree


def owed_at(*, transfer: int) -> dict[int, dict[int, int]]:
    """What customers were owed after a transfer: available, held and withdrawing together.

    returns  atoms by asset and customer; more than zero
    """
    balances = balances_at(moment=Moment(transfer=transfer))
    accounts = Account.objects.filter(kind__in=CUSTOMER_KINDS)
    owed: dict[int, dict[int, int]] = {}
    rows = accounts.values_list("id", "asset_id", "owner_id")
    for account, asset, owner in rows.iterator(chunk_size=10_000):
        if (balance := balances.get(account)) and owner is not None:
            mine = owed.setdefault(asset, {})
            mine[owner] = mine.get(owner, 0) + balance
    return owed


def grown_trees(*, transfer: int, seed: str, numbers: Mapping[int, int]) -> Iterator[Grown]:
    """The trees of a moment, the same ones every time.

    numbers  of the trees, by asset
    raises   LiabilitiesTooLarge
    """
    owed = owed_at(transfer=transfer)
    for asset in assets():
        if asset.pk in numbers:
            mine = owed.pop(asset.pk, {})
            yield _grown(asset, mine, bytes.fromhex(seed), numbers[asset.pk])


def _grown(asset: Asset, owed: Mapping[int, int], seed: bytes, number: int) -> Grown:
    try:
        scale = tree_scale(amounts=owed.values(), scale=asset.scale)
    except ValueError as unfit:
        raise LiabilitiesTooLarge(asset=asset.code) from unfit
    by = asset.scale - scale
    values = {owner: coarser(amount, by=by) for owner, amount in owed.items()}
    return Grown(asset, scale, owed, grow_tree(owed=values, seed=seed, number=number))


def disagreements(*, proof: Proof) -> Iterator[str]:
    """Where a proof is not what grows out of the books, a line for each tree."""
    trees = {tree.asset_id: tree for tree in proof.trees.select_related("asset")}
    numbers = {asset: tree.pk for asset, tree in trees.items()}
    for grown in grown_trees(transfer=proof.transfer, seed=proof.seed, numbers=numbers):
        tree = trees.pop(grown.asset.pk)
        if (tree.scale, tree.root) != (grown.scale, grown.tree.root.digest.hex()):
            yield f"tree {tree.pk}: asset {tree.asset_id}: the books give another root"
        elif _stored(tree) != (grown.tree.nodes, grown.owed, grown.tree.leaves):
            yield f"tree {tree.pk}: asset {tree.asset_id}: it is not kept as it grew"
    for tree in trees.values():
        yield f"tree {tree.pk}: asset {tree.asset_id}: there is no such asset any more"


def _stored(tree: ProofTree) -> tuple[bytes, dict[int, int], dict[int, list[int]]]:
    pages = tree.pages.order_by("number").values_list("nodes", flat=True)
    shares = tree.shares.values_list("user_id", "amount", "leaves")
    rows = list(shares)
    return (
        b"".join(bytes(nodes) for nodes in pages),
        {user: amount for user, amount, _ in rows},
        {user: leaves for user, _, leaves in rows},
    )


# For the staff --------------------------------------------------------------------------


def undecided_count() -> int:
    """How many proofs wait to be published or discarded."""
    return Proof.objects.filter(decision__isnull=True).count()


def proof_case(*, proof_id: int) -> Proof:
    """A proof with all that the staff wants to see of it.

    raises  UnknownProof
    """
    proof = _proofs().select_related("taken_by").filter(pk=proof_id).first()
    if proof is None:
        raise UnknownProof(proof=str(proof_id))
    return proof


def reserve_message(*, tree: ProofTree, address: str, amount: int, as_of: str) -> str:
    """What the key of an address signs, so that its coins count for this tree.

    amount  atoms
    """
    code = tree.asset.code
    said = format_decimal(amount, scale=tree.asset.scale)
    return (
        f"Fairbook proof {tree.proof_id}, {code} root {tree.root}: "
        f"{address} holds {said} {code} as of {as_of}"
    )


def _published() -> QuerySet[Proof]:
    return _proofs().filter(decision__published=True)


def _proofs() -> QuerySet[Proof]:
    trees = ProofTree.objects.select_related("asset").order_by("asset__code")
    reserves = Reserve.objects.select_related("entered_by").order_by("id")
    return Proof.objects.select_related("decision__by").prefetch_related(
        Prefetch("trees", trees), Prefetch("trees__reserves", reserves)
    )
