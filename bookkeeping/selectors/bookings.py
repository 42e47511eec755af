"""What the house books by itself, for the staff."""

from dataclasses import dataclass

from bookkeeping.errors import UnknownBooking
from bookkeeping.models import HouseBooking, HouseBookingEvent
from bookkeeping.states import AdjustmentState
from ledger.models import Entry


@dataclass(frozen=True, slots=True)
class BookingCase:
    """All that somebody wants to know before approving a booking.

    events  what was done to it, the first one first
    posted  its entry; None until it was approved
    """

    booking: HouseBooking
    events: list[HouseBookingEvent]
    posted: Entry | None


def undecided_bookings() -> int:
    """How many bookings wait for a second person."""
    return HouseBooking.objects.filter(state=AdjustmentState.PROPOSED).count()


def booking_case(*, booking_id: int) -> BookingCase:
    """raises  UnknownBooking"""
    rows = HouseBooking.objects.select_related("asset", "user", "proposed_by")
    booking = rows.filter(pk=booking_id).first()
    if booking is None:
        raise UnknownBooking(booking_id=str(booking_id))
    return BookingCase(
        booking=booking,
        events=list(booking.events.select_related("actor").order_by("id")),
        posted=Entry.objects.filter(key=booking_key(booking_id)).first(),
    )


def booking_key(booking_id: int) -> str:
    """The key of the ledger entry that posts the booking."""
    return f"booking:{booking_id}"
