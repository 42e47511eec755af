"""What upper floors let the database refuse of the books, by raw SQL."""

import pytest

from ledger.models import Entry, Transfer
from tests.attempts import refused, run, the_owner
from tests.stories import fund, person

pytestmark = pytest.mark.django_db
#: A day of which somebody has said that it is closed.
CLOSED = "2026-10-05"


def close_softly() -> None:
    [[period]] = run(
        "INSERT INTO bookkeeping_period (kind, begins, ends, state, digest) VALUES "
        "('day', '2026-10-05Z', '2026-10-06Z', 'open', '') RETURNING id"
    )
    run(
        "INSERT INTO bookkeeping_periodevent (period_id, before, after, reason, digest, "
        "created_at) VALUES (%s, 'open', 'soft closed', '', '', now())",
        period,
    )


def insert_entry(at: str) -> None:
    run(
        "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
        "VALUES ('house', %s, '', '', '', %s)",
        f"key {at}",
        at,
    )


def insert_transfer(at: str, entry: int = 1 << 40 | 1) -> None:
    """As the engine does, or for an `entry` as services do."""
    run(
        "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
        "code, ref, created_at) SELECT %s, debit_id, credit_id, asset_id, 1, 80, 1, %s "
        "FROM ledger_transfer LIMIT 1",
        entry,
        at,
    )


def test_a_reversal_belongs_to_an_approved_adjustment():
    fund(person("alice"), "BTC", "1")
    posted = Transfer.objects.get()
    reversal = (
        "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
        "code, ref, created_at) SELECT %s, credit_id, debit_id, asset_id, amount, 90, id, "
        "now() FROM ledger_transfer"
    )

    with refused("takes back, once, what an approved adjustment names"):
        run(reversal, posted.entry_id)
    with the_owner():
        for entry in (posted.entry_id, 1 << 40 | 1):
            with refused("takes back, once, what an approved adjustment names"):
                run(reversal, entry)

    assert Transfer.objects.count() == 1


def test_an_adjustment_entry_belongs_to_an_approved_adjustment():
    entry = (
        "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
        "VALUES ('adjustment', 'adjustment:1', '', '', '', now())"
    )

    with refused("is not that of an approved adjustment"):
        run(entry)
    with the_owner(), refused("is not that of an approved adjustment"):
        run(entry)

    assert not Entry.objects.exists()


@pytest.mark.parametrize("at", [f"{CLOSED} 00:00Z", f"{CLOSED} 23:59:59.999999Z"])
def test_no_entry_is_dated_in_a_closed_period(at):
    close_softly()

    with refused(f"the books are closed: day {CLOSED}"):
        insert_entry(at)
    with the_owner(), refused(f"the books are closed: day {CLOSED}"):
        insert_entry(at)
    insert_entry("2026-10-04 23:59:59.999999Z")
    insert_entry("2026-10-06 00:00Z")


@pytest.mark.parametrize("at", [f"{CLOSED} 00:00Z", f"{CLOSED} 23:59:59.999999Z"])
def test_no_transfer_is_dated_in_a_closed_period(at):
    fund(person("alice"), "BTC", "1")
    close_softly()
    entry = Entry.objects.get().pk

    for number in (entry, 1 << 40 | 1):
        with refused(f"the books are closed: day {CLOSED}"):
            insert_transfer(at, number)
        with the_owner(), refused(f"the books are closed: day {CLOSED}"):
            insert_transfer(at, number)
    assert Transfer.objects.count() == 1
    insert_transfer("2026-10-04 23:59:59.999999Z")
    insert_transfer("2026-10-06 00:00Z")
