"""What the database refuses of adjustments, by raw SQL. README.md lists the rules."""

import itertools
from contextlib import nullcontext

import pytest
from django.db import transaction

from bookkeeping.models import Adjustment, AdjustmentLine
from bookkeeping.services import reject_adjustment
from bookkeeping.states import ADJUSTMENT_ARROWS, AdjustmentState
from bookkeeping.tests.by_hand import (
    COMMIT,
    insert_adjustment,
    insert_event,
    insert_line,
    owning,
    unguarded,
)
from bookkeeping.tests.offices import approved, deposited, fay, fred, proposed
from ledger.models import Transfer
from tests.attempts import is_append_only, refused, refused_to_all, run
from tests.stories import NOON, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db


def state_of(adjustment: Adjustment) -> str:
    adjustment.refresh_from_db()
    return adjustment.state


# Facts ----------------------------------------------------------------------------------


def test_an_adjustment_takes_something_back():
    entry = deposited()[0].entry_id

    with refused("adjustment_takes_something_back"):
        insert_adjustment(entry, size=0)


def test_an_adjustment_has_its_reason():
    entry = deposited()[0].entry_id

    for reason in ("", "  "):
        with refused("adjustment_has_its_reason"):
            insert_adjustment(entry, reason=reason)


def test_an_adjustment_begins_proposed():
    entry = deposited()[0].entry_id

    for state in ("approved", "rejected"):
        with refused("begins at its beginning"):
            insert_adjustment(entry, state=state)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "id + 1"),
        ("entry_id", "entry_id + 1"),
        ("reason", "'other'"),
        ("size", "size + 1"),
        ("proposed_by_id", "proposed_by_id + 1"),
        ("created_at", "now()"),
        ("state", "'approved'"),
        ("decided_by_id", "proposed_by_id + 1"),
        ("decided_at", "now()"),
    ],
)
def test_an_adjustment_keeps_its_facts_and_moves_only_by_events(column, value):
    proposed()
    before = run("SELECT * FROM bookkeeping_adjustment")
    change = f"UPDATE bookkeeping_adjustment SET {column} = {value}"

    with refused("permission denied" if column != "id" else "moves only by an event"):
        run(change)
    with owning(), refused("moves only by an event"):
        run(change)

    assert run("SELECT * FROM bookkeeping_adjustment") == before


