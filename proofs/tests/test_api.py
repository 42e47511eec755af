"""Proofs by REST: everybody sees what is published, and each their own part."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.tests.proving import ADDRESS, entered, frank, published, taken
from tests.stories import caller, person

pytestmark = pytest.mark.django_db
PROOFS = "/api/v1/proofs"
SCRIPT = Path(__file__).parents[2] / "static" / "verify_liabilities.py"


def file_of(proof, code: str = "BTC") -> str:
    answer = caller().get(f"{PROOFS}/{proof.pk}/trees/{code}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def test_everybody_sees_published_proofs():
    entered(taken("one"))
    proof = published("two")

    listed = caller().get(PROOFS).json()
    shown = caller().get(f"{PROOFS}/{proof.pk}").json()

    assert listed == {"results": [shown], "next_cursor": None}
    tree = shown["trees"][0]
    assert tree == {
        "asset": "BTC",
        "number": tree["number"],
        "scale": 8,
        "root": tree["root"],
        "owed": "0.75000000",
        "leaves": 4,
        "file": f"{PROOFS}/{proof.pk}/trees/BTC",
        "reserves": [],
        "reserves_total": "0.00000000",
        "percent": None,
    }


def test_signed_reserves_are_shown_with_their_signatures():
    proof = entered(taken())
    publish(proof)

    tree = caller().get(f"{PROOFS}/{proof.pk}").json()["trees"][0]

    [reserve] = tree["reserves"]
    assert (tree["reserves_total"], tree["percent"]) == ("0.60000000", "80.00")
    assert (reserve["address"], reserve["amount"], reserve["as_of"]) == (
        ADDRESS,
        "0.60000000",
        "block 900000",
    )
    assert tree["root"] in reserve["message"]


def publish(proof):
    from proofs.services import publish_proof
    from tests.stories import NOON

    publish_proof(proof_id=proof.pk, actor=frank(), now=NOON)


def test_proofs_come_in_pages():
    proofs = [published(str(number)) for number in range(3)]

    first = caller().get(PROOFS, {"limit": "2"}).json()
    second = caller().get(PROOFS, {"limit": "2", "cursor": first["next_cursor"]}).json()

    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == [str(proof.pk) for proof in reversed(proofs)]


@pytest.mark.parametrize("address", ["", "/mine", "/trees/BTC"])
def test_what_is_not_published_is_not_found(address):
    proof = taken()

    answer = caller(person("alice")).get(f"{PROOFS}/{proof.pk}{address}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_proof")


@pytest.mark.parametrize("number", ["0", "999", "9" * 30])
def test_there_is_no_such_proof(number):
    answer = caller().get(f"{PROOFS}/{number}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_proof")


@pytest.mark.parametrize("code", ["DOGE", "btc", "B%00C", "é"])
def test_there_is_no_such_tree(code):
    proof = published()

    answer = caller().get(f"{PROOFS}/{proof.pk}/trees/{code}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_proof")


def test_the_file_may_be_asked_for_as_what_it_is():
    proof = published()
    address = f"{PROOFS}/{proof.pk}/trees/BTC"

    answer = caller().get(address, HTTP_ACCEPT="text/csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="fairbook-proof-{proof.pk}-BTC.csv"'
    )


def test_a_file_of_several_pages_is_whole(monkeypatch):
    for module in ("services", "selectors"):
        monkeypatch.setattr(f"proofs.{module}.PAGE_NODES", 2)
    proof = published()

    lines = file_of(proof).splitlines()

    tree = proof.trees.get(asset__code="BTC")
    assert (tree.pages.count(), len(lines)) == (4, 1 + 7)
    found = caller(person("alice")).get(f"{PROOFS}/{proof.pk}/mine").json()["trees"][0]
    assert found["amount"] == "50000000"
    assert all(
        f"{digest},{value}" in lines
        for leaf in found["leaves"]
        for digest, value in leaf["path"]
    )


def test_a_strangers_part_is_nobodys():
    proof = published()

    answer = caller().get(f"{PROOFS}/{proof.pk}/mine")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_what_a_customer_downloads_passes_the_verifier(tmp_path):
    proof = published()
    answer = caller(person("alice")).get(f"{PROOFS}/{proof.pk}/mine")
    (tmp_path / "mine.json").write_bytes(answer.content)
    (tmp_path / "btc.csv").write_text(file_of(proof))
    (tmp_path / "usdt.csv").write_text(file_of(proof, "USDT"))

    run = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "mine.json", "btc.csv", "usdt.csv"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert answer["Cache-Control"] == "no-store"
    assert run.stdout.splitlines()[-4:-2] == [
        f"BTC: 50000000 of 75000000 is yours, root {root_of(proof, 'BTC')}",
        f"ETH: 0 of 0 is yours, root {root_of(proof, 'ETH')}",
    ]
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "valid")


def root_of(proof, code):
    return proof.trees.get(asset__code=code).root


def test_the_seed_and_others_nonces_are_never_told():
    proof = published()
    alice, bob = caller(person("alice")), caller(person("bob"))

    mine = alice.get(f"{PROOFS}/{proof.pk}/mine").json()
    bobs = bob.get(f"{PROOFS}/{proof.pk}/mine").json()
    said = json.dumps([caller().get(PROOFS).json(), mine, bobs]) + file_of(proof)

    assert proof.seed not in said
    assert mine["account_nonce"] not in json.dumps(bobs) + file_of(proof)
    assert {tree["nonce"] for tree in mine["trees"]}.isdisjoint(
        tree["nonce"] for tree in bobs["trees"]
    )
