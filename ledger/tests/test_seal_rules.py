"""What the database refuses of seals and snapshots, tried with raw SQL."""

import pytest

from ledger.models import GENESIS, Seal
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import NOON

pytestmark = pytest.mark.django_db

#: A seal whose own hash is right, whatever else is wrong with it.
SEAL = """
    INSERT INTO ledger_seal
    SELECT s.id, s.log, s.number, s.first, s.last, s.rows, s.earliest, s.latest, s.content,
           s.previous, encode(sha256(convert_to(ledger_seal_text(s), 'UTF8')), 'hex'),
           s.sealed_at
    FROM (SELECT (row(nextval('ledger_seal_id_seq'), %s, %s, %s, %s, %s, %s, %s, %s, %s, '',
                      %s)::ledger_seal).*) AS s
"""


def seal(
    log="transfers", number=1, first=1, last=9, rows=9, earliest=NOON, latest=NOON,
    content="c" * 64, previous=GENESIS,
) -> None:  # fmt: skip
    run(SEAL, log, number, first, last, rows, earliest, latest, content, previous, NOON)


def head() -> str:
    return Seal.objects.order_by("number").last().sha256


def the_seals() -> list[tuple[str, int, int, int]]:
    seals = Seal.objects.order_by("log", "number")
    return list(seals.values_list("log", "number", "first", "last"))


def test_a_seal_follows_the_one_before_it():
    seal()
    seal(number=2, first=10, last=20, previous=head())
    seal(log="commands", first=4, last=5)

    assert the_seals() == [
        ("commands", 1, 4, 5),
        ("transfers", 1, 1, 9),
        ("transfers", 2, 10, 20),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"number": 3}, {"first": 11}, {"first": 9}, {"previous": "d" * 64}],
    ids=str,
)
def test_a_seal_continues_its_chain(wrong):
    seal()
    right = {"number": 2, "first": 10, "last": 20, "previous": head()}

    with the_owner(), refused("a seal continues its chain"):
        seal(**(right | wrong))

    assert the_seals() == [("transfers", 1, 1, 9)]


def test_a_seals_hash_is_that_of_its_fields():
    seal()

    with the_owner(), refused("a seal continues its chain"):
        run(
            "INSERT INTO ledger_seal (log, number, first, last, rows, earliest, latest, "
            "content, previous, sha256, sealed_at) SELECT 'commands', number, first, last, "
            "rows, earliest, latest, content, previous, sha256, sealed_at FROM ledger_seal"
        )

    assert the_seals() == [("transfers", 1, 1, 9)]


def test_a_number_and_a_range_are_sealed_once():
    seal()
    seal(log="commands")

    with the_owner():
        run("ALTER TABLE ledger_seal DISABLE TRIGGER USER")
        with refused("seal_number_is_unique"):
            seal(last=10)
        with refused("seal_range_is_unique"):
            seal(number=2)
        run("ALTER TABLE ledger_seal ENABLE TRIGGER USER")

    assert the_seals() == [("commands", 1, 1, 9), ("transfers", 1, 1, 9)]


@pytest.mark.parametrize(
    "wrong", [{"last": 0}, {"rows": 0}, {"latest": NOON.replace(year=2020)}], ids=str
)
def test_a_seal_covers_rows(wrong):
    with the_owner(), refused("seal_covers_rows"):
        seal(**wrong)

    assert the_seals() == []


@pytest.mark.parametrize("content", ["", "C" * 64, "c" * 63])
def test_a_hash_is_64_digits(content):
    with the_owner(), refused("seal_hashes_are_hex"):
        seal(content=content)

    assert the_seals() == []


def test_seals_are_for_ever():
    seal()

    is_append_only("ledger_seal")


def test_snapshots_are_for_ever():
    run("INSERT INTO ledger_snapshot (last, accounts, taken_at) VALUES (9, 1, %s)", NOON)

    for statement in (
        "UPDATE ledger_snapshot SET accounts = 2",
        "DELETE FROM ledger_snapshot",
        "TRUNCATE ledger_snapshot",
    ):
        refused_to_all(statement, why="ledger_snapshot is append-only")

    assert run("SELECT last, accounts FROM ledger_snapshot") == [(9, 1)]


def test_what_a_snapshot_says_is_for_ever():
    run(
        "INSERT INTO ledger_snapshotbalance (account_id, last, debits, credits) "
        "VALUES (1, 9, 5, 7)"
    )

    for statement in (
        "UPDATE ledger_snapshotbalance SET credits = 8",
        "DELETE FROM ledger_snapshotbalance",
        "TRUNCATE ledger_snapshotbalance",
    ):
        refused_to_all(statement, why="ledger_snapshotbalance is append-only")

    assert run("SELECT account_id, last, debits, credits FROM ledger_snapshotbalance") == [
        (1, 9, 5, 7)
    ]