def test_adjustments_are_never_deleted():
    proposed()

    for table in ("bookkeeping_adjustment", "bookkeeping_adjustmentline"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            refused_to_all(statement, why="is append-only")

    assert (Adjustment.objects.count(), AdjustmentLine.objects.count()) == (1, 2)


# Lines ----------------------------------------------------------------------------------


def test_an_adjustment_names_as_many_transfers_as_it_announced():
    one, other = deposited()

    with refused("does not name its 2 transfers"):
        insert_line(insert_adjustment(one.entry_id, size=2), one.pk)
        run(COMMIT)
    with refused("nothing is added to adjustment"):
        adjustment = insert_adjustment(one.entry_id, size=1)
        insert_line(adjustment, one.pk)
        insert_line(adjustment, other.pk)


def test_nothing_is_added_to_what_was_proposed():
    one, other = deposited()
    adjustment = proposed([one])

    for trying in (nullcontext, owning):
        with trying(), refused(f"nothing is added to adjustment {adjustment.pk}"):
            insert_line(adjustment.pk, other.pk)


def test_a_line_is_of_its_entry_and_begins_at_its_beginning():
    one, other = deposited(), deposited()
    adjustment = insert_adjustment(one[0].entry_id)

    with refused(f"transfer {other[0].pk} is not of entry"):
        insert_line(adjustment, other[0].pk)
    with refused("is not of entry"):
        insert_line(adjustment, 10**12)
    with refused("nothing is added"):
        insert_line(adjustment, one[0].pk, stands=False)
    with refused("nothing is added"):
        insert_line(adjustment, one[0].pk, reversal=one[1].pk)
    insert_line(adjustment, one[0].pk)


def test_what_orders_count_on_is_not_named():
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    place(alice, market, "sell", "0.5", at="60000")
    settle()
    hold = Transfer.objects.get(code=1)

    with owning(), refused(f"count on what transfer {hold.pk} moved"):
        insert_line(insert_adjustment(hold.entry_id), hold.pk)


def test_a_transfer_is_named_once_by_an_adjustment():
    one, _ = deposited()

    with refused("adjustment_names_a_transfer_once"):
        adjustment = insert_adjustment(one.entry_id, size=2)
        insert_line(adjustment, one.pk)
        insert_line(adjustment, one.pk)


def test_a_transfer_is_taken_back_once_unless_it_was_rejected():
    one, _ = deposited()
    adjustment = proposed([one])

    with owning(), refused("transfer_is_taken_back_once"):
        insert_line(insert_adjustment(one.entry_id), one.pk)
    reject_adjustment(adjustment_id=adjustment.pk, actor=fred(), reason="r", now=NOON)
    insert_line(insert_adjustment(one.entry_id), one.pk)


def test_a_reversal_is_of_one_line():
    one, other = deposited()
    adjustment = approved(proposed([one]))
    reversal = adjustment.lines.get().reversal_id
    second = proposed([other])

    with (
        unguarded("bookkeeping_adjustmentline", "adjustment_lines_follow_events"),
        refused("reversal_is_of_one_line"),
    ):
        run(
            "UPDATE bookkeeping_adjustmentline SET reversal_id = %s "
            "WHERE adjustment_id = %s",
            reversal,
            second.pk,
        )


def test_lines_change_only_by_events_and_reversals():
    proposed()
    before = run("SELECT * FROM bookkeeping_adjustmentline ORDER BY id")

    for change in ("stands = false", "transfer_id = 1", "reversal_id = 1"):
        statement = f"UPDATE bookkeeping_adjustmentline SET {change}"
        refused_to_all(statement, why="moves only by an event")

    assert run("SELECT * FROM bookkeeping_adjustmentline ORDER BY id") == before


# Events ---------------------------------------------------------------------------------


def test_adjustment_events_are_for_ever():
    adjustment = proposed()
    reject_adjustment(adjustment_id=adjustment.pk, actor=fred(), reason="r", now=NOON)

    is_append_only("bookkeeping_adjustmentevent")


def test_an_event_moves_its_adjustment():
    adjustment = proposed()

    insert_event(adjustment, "proposed", "rejected", fred())

    assert (state_of(adjustment), adjustment.decided_by) == ("rejected", fred())
    with refused(f"adjustment {adjustment.pk} is not proposed"):
        insert_event(adjustment, "proposed", "approved", fred())


def test_an_adjustment_enters_a_state_once():
    adjustment = proposed()
    insert_event(adjustment, "proposed", "rejected", fred())

    with owning(), refused("adjustment_enters_a_state_once"):
        insert_event(adjustment, "proposed", "rejected", fred())


@pytest.mark.parametrize(
    ("before", "after"), [*itertools.product(AdjustmentState, AdjustmentState)]
)
def test_an_adjustment_event_follows_an_arrow_of_the_table(before, after):
    adjustment = proposed()

    if (before, after) in {(start, end) for (start, _), end in ADJUSTMENT_ARROWS.items()}:
        with transaction.atomic():
            insert_event(adjustment, before, after, fred())
            assert state_of(adjustment) == after
            transaction.set_rollback(True)  # for the books know nothing of it
    else:
        with refused("adjustment_event_follows_an_arrow"):
            insert_event(adjustment, before, after, fred())


@pytest.mark.parametrize("after", ["approved", "rejected"])
def test_who_proposed_an_adjustment_does_not_decide_on_it(after):
    adjustment = proposed(actor=fay())

    with owning(), refused("adjustment_is_decided_by_another"):
        insert_event(adjustment, "proposed", after, fay())

    assert state_of(adjustment) == "proposed"


def test_nobody_has_a_hand_in_an_adjustment_of_their_own():
    freds, fays = deposited(fred()), deposited(fay())
    adjustment = proposed(freds, actor=fay())

    with owning(), refused("an adjustment of their own accounts"):
        insert_event(adjustment, "proposed", "rejected", fred())
    with owning(), refused("an adjustment of their own accounts"):
        insert_line(insert_adjustment(fays[0].entry_id), fays[0].pk)

    assert state_of(adjustment) == "proposed"


def test_an_adjustments_decision_has_its_maker():
    proposed()

    with unguarded("bookkeeping_adjustment", "adjustments_move_by_events"):
        with refused("adjustment_decision_has_its_maker"):
            run("UPDATE bookkeeping_adjustment SET state = 'approved'")
        with refused("adjustment_decision_has_its_maker"):
            run("UPDATE bookkeeping_adjustment SET decided_by_id = %s", fred().pk)


def test_a_rejection_has_its_reason():
    adjustment = proposed()

    with refused("adjustment_rejection_has_its_reason"):
        insert_event(adjustment, "proposed", "rejected", fred(), " ")

    assert state_of(adjustment) == "proposed"
