"""What the house books by itself: proposed by one, approved by another."""

import pytest

from accounts.models import User
from bookkeeping.errors import (
    BookingInvalid,
    BookingMovedOn,
    BookkeepingReasonMissing,
    MayNotApproveBooking,
    MayNotBook,
    OwnAccount,
    SameBookkeeper,
    UnknownBooking,
)
from bookkeeping.models import HouseBooking
from bookkeeping.rules import TO_CUSTOMERS, BookingKind
from bookkeeping.selectors import booking_case, undecided_bookings
from bookkeeping.services import approve_booking, propose_booking, reject_booking
from bookkeeping.tests.offices import approved, fay, fred, has, proposed
from exchange.audit import audit
from kernel.units import BIGINT_MAX, Atoms
from ledger.errors import InsufficientFunds
from ledger.models import Account, Entry, Transfer
from tests.attempts import run
from tests.staff import member
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db
#: In this order the house has what each of them needs.
STORY = [
    (BookingKind.CAPITAL_IN, 100),
    (BookingKind.NETWORK_FEE, 1),
    (BookingKind.PROMOTION_FUNDED, 20),
    (BookingKind.PROMOTION_PAID, 5),
    (BookingKind.UNKNOWN_ARRIVAL, 40),
    (BookingKind.SUSPENSE_ASSIGNED, 15),
    (BookingKind.SUSPENSE_RETURNED, 25),
    (BookingKind.CAPITAL_OUT, 30),
]


def wanted(kind=BookingKind.CAPITAL_IN, amount=100_000_000, **other) -> HouseBooking:
    """Fay proposes a booking of BTC at NOON, for alice where a customer gets it."""
    facts = {
        "asset_id": asset("BTC").pk,
        "user_id": person("alice").pk if kind in TO_CUSTOMERS else None,
        "reason": "The board decided.",
        "reference": "minutes 7",
        "actor": other.pop("actor", None) or fay(),
        "now": NOON,
    }
    return propose_booking(kind=kind, amount=Atoms(amount), **(facts | other))


def booked(kind: BookingKind, amount: int, **other) -> HouseBooking:
    booking = wanted(kind, amount, **other)
    return approve_booking(booking_id=booking.pk, actor=fred(), now=NOON)


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in (
            "bookkeeping_housebooking",
            "bookkeeping_housebookingevent",
            "ledger_entry",
            "ledger_transfer",
        )
    ]


def test_two_people_book_what_the_house_does_by_itself():
    for kind, amount in STORY:
        booked(kind, amount)

    assert dict(Account.objects.values_list("kind", "balance")) == {
        "custody": 100 - 1 + 40 - 25 - 30,
        "capital": 100 - 20 - 30,
        "network_fees": 1,
        "promotions": 20 - 5,
        "suspense": 40 - 15 - 25,
        "available": 5 + 15,
    }
    assert [finding for finding in audit() if finding.violations] == []


def test_the_entry_says_why_and_by_whom():
    booking = booked(BookingKind.CAPITAL_IN, 100)

    entry = Entry.objects.get(key=f"booking:{booking.pk}")
    transfer = Transfer.objects.get(entry=entry)
    assert (entry.kind, entry.reference, entry.memo, entry.created_by) == (
        "house",
        "minutes 7",
        "The board decided.",
        fred(),
    )
    assert (transfer.code, transfer.ref, transfer.pk) == (
        80,
        booking.pk,
        booking.transfer_id,
    )
    case = booking_case(booking_id=booking.pk)
    assert (case.posted, [it.after for it in case.events]) == (entry, ["approved"])


def test_a_booking_is_taken_back_by_an_adjustment():
    booked(BookingKind.CAPITAL_IN, 100)
    booked(BookingKind.PROMOTION_FUNDED, 100)
    paid = booked(BookingKind.PROMOTION_PAID, 100)

    approved(proposed([paid.transfer]))

    assert has(person("alice")) == "0"


def test_nothing_moves_before_a_second_person_has_approved():
    booking = wanted()

    assert undecided_bookings() == 1
    assert not Entry.objects.exists()
    with pytest.raises(SameBookkeeper):
        approve_booking(booking_id=booking.pk, actor=fay(), now=NOON)
    with pytest.raises(SameBookkeeper):
        reject_booking(booking_id=booking.pk, actor=fay(), reason="r", now=NOON)
    assert not Entry.objects.exists()


def test_a_rejected_booking_stays_rejected():
    booking = wanted()

    reject_booking(booking_id=booking.pk, actor=fred(), reason="No.", now=NOON)

    before = everything()
    with pytest.raises(BookingMovedOn):
        approve_booking(booking_id=booking.pk, actor=fred(), now=NOON)
    assert everything() == before


def test_nobody_gives_themselves_anything():
    mine = wanted(BookingKind.PROMOTION_PAID, user_id=fred().pk)
    before = everything()

    with pytest.raises(OwnAccount):
        wanted(BookingKind.PROMOTION_PAID, user_id=fay().pk)
    with pytest.raises(OwnAccount):
        approve_booking(booking_id=mine.pk, actor=fred(), now=NOON)

    assert everything() == before


def test_the_house_gives_no_more_than_it_has_set_aside():
    booked(BookingKind.CAPITAL_IN, 100)
    booked(BookingKind.PROMOTION_FUNDED, 10)
    promised = wanted(BookingKind.PROMOTION_PAID, 11)
    before = everything()

    with pytest.raises(InsufficientFunds):
        approve_booking(booking_id=promised.pk, actor=fred(), now=NOON)

    assert everything() == before


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"amount": 0}, BookingInvalid),
        ({"amount": -1}, BookingInvalid),
        ({"amount": BIGINT_MAX + 1}, BookingInvalid),
        ({"reference": "r" * 121}, BookingInvalid),
        ({"kind": BookingKind.PROMOTION_PAID, "user_id": None}, BookingInvalid),
        ({"user_id": 1}, BookingInvalid),
        ({"reason": " "}, BookkeepingReasonMissing),
    ],
    ids=str,
)
def test_what_is_not_well_formed_is_not_proposed(other, error):
    with pytest.raises(error):
        wanted(**other)

    assert not HouseBooking.objects.exists()


def test_who_has_no_right_neither_proposes_nor_decides():
    erin: User = member("erin", "bookkeeping.view_housebooking")
    booking = wanted()
    before = everything()

    with pytest.raises(MayNotBook):
        wanted(actor=erin)
    with pytest.raises(MayNotApproveBooking):
        approve_booking(booking_id=booking.pk, actor=erin, now=NOON)
    with pytest.raises(UnknownBooking):
        approve_booking(booking_id=0, actor=fred(), now=NOON)
    with pytest.raises(UnknownBooking):
        booking_case(booking_id=0)

    assert everything() == before
