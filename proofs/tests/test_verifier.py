"""The verifier that customers download finds every lie, with Python's own library alone."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.tests.validator import EXAMPLE
from proofs.tree import (
    account_nonce,
    file_heading,
    file_lines,
    grow_tree,
    node_at,
    path_places,
)

SCRIPT = Path(__file__).parents[2] / "static" / "verify_liabilities.py"
SEED = bytes(range(32))
OWED = {1: 3_000, 2: 4_000_000_000, 5: 1, 9: 17, 12: 250_000}


def check(*texts, tmp_path):
    """Run the script as a customer does. -> exit code, what it printed"""
    names = []
    for number, text in enumerate(texts):
        name = tmp_path / f"{number}.{'json' if text[0] == '{' else 'csv'}"
        name.write_text(text)
        names.append(str(name))
    run = subprocess.run(
        [sys.executable, "-I", "-O", str(SCRIPT), *names], capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def file_of(tree):
    return file_heading(tree.number) + "".join(file_lines(tree.nodes))


def mine_of(tree, account, owed):
    """A customer's own part, as the exchange hands it out."""

    def path(index):
        places = path_places(index=index, leaf_count=tree.leaf_count)
        nodes = [node_at(tree.nodes, place) for place in places]
        return [[node.digest.hex(), str(node.value)] for node in nodes]

    def leaf(index):
        value = node_at(tree.nodes, tree.leaf_count - 1 + index).value
        return {"index": index, "value": str(value), "path": path(index)}

    return {
        "account": str(account),
        "account_nonce": account_nonce(SEED, account).hex(),
        "trees": [
            {
                "asset": "BTC",
                "number": str(tree.number),
                "root": tree.root.digest.hex(),
                "total": str(tree.root.value),
                "amount": str(owed),
                "leaves": [leaf(index) for index in tree.leaves.get(account, ())],
            }
        ],
    }


@pytest.fixture(scope="module")
def tree():
    return grow_tree(owed=OWED, seed=SEED, number=7)


