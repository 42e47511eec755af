"""What the database refuses of house bookings, by raw SQL. README.md lists the rules."""

import itertools

import pytest
from django.db import transaction

from bookkeeping.models import HouseBooking
from bookkeeping.rules import ENDS, BookingKind
from bookkeeping.services import reject_booking
from bookkeeping.states import ADJUSTMENT_ARROWS, AdjustmentState
from bookkeeping.tests.by_hand import COMMIT, TRANSFER, owning, unguarded
from bookkeeping.tests.offices import fay, fred
from bookkeeping.tests.test_bookings import booked, wanted
from ledger.models import Account, AccountKind, Entry
from ledger.services import open_account
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db
BOOKING = (
    "INSERT INTO bookkeeping_housebooking (kind, asset_id, amount, user_id, reason, "
    "reference, proposed_by_id, created_at, state) "
    "VALUES (%s, %s, %s, %s, %s, '', %s, now(), %s)"
)
EVENT = (
    "INSERT INTO bookkeeping_housebookingevent "
    "(booking_id, before, after, actor_id, reason, created_at) "
    "VALUES (%s, %s, %s, %s, %s, now())"
)
ENTRY = (
    "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
    "VALUES ('house', %s, '', '', '', now()) RETURNING id"
)


def insert_booking(**other: object) -> None:
    facts = {
        "kind": "capital in",
        "asset": asset("BTC").pk,
        "amount": 1,
        "user": None,
        "reason": "why",
        "by": fay().pk,
        "state": "proposed",
    } | other
    run(BOOKING, *facts.values())


def insert_event(booking: HouseBooking, before, after, actor, why="why") -> None:
    run(EVENT, booking.pk, before, after, actor.pk, why)


def state_of(booking: HouseBooking) -> str:
    booking.refresh_from_db()
    return booking.state


def account(kind: str) -> Account:
    label = "main" if kind == "custody" else ""
    return open_account(asset_id=asset("BTC").pk, kind=AccountKind(kind), label=label)


def post(booking: HouseBooking, **other: object) -> None:
    """Approve it by hand, and post a transfer under its key."""
    insert_event(booking, "proposed", "approved", fred())
    [[entry]] = run(ENTRY, f"booking:{booking.pk}")
    facts = {
        "debit": account("custody").pk,
        "credit": account("capital").pk,
        "asset": booking.asset_id,
        "amount": booking.amount,
        "code": 80,
        "ref": booking.pk,
    } | other
    run(TRANSFER, entry, *facts.values())


# Facts ----------------------------------------------------------------------------------


def test_the_database_knows_the_same_accounts():
    assert {
        kind: (debit, credit)
        for kind, debit, credit in run("SELECT * FROM bookkeeping_booking_accounts()")
    } == {kind.value: tuple(ends) for kind, ends in ENDS.items()}


def test_a_booking_is_of_something():
    for amount in (0, -1):
        with refused("booking_amount_positive"):
            insert_booking(amount=amount)


def test_a_booking_has_its_reason():
    with refused("booking_has_its_reason"):
        insert_booking(reason=" ")


def test_a_customer_gets_something_by_some_kinds_and_by_no_others():
    with refused("booking_user_fits_its_kind"):
        insert_booking(user=person("alice").pk)
    with refused("booking_user_fits_its_kind"):
        insert_booking(kind="promotion paid")
    insert_booking(kind="promotion paid", user=person("alice").pk)


def test_a_booking_begins_proposed():
    for state in ("approved", "rejected"):
        with refused("begins at its beginning"):
            insert_booking(state=state)


@pytest.mark.parametrize(
    "change",
    [
        "id = id + 1",
        "amount = 2",
        "kind = 'capital out'",
        "state = 'approved'",
        "reason = 'r'",
        "proposed_by_id = 1",
        "decided_by_id = 1",
        "transfer_id = 1",
    ],
)
def test_a_booking_keeps_its_facts_and_moves_only_by_events(change):
    wanted()
    before = run("SELECT * FROM bookkeeping_housebooking")
    statement = f"UPDATE bookkeeping_housebooking SET {change}"

    with refused("moves only by an event" if "id = id" in change else "permission denied"):
        run(statement)
    with the_owner(), refused("moves only by an event"):
        run(statement)

    assert run("SELECT * FROM bookkeeping_housebooking") == before


