"""Merkle-sum trees in the format of BitMEX's proof of liabilities. Values in, bytes out.

A node is 40 bytes: a SHA-256 digest, then its sum as eight bytes, the lowest first. A tree
is its nodes without a gap, root first, level by level from left to right: the children of
the node at place p are at 2p+1 and 2p+2, next to each other. So what a node's digest is
made of, digest and sum of either child, is one slice of 80 bytes.

Each customer's amount is split into pieces, one a leaf, and the pieces of all are mixed.
What chance would decide is decided by a secret seed: who has it and the amounts can grow
the same tree again, nobody else can tell whose a leaf is.

number   names the tree for ever; the file calls it `block_height`
account  a customer's number, above zero
amounts  counts of the tree's own unit, at most SUM_MAX together
"""

import hashlib
import hmac
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from kernel.units import BIGINT_MAX

NODE_BYTES: Final = 40
#: The format has room for 2^64 - 1; our own tables end here.
SUM_MAX: Final = BIGINT_MAX
#: Finer than this an amount is not stated: in 10^-9 units, 9 thousand million units fit.
SCALE_MAX: Final = 9
_DIGEST_BYTES: Final = 32
#: Whose the leaves are that only fill up the last level; no customer has this number.
_NOBODY: Final = 0


class Piece(NamedTuple):
    """A part of what an account is owed: one leaf."""

    account: int
    value: int


class Node(NamedTuple):
    digest: bytes
    value: int


