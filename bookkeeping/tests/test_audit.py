"""The audit finds what the database would not have let happen."""

import pytest
from django.db import connection

from bookkeeping.audit import INVARIANTS, SEALED
from bookkeeping.rules import BookingKind
from bookkeeping.services import close_day
from bookkeeping.tests.closings import (
    DAY,
    DESK,
    OCTOBER,
    closed,
    day,
    reopened,
    sealed,
)
from bookkeeping.tests.closings import booked as book
from bookkeeping.tests.offices import HOUR, approved, deposited, fay, proposed
from bookkeeping.tests.test_bookings import booked
from ledger.models import Transfer
from tests.attempts import no_guards, run

pytestmark = pytest.mark.django_db


def violations() -> list[tuple[str, str]]:
    found = []
    with connection.cursor() as cursor:
        for rule in INVARIANTS:
            cursor.execute(rule.sql)
            found += [(rule.id, line) for (line,) in cursor.fetchall()]
    return found


@pytest.fixture
def books():
    """A closed month, an adjustment that was approved, and one that was not."""
    period, adjustment = closed(), approved()
    booked(BookingKind.CAPITAL_IN, 7)
    proposed(deposited())
    return period, adjustment


def test_nothing_is_found_where_nothing_is_wrong(books):
    assert violations() == []


def test_what_was_booked_into_a_closed_month_is_found(books):
    period, _ = books

    with no_guards():
        run(
            "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
            "code, ref, created_at) SELECT entry_id, debit_id, credit_id, asset_id, 1, 80, "
            "1, %s FROM ledger_transfer LIMIT 1",
            OCTOBER + DAY,
        )

    assert violations() == [
        ("L12", f"period {period.pk}: its transfers are not those that were closed")
    ]


def test_what_was_booked_into_a_day_after_it_was_closed_is_found():
    entry = book(OCTOBER)
    close_day(period_id=day(OCTOBER).pk, actor=fay(), now=DESK)
    book(DESK + HOUR)
    sealed()

    with no_guards():
        [[late]] = run(
            "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
            "code, ref, created_at) SELECT entry_id, debit_id, credit_id, asset_id, 1, 80, "
            "1, %s FROM ledger_transfer WHERE entry_id = %s RETURNING id",
            OCTOBER + HOUR,
            entry.pk,
        )
    sealed()

    period = day(OCTOBER).pk
    assert violations() == [
        ("B5", f"period {period}: transfer {late} came after it was closed")
    ]


def test_what_was_booked_into_a_day_that_was_reopened_is_fine():
    book(OCTOBER)
    close_day(period_id=day(OCTOBER).pk, actor=fay(), now=DESK)
    book(DESK + HOUR)
    sealed()
    reopened(OCTOBER)

    book(OCTOBER + HOUR)
    close_day(period_id=day(OCTOBER).pk, actor=fay(), now=DESK + 2 * HOUR)
    sealed()

    assert violations() == []


@pytest.mark.parametrize(
    "change",
    ["UPDATE {} SET debits = debits + 1", "DELETE FROM {}"],
)
def test_a_frozen_trial_balance_that_was_changed_is_found(books, change):
    period, _ = books

    with no_guards():
        run(change.format("bookkeeping_frozenbalance"))

    assert violations() == [
        (
            "L12",
            f"period {period.pk}: its frozen trial balance is not the one that was closed",
        )
    ]


def test_a_reversal_that_nobody_approved_is_found(books):
    with no_guards():
        [[made]] = run(
            "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
            "code, ref, created_at) SELECT entry_id, credit_id, debit_id, asset_id, "
            "amount, 90, id, now() FROM ledger_transfer WHERE code = 80 ORDER BY id "
            "LIMIT 1 RETURNING id"
        )

    [taken] = [it.ref for it in Transfer.objects.filter(pk=made)]
    assert violations() == [
        ("B1", f"transfer {made}: no approved adjustment takes {taken} back by it")
    ]


def test_a_reversal_that_is_not_exact_or_went_away_is_found(books):
    _, adjustment = books
    first, second = adjustment.lines.order_by("id")

    with no_guards():
        run("UPDATE ledger_transfer SET amount = 1 WHERE id = %s", first.reversal_id)
        run("DELETE FROM ledger_transfer WHERE id = %s", second.reversal_id)

    assert violations() == [
        (
            "B2",
            f"adjustment {adjustment.pk}: transfer {line.transfer_id} is not taken back by "
            f"{line.reversal_id}",
        )
        for line in (first, second)
    ]


def test_a_booking_that_is_not_in_the_books_as_approved_is_found(books):
    [[booking, transfer]] = run("SELECT id, transfer_id FROM bookkeeping_housebooking")

    with no_guards():
        run("UPDATE ledger_transfer SET amount = 8 WHERE id = %s", transfer)

    assert violations() == [
        ("B4", f"booking {booking}: transfer {transfer} is not what was approved")
    ]


def test_what_one_person_did_alone_is_found(books):
    period, adjustment = books

    with no_guards():
        run("ALTER TABLE bookkeeping_period DROP CONSTRAINT period_is_closed_by_another")
        run(
            "ALTER TABLE bookkeeping_adjustment "
            "DROP CONSTRAINT adjustment_is_decided_by_another"
        )
        run("UPDATE bookkeeping_period SET closed_by_id = proposed_by_id")
        run(
            "UPDATE bookkeeping_adjustment SET decided_by_id = proposed_by_id "
            "WHERE state = 'approved'"
        )

    me = fay().pk
    assert violations() == [
        ("B3", f"adjustment {adjustment.pk}: proposed by user {me}, approved by user {me}"),
        ("B3", f"period {period.pk}: proposed by user {me}, closed by user {me}"),
    ]


@pytest.mark.parametrize("log", SEALED, ids=lambda log: log.name)
def test_what_is_sealed_is_there_and_does_not_change(books, log):
    for table, columns in (
        (log.table, (*log.columns, log.time)),
        *([(log.behind.table, log.behind.columns)] if log.behind else []),
    ):
        run(f"SELECT id, {', '.join(columns)} FROM {table}")