def test_bookings_are_never_deleted():
    wanted()

    for statement in (
        "DELETE FROM bookkeeping_housebooking",
        "TRUNCATE bookkeeping_housebooking CASCADE",
    ):
        refused_to_all(statement, why="is append-only")


# Events ---------------------------------------------------------------------------------


def test_booking_events_are_for_ever():
    reject_booking(booking_id=wanted().pk, actor=fred(), reason="r", now=NOON)

    is_append_only("bookkeeping_housebookingevent")


def test_an_event_moves_its_booking():
    booking = wanted()

    insert_event(booking, "proposed", "rejected", fred())

    assert (state_of(booking), booking.decided_by) == ("rejected", fred())
    with refused(f"booking {booking.pk} is not proposed"):
        insert_event(booking, "proposed", "approved", fred())
    with the_owner(), refused("booking_enters_a_state_once"):
        insert_event(booking, "proposed", "rejected", fred())


@pytest.mark.parametrize(
    ("before", "after"), [*itertools.product(AdjustmentState, repeat=2)]
)
def test_a_booking_event_follows_an_arrow_of_the_table(before, after):
    booking = wanted()

    if (before, after) in {(start, end) for (start, _), end in ADJUSTMENT_ARROWS.items()}:
        with transaction.atomic():
            insert_event(booking, before, after, fred())
            transaction.set_rollback(True)  # for the books know nothing of it
    else:
        with refused("booking_event_follows_an_arrow"):
            insert_event(booking, before, after, fred())


def test_a_rejected_booking_has_its_reason():
    with refused("booking_rejection_has_its_reason"):
        insert_event(wanted(), "proposed", "rejected", fred(), " ")


@pytest.mark.parametrize("after", ["approved", "rejected"])
def test_who_proposed_a_booking_does_not_decide_on_it(after):
    booking = wanted()

    with owning(), refused("booking_is_decided_by_another"):
        insert_event(booking, "proposed", after, fay())

    assert state_of(booking) == "proposed"


def test_nobody_has_a_hand_in_what_they_are_given():
    booking = wanted(BookingKind.PROMOTION_PAID, user_id=fred().pk)

    with owning(), refused("booking_is_handled_by_others"):
        insert_event(booking, "proposed", "approved", fred())
    with owning(), refused("booking_is_handled_by_others"):
        insert_booking(kind="promotion paid", user=fay().pk)


def test_a_bookings_decision_has_its_maker():
    wanted()

    with unguarded("bookkeeping_housebooking", "bookings_move_by_events"):
        with refused("booking_decision_has_its_maker"):
            run("UPDATE bookkeeping_housebooking SET state = 'approved'")
        with refused("booking_decision_has_its_maker"):
            run("UPDATE bookkeeping_housebooking SET decided_by_id = %s", fred().pk)


# The books ------------------------------------------------------------------------------


def test_what_is_approved_is_posted_in_the_same_transaction():
    booking = wanted()

    with refused(f"booking {booking.pk} is approved and not in the books"):
        insert_event(booking, "proposed", "approved", fred())
        run(COMMIT)

    assert state_of(booking) == "proposed"


@pytest.mark.parametrize("wrong", ["amount", "ref", "code", "ends", "turned", "customer"])
def test_what_is_posted_is_what_was_approved(wrong):
    booked(BookingKind.CAPITAL_IN, 1_000)
    booking = wanted(amount=10)
    custody, capital = account("custody").pk, account("capital").pk
    alices = open_account(
        asset_id=asset("BTC").pk, kind=AccountKind.AVAILABLE, owner_id=person("alice").pk
    )
    other = {
        "amount": {"amount": 11},
        "ref": {"ref": booking.pk + 1},
        "code": {"code": 40},
        "ends": {"credit": account("suspense").pk},
        "turned": {"debit": capital, "credit": custody},
        "customer": {"credit": alices.pk},
    }[wrong]

    with owning(), refused("is posted once, as it was approved"):
        post(booking, **other)

    assert state_of(booking) == "proposed"


def test_a_booking_is_posted_once():
    booked(BookingKind.CAPITAL_IN, 1_000)
    entry = Entry.objects.get()

    with owning(), refused("is posted once, as it was approved"):
        run(
            "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
            "code, ref, created_at) SELECT entry_id, debit_id, credit_id, asset_id, "
            "amount, code, ref, now() FROM ledger_transfer WHERE entry_id = %s",
            entry.pk,
        )