@dataclass(frozen=True, slots=True)
class Tree:
    """nodes   all of them, as the module's head says
    leaves  the indexes of each account's leaves, ascending, counted from the left
    """

    number: int
    nodes: bytes
    leaves: Mapping[int, Sequence[int]]

    @property
    def root(self) -> Node:
        return node_at(self.nodes, 0)

    @property
    def leaf_count(self) -> int:
        return (len(self.nodes) // NODE_BYTES + 1) // 2


# Growing ----------------------------------------------------------------------------------


def grow_tree(*, owed: Mapping[int, int], seed: bytes, number: int) -> Tree:
    """Commit to what is owed to each account, in a tree that shows none of it.

    owed    amounts by account; who is owed nothing has no leaf
    seed    secret, 32 bytes
    raises  ValueError for an account or an amount below zero, or more than SUM_MAX
    """
    if any(account <= _NOBODY or amount < 0 for account, amount in owed.items()):
        raise ValueError("an account's number is above zero, and nobody owes us")
    if sum(owed.values()) > SUM_MAX:
        raise ValueError("the sum does not fit")
    pieces = split_and_shuffle(owed=owed, key=_derived(seed, b"split", number))
    nonces = {
        account: tree_nonce(account_nonce(seed, account), number=number, account=account)
        for account in {piece.account for piece in pieces}
    }
    leaves: dict[int, list[int]] = {}
    ends = bytearray()
    for index, piece in enumerate(pieces):
        ends += leaf_node(nonces[piece.account], index=index, value=piece.value)
        if piece.account != _NOBODY:
            leaves.setdefault(piece.account, []).append(index)
    return Tree(number=number, nodes=_joined(ends), leaves=leaves)


def split_and_shuffle(*, owed: Mapping[int, int], key: bytes) -> list[Piece]:
    """Cut every amount at least once, fill up to a power of two, and mix.

    Who sees the pieces cannot tell which of them are one customer's, nor how many
    customers there are: each has two leaves, or four, or any number between. An amount far
    above all others still shows, though not whose it is. Of an amount of one unit nothing
    can be cut off; where nothing is left to cut, leaves of zero fill the level.
    """
    whole = [Piece(account, amount) for account, amount in sorted(owed.items()) if amount]
    count = max(2, 1 << (2 * len(whole) - 1).bit_length()) if whole else 2
    pieces = _cut(whole, count=count, key=key)
    pieces += [Piece(_NOBODY, 0)] * (count - len(pieces))
    turns = [(_derived(key, b"turn", place), place) for place in range(count)]
    return [pieces[place] for _, place in sorted(turns)]


def _cut(pieces: list[Piece], *, count: int, key: bytes) -> list[Piece]:
    """Cut pieces in two, the largest first and each once a round, until there are `count`
    or none is larger than one unit."""
    cuts = 0
    while len(pieces) < count and any(piece.value > 1 for piece in pieces):
        pieces = sorted(pieces, key=lambda piece: (-piece.value, piece.account))
        cut: list[Piece] = []
        for done, (account, value) in enumerate(pieces):
            if value > 1 and len(cut) + len(pieces) - done < count:
                chance = int.from_bytes(_derived(key, b"cut", cuts)[:16])
                first = 1 + chance % (value - 1)
                cut += [Piece(account, first), Piece(account, value - first)]
                cuts += 1
            else:
                cut.append(Piece(account, value))
        pieces = cut
    return pieces


def _joined(leaves: bytearray) -> bytes:
    """The whole tree over these leaves."""
    inner = len(leaves) // NODE_BYTES - 1
    nodes = bytearray(inner * NODE_BYTES) + leaves
    for place in reversed(range(inner)):
        start = (2 * place + 1) * NODE_BYTES
        node = parent_of(bytes(nodes[start : start + 2 * NODE_BYTES]))
        nodes[place * NODE_BYTES : (place + 1) * NODE_BYTES] = node
    return bytes(nodes)


# The format -------------------------------------------------------------------------------


def account_nonce(seed: bytes, account: int) -> bytes:
    """What an account needs to find its leaves in all trees of one seed; a secret."""
    return _derived(seed, b"account", account)


def tree_nonce(nonce: bytes, *, number: int, account: int) -> bytes:
    """The key of an account's leaves in one tree. That the account's number goes into it
    is why two accounts of the same amount cannot be shown the same leaf."""
    return hashlib.sha256(nonce + _packed(number) + _packed(account)).digest()


def leaf_node(nonce: bytes, *, index: int, value: int) -> bytes:
    """The leaf at `index`, counted from the left; `nonce` is the tree's."""
    said = _packed(value)
    return hmac.digest(nonce, said + _packed(index), "sha256") + said


def parent_of(children: bytes) -> bytes:
    """The node above two nodes: the left one, then the right one.

    raises  ValueError when their sum does not fit the format
    """
    left, right = node_at(children, 0), node_at(children, 1)
    return hashlib.sha256(children).digest() + _packed(left.value + right.value)


def node_at(nodes: bytes, place: int) -> Node:
    start = place * NODE_BYTES
    digest = nodes[start : start + _DIGEST_BYTES]
    value = nodes[start + _DIGEST_BYTES : start + NODE_BYTES]
    return Node(digest, int.from_bytes(value, "little"))


def path_places(*, index: int, leaf_count: int) -> list[int]:
    """Where the nodes are that lead from a leaf to the root: its sibling, the sibling of
    its parent, and so on. On the left of its sibling is whose index is even."""
    place, places = leaf_count - 1 + index, []
    while place:
        places.append(place + 1 if place % 2 else place - 1)
        place = (place - 1) // 2
    return places


def file_heading(number: int) -> str:
    """The first line of the file; a line for each node follows, the root's first."""
    return f"block_height:{number}\n"


def file_lines(nodes: bytes) -> Iterator[str]:
    """The file's lines of some nodes, or of all."""
    for place in range(len(nodes) // NODE_BYTES):
        digest, value = node_at(nodes, place)
        yield f"{digest.hex()},{value}\n"


# The unit ---------------------------------------------------------------------------------


def tree_scale(*, amounts: Iterable[int], scale: int) -> int:
    """The finest number of decimals in which these amounts can be stated.

    amounts  in units of 10^-scale
    raises   ValueError when they cannot even be counted in whole units
    """
    owed = list(amounts)
    for decimals in range(min(scale, SCALE_MAX), -1, -1):
        if sum(coarser(it, by=scale - decimals) for it in owed) <= SUM_MAX:
            return decimals
    raise ValueError("the sum does not fit")


def coarser(amount: int, *, by: int) -> int:
    """The amount with `by` decimals less, rounded up: no customer is owed less for it."""
    return -(-amount // int(10**by))


def _packed(value: int) -> bytes:
    """raises  ValueError when the format has no room for it"""
    try:
        return struct.pack("<Q", value)
    except struct.error as unfit:
        raise ValueError(f"{value} is not in the format's range") from unfit


def _derived(key: bytes, what: bytes, number: int) -> bytes:
    return hmac.digest(key, what + b":" + _packed(number), "sha256")