@pytest.fixture(scope="module")
def script():
    """The script as a module, for the many cases."""
    spec = importlib.util.spec_from_file_location("verify_liabilities", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_short_and_needs_python_only():
    text = SCRIPT.read_text()
    names = {
        alias.name
        for node in ast.walk(ast.parse(text, feature_version=(3, 9)))
        if isinstance(node, ast.Import)
        for alias in node.names
    }

    assert len(text.splitlines()) < 60
    assert names <= set(sys.stdlib_module_names)
    assert not [it for it in ast.walk(ast.parse(text)) if isinstance(it, ast.ImportFrom)]


def test_a_customer_checks_their_part_and_the_whole_tree(tree, tmp_path):
    mine = json.dumps(mine_of(tree, 1, 3_000))

    code, said = check(mine, file_of(tree), tmp_path=tmp_path)

    root = tree.root.digest.hex()
    assert code == 0
    assert said == (
        f"block_height:7: sum 4000253018, root {root}\n"
        f"BTC: 3000 of 4000253018 is yours, root {root}\n"
        "valid\n"
    )


def test_it_reads_the_example_of_the_public_description(tmp_path):
    code, said = check(EXAMPLE, tmp_path=tmp_path)

    assert code == 0
    assert said.startswith("block_height:100: sum 4000004000, root 85b0a83970a7")


def test_without_files_it_says_how_it_is_used(tmp_path):
    code, said = check(tmp_path=tmp_path)

    assert code == 0
    assert said.startswith("Check a proof of liabilities")


# The whole tree ---------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_it_finds_any_change_of_any_character_of_the_file(tree, script, data):
    text = file_of(tree)
    start = len(file_heading(tree.number))
    at = data.draw(st.integers(start, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789abcdef,-\n ").filter(text[at].__ne__))
    changed = text[:at] + other + text[at + 1 :]

    # White space separates lines as a line's end does.
    if changed.split() != text.split():
        with pytest.raises((SystemExit, ValueError, TypeError)):
            script.check_tree(changed)


@pytest.mark.parametrize("line", [1, 2, 5, 8, 15])
def test_a_lost_line_is_found(tree, tmp_path, line):
    lines = file_of(tree).splitlines()
    del lines[line]

    code, said = check("\n".join(lines), tmp_path=tmp_path)

    assert (code, said) == (1, "NOT VALID: lines are missing\n")


def test_leaves_are_missed_also_when_their_whole_level_is_lost(tree, tmp_path):
    lines = file_of(tree).splitlines()
    mine = json.dumps(mine_of(tree, 1, 3_000))

    # What is left is a tree of half as many leaves, with the same root.
    upper = "\n".join(lines[: len(lines) // 2])
    code, said = check(mine, upper, tmp_path=tmp_path)

    assert (code, said.splitlines()[-1]) == (1, "NOT VALID: leaf 2 is not there")


def test_a_sum_that_leaves_somebody_out_is_found(tree, tmp_path):
    lines = file_of(tree).splitlines()
    digest, value = lines[1].split(",")
    lines[1] = f"{digest},{int(value) - 3_000}"

    code, said = check("\n".join(lines), tmp_path=tmp_path)

    assert (code, said) == (1, "NOT VALID: line 2 is not made of the two below it\n")


def test_a_negative_balance_is_found(tree, tmp_path):
    lines = file_of(tree).splitlines()
    digest, value = lines[-1].split(",")
    lines[-1] = f"{digest},-{value}"

    code, said = check("\n".join(lines), tmp_path=tmp_path)

    assert (code, said) == (1, f"NOT VALID: -{value} is out of range\n")


def test_a_sum_that_wraps_around_is_found(script):
    half = script.node("00" * 32, 2**63)

    with pytest.raises(SystemExit, match="18446744073709551616 is out of range"):
        script.parent(half, half)


# One's own part ---------------------------------------------------------------------------


def refused(mine, tree, tmp_path):
    code, said = check(json.dumps(mine), file_of(tree), tmp_path=tmp_path)
    assert code == 1
    return said.splitlines()[-1]


def test_a_smaller_amount_than_one_had_is_found(tree, tmp_path):
    mine = mine_of(tree, 1, 3_000)
    mine["trees"][0]["leaves"].pop()

    said = refused(mine, tree, tmp_path)

    assert said == "NOT VALID: your leaves are not what you had"


def test_a_leaf_that_is_counted_twice_is_found(tree, tmp_path):
    mine = mine_of(tree, 1, 3_000)
    (first, *rest) = mine["trees"][0]["leaves"]
    mine["trees"][0]["leaves"] = [first, first, *rest]
    mine["trees"][0]["amount"] = str(3_000 + int(first["value"]))

    said = refused(mine, tree, tmp_path)

    assert said == "NOT VALID: your leaves are not what you had"


def test_somebody_elses_leaves_are_not_ones_own(tree, tmp_path):
    mine = mine_of(tree, 1, 3_000) | {"account": "12"}

    assert refused(mine, tree, tmp_path).endswith("is not there")


def test_a_path_to_another_root_is_found(tree, tmp_path):
    other = grow_tree(owed={**OWED, 12: 1}, seed=SEED, number=7)

    said = refused(mine_of(other, 1, 3_000), tree, tmp_path)
    nobodys = refused(mine_of(other, 99, 0), tree, tmp_path)

    assert said.endswith("is not there")
    assert nobodys == "NOT VALID: the file is not the tree of your proof"


def test_a_file_of_another_proof_is_not_passed_over(tree, tmp_path):
    other = grow_tree(owed=OWED, seed=SEED, number=8)

    assert refused(mine_of(tree, 1, 3_000), other, tmp_path) == (
        "NOT VALID: the wrong tree file"
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_change_on_the_way_up_is_found(tree, script, data):
    mine = mine_of(tree, 12, 250_000)
    leaf = data.draw(st.sampled_from(mine["trees"][0]["leaves"]))
    step = data.draw(st.sampled_from(leaf["path"]))
    what = data.draw(st.sampled_from(["digest", "sum", "index", "lost"]))
    match what:
        case "digest":
            step[0] = step[0][::-1]
        case "sum":
            step[1] = str(int(step[1]) ^ 1)
        case "index":
            leaf["index"] ^= 1
        case "lost":
            leaf["path"].remove(step)

    with pytest.raises(SystemExit, match="does not lead to the root"):
        script.check_mine(mine, mine["trees"][0], [])
