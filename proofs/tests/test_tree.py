"""The tree commits to what is owed, and to nothing else."""

import hashlib
import hmac
import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.tests.validator import Mismatch, validated
from proofs.tree import (
    NODE_BYTES,
    SUM_MAX,
    Piece,
    account_nonce,
    coarser,
    file_heading,
    file_lines,
    grow_tree,
    node_at,
    parent_of,
    path_places,
    split_and_shuffle,
    tree_nonce,
    tree_scale,
)

SEED = bytes(range(32))
OWED = st.dictionaries(
    st.integers(1, 2**63),
    st.one_of(st.integers(0, 3), st.integers(0, 10**12), st.integers(0, SUM_MAX // 20)),
    max_size=20,
)
KEYS = st.binary(min_size=32, max_size=32)
OWING = OWED.filter(lambda owed: any(owed.values()))
examples = settings(max_examples=60, deadline=None)


def grown(owed, *, seed=SEED, number=7):
    return grow_tree(owed=owed, seed=seed, number=number)


def as_file(tree):
    return file_heading(tree.number) + "".join(file_lines(tree.nodes))


def nonce_of(account, seed=SEED):
    return account_nonce(seed, account).hex()


# The naive twin: the same tree, as a picture of halves ------------------------------------


def twin(pieces, *, seed, number, first=0):
    """-> (digest, sum, left, right), the halves being None for a leaf"""
    if len(pieces) == 1:
        account, value = pieces[0]
        own = hmac.new(seed, b"account:" + struct.pack("<Q", account), "sha256").digest()
        nonce = hashlib.sha256(own + struct.pack("<QQ", number, account)).digest()
        message = struct.pack("<QQ", value, first)
        return hmac.new(nonce, message, "sha256").digest(), value, None, None
    half = len(pieces) // 2
    left = twin(pieces[:half], seed=seed, number=number, first=first)
    right = twin(pieces[half:], seed=seed, number=number, first=first + half)
    body = left[0] + struct.pack("<Q", left[1]) + right[0] + struct.pack("<Q", right[1])
    return hashlib.sha256(body).digest(), left[1] + right[1], left, right


def twin_file(root, number):
    lines, level = [f"block_height:{number}"], [root]
    while level[0] is not None:
        lines += [f"{node[0].hex()},{node[1]}" for node in level]
        level = [child for node in level for child in node[2:]]
    return "\n".join(lines) + "\n"


@examples
@given(
    owed=OWED, number=st.integers(0, 2**64 - 1), seed=st.binary(min_size=32, max_size=32)
)
def test_it_is_the_tree_that_a_naive_twin_draws(owed, number, seed):
    tree = grown(owed, seed=seed, number=number)

    key = hmac.digest(seed, b"split:" + struct.pack("<Q", number), "sha256")
    pieces = split_and_shuffle(owed=owed, key=key)
    assert as_file(tree) == twin_file(twin(pieces, seed=seed, number=number), number)
    assert tree.leaves == {
        account: [index for index, piece in enumerate(pieces) if piece.account == account]
        for account, amount in owed.items()
        if amount
    }


# Pieces -----------------------------------------------------------------------------------


@examples
@given(owed=OWED, key=KEYS)
def test_the_pieces_of_an_account_add_up_to_what_it_is_owed(owed, key):
    pieces = split_and_shuffle(owed=owed, key=key)

    assert len(pieces) >= 2
    assert len(pieces) & (len(pieces) - 1) == 0
    for account, amount in owed.items():
        own = [piece.value for piece in pieces if piece.account == account]
        assert sum(own) == amount
        assert all(own)
        assert len(own) >= min(amount, 2)
    assert sum(piece.value for piece in pieces) == sum(owed.values())


@examples
@given(owed=OWED)
def test_there_are_two_to_four_leaves_for_each_who_is_owed_something(owed):
    owners = sum(1 for amount in owed.values() if amount)

    count = len(split_and_shuffle(owed=owed, key=SEED))

    assert max(2, 2 * owners) <= count <= max(2, 4 * owners)


def test_what_cannot_be_cut_is_filled_up_with_leaves_of_nobody():
    pieces = split_and_shuffle(owed={1: 1, 2: 1, 3: 2}, key=SEED)

    assert sorted(pieces) == [
        *[Piece(0, 0)] * 4,
        Piece(1, 1),
        Piece(2, 1),
        Piece(3, 1),
        Piece(3, 1),
    ]


def test_the_order_of_the_accounts_makes_no_difference():
    owed = {1: 500, 2: 700, 3: 1_000}

    assert grown(owed) == grown(dict(reversed(owed.items())))


def test_another_seed_or_number_hides_the_same_amounts_differently():
    owed = {1: 500, 2: 700, 3: 1_000}
    trees = [
        grown(owed),
        grown(owed, number=8),
        grown(owed, seed=bytes(32)),
    ]

    ends = [tree.nodes[-NODE_BYTES * tree.leaf_count :] for tree in trees]
    values = [tuple(node_at(it, index).value for index in range(8)) for it in ends]
    assert len(set(values)) == 3
    assert {sum(it) for it in values} == {2_200}


# The format -------------------------------------------------------------------------------


@examples
@given(owed=OWED, number=st.integers(0, 2**64 - 1))
def test_an_independent_validator_finds_what_each_account_is_owed(owed, number):
    text = as_file(grown(owed, number=number))

    for account, amount in owed.items():
        found = validated(text, account=account, account_nonce=nonce_of(account))
        assert found == (amount, sum(owed.values()))
    stranger = max(owed, default=0) + 1
    found = validated(text, account=stranger, account_nonce=nonce_of(stranger))
    assert found == (0, sum(owed.values()))


def test_somebody_elses_nonce_finds_nothing():
    text = as_file(grown({1: 500, 2: 700}))

    assert validated(text, account=2, account_nonce=nonce_of(1))[0] == 0
    assert validated(text, account=1, account_nonce=nonce_of(2))[0] == 0


@examples
@given(owed=OWING, data=st.data())
def test_the_independent_validator_sees_a_change_on_an_accounts_way(owed, data):
    tree = grown(owed)
    account = data.draw(st.sampled_from(sorted(tree.leaves)))
    index = data.draw(st.sampled_from(tree.leaves[account]))
    places = path_places(index=index, leaf_count=tree.leaf_count)
    lines = as_file(tree).splitlines()
    line = 1 + data.draw(st.sampled_from(places))
    digest, value = lines[line].split(",")
    lines[line] = f"{digest},{int(value) + 1}"

    with pytest.raises(Mismatch):
        validated("\n".join(lines), account=account, account_nonce=nonce_of(account))


@examples
@given(owed=OWING, data=st.data())
def test_a_path_leads_from_a_leaf_to_the_root(owed, data):
    tree = grown(owed)
    index = data.draw(st.integers(0, tree.leaf_count - 1))

    at = tree.nodes[(tree.leaf_count - 1 + index) * NODE_BYTES :][:NODE_BYTES]
    for place in path_places(index=index, leaf_count=tree.leaf_count):
        other = tree.nodes[place * NODE_BYTES :][:NODE_BYTES]
        at = parent_of(other + at if index % 2 else at + other)
        index //= 2

    assert node_at(at, 0) == tree.root


def test_a_leaf_is_made_as_the_description_says():
    nonce = bytes.fromhex(
        "b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412"
    )

    own = tree_nonce(nonce, number=100, account=2)

    # An example of the public description: account 2 at height 100, leaf 3 claims 1,294.
    digest = hmac.new(own, struct.pack("<QQ", 1294, 3), "sha256").hexdigest()
    assert digest == "003c7fc49a6a476894dd6edfca066d5e3fe01cc63906214134fb6e2ee06a7d83"


# What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "owed", [{1: -1}, {1: 5, 2: -5}, {0: 1}, {-1: 1}, {1: SUM_MAX, 2: 1}]
)
def test_no_tree_grows_over_a_debt_or_over_more_than_fits(owed):
    with pytest.raises(ValueError, match=r"nobody owes us|does not fit"):
        grown(owed)


# The unit ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "scale", "said"),
    [
        ([], 8, 8),
        ([5], 0, 0),
        ([5], 9, 9),
        ([5], 18, 9),
        ([SUM_MAX], 8, 8),
        ([SUM_MAX, 1], 8, 7),
        ([SUM_MAX] * 20, 8, 6),
        # Nineteen such fit into 18 decimals; in nine there is more than enough room.
        ([SUM_MAX] * 20, 18, 9),
    ],
)
def test_amounts_are_stated_as_finely_as_they_fit(amounts, scale, said):
    assert tree_scale(amounts=amounts, scale=scale) == said


def test_amounts_that_never_fit_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        tree_scale(amounts=[SUM_MAX, SUM_MAX], scale=0)


@given(amount=st.integers(0, 10**40), by=st.integers(0, 18))
def test_a_coarser_amount_is_never_less_and_by_less_than_a_unit_more(amount, by):
    assert 0 <= coarser(amount, by=by) * 10**by - amount < 10**by


def test_paths_of_a_small_tree():
    paths = [path_places(index=index, leaf_count=4) for index in range(4)]

    assert paths == [[4, 2], [3, 2], [6, 1], [5, 1]]
    assert all(a > b for path in paths for a, b in pairwise(path))
