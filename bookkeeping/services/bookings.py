"""Bookings of the house: one proposes, another approves.

Lock order: the booking's row, then the ledger accounts (in ledger.services.post_entry).
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.models import User
from bookkeeping.errors import (
    BookingInvalid,
    BookingMovedOn,
    MayNotApproveBooking,
    MayNotBook,
    OwnAccount,
    SameBookkeeper,
    UnknownBooking,
)
from bookkeeping.models import HouseBooking, HouseBookingEvent
from bookkeeping.rules import ENDS, TO_CUSTOMERS, BookingKind
from bookkeeping.selectors import booking_key
from bookkeeping.services.adjustments import reason_given
from bookkeeping.states import AdjustmentState
from kernel.units import BIGINT_MAX, Atoms
from ledger.models import MAIN_WALLET, Account, AccountKind, Entry
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode

RIGHT_TO_BOOK: Final = "bookkeeping.propose_booking"
RIGHT_TO_APPROVE_BOOKING: Final = "bookkeeping.approve_booking"
_REFERENCE_MAX: Final = 120


@transaction.atomic
def propose_booking(
    *,
    kind: BookingKind,
    asset_id: int,
    amount: Atoms,
    user_id: int | None,
    reason: str,
    reference: str,
    actor: User,
    now: datetime,
) -> HouseBooking:
    """Propose that the house books something by itself; nothing moves until another agrees.

    amount     atoms, more than zero
    user_id    the customer who gets it, for the kinds that have one; else None
    reason     1 to 500 characters
    reference  the record outside; may be empty, 120 characters at most
    raises     MayNotBook, OwnAccount, BookingInvalid, BookkeepingReasonMissing; nothing is
               written
    """
    if not actor.has_perm(RIGHT_TO_BOOK):
        raise MayNotBook
    if user_id == actor.pk:
        raise OwnAccount
    if not 0 < amount <= BIGINT_MAX or len(reference.strip()) > _REFERENCE_MAX:
        raise BookingInvalid("It is of something, and its reference is short.")
    if (user_id is not None) != (kind in TO_CUSTOMERS):
        gets = "Name the customer." if user_id is None else "No customer gets anything."
        raise BookingInvalid(f"{kind.capitalize()}: {gets}")
    return HouseBooking.objects.create(
        kind=kind,
        asset_id=asset_id,
        amount=amount,
        user_id=user_id,
        reason=reason_given(reason=reason),
        reference=reference.strip(),
        proposed_by=actor,
        created_at=now,
    )


@transaction.atomic
def approve_booking(*, booking_id: int, actor: User, now: datetime) -> HouseBooking:
    """Agree: the transfer is posted, dated now.

    raises  UnknownBooking, SameBookkeeper, OwnAccount, MayNotApproveBooking,
            BookingMovedOn, ledger's InsufficientFunds when the house does not have it;
            nothing is written
    """
    booking = _locked(booking_id)
    expect_booker(booking=booking, actor=actor)
    _move(booking, AdjustmentState.APPROVED, actor=actor, now=now)
    ends = ENDS[BookingKind(booking.kind)]
    debit, credit = _account(booking, ends.debit), _account(booking, ends.credit)
    asset, amount = booking.asset_id, Atoms(booking.amount)
    transfer = Transfer(debit.pk, credit.pk, asset, amount, TransferCode.HOUSE, booking.pk)
    post_entry(
        kind=Entry.Kind.HOUSE,
        key=booking_key(booking.pk),
        transfers=[transfer],
        now=now,
        created_by_id=actor.pk,
        reference=booking.reference or booking.kind,
        memo=booking.reason,
    )
    booking.refresh_from_db()
    return booking


@transaction.atomic
def reject_booking(
    *, booking_id: int, actor: User, reason: str, now: datetime
) -> HouseBooking:
    """State that the house does not book it.

    raises  UnknownBooking, SameBookkeeper, OwnAccount, MayNotApproveBooking,
            BookkeepingReasonMissing, BookingMovedOn; nothing is written
    """
    booking = _locked(booking_id)
    expect_booker(booking=booking, actor=actor)
    why = reason_given(reason=reason)
    return _move(booking, AdjustmentState.REJECTED, actor=actor, now=now, reason=why)


def expect_booker(*, booking: HouseBooking, actor: User) -> None:
    """Make sure that `actor` may decide on this booking.

    raises  SameBookkeeper, OwnAccount, MayNotApproveBooking
    """
    if actor.pk == booking.proposed_by_id:
        raise SameBookkeeper
    if actor.pk == booking.user_id:
        raise OwnAccount
    if not actor.has_perm(RIGHT_TO_APPROVE_BOOKING):
        raise MayNotApproveBooking


def _account(booking: HouseBooking, kind: str) -> Account:
    is_customers = kind == AccountKind.AVAILABLE
    return open_account(
        asset_id=booking.asset_id,
        kind=AccountKind(kind),
        owner_id=booking.user_id if is_customers else None,
        label=MAIN_WALLET if kind == AccountKind.CUSTODY else "",
    )


def _locked(booking_id: int) -> HouseBooking:
    """Lock the row, so that of two steps at the same time the second sees the first."""
    rows = HouseBooking.objects.select_related("asset").select_for_update(of=("self",))
    booking = rows.filter(pk=booking_id).first()
    if booking is None:
        raise UnknownBooking(booking_id=str(booking_id))
    return booking


def _move(
    booking: HouseBooking,
    after: AdjustmentState,
    *,
    actor: User,
    now: datetime,
    reason: str = "",
) -> HouseBooking:
    before = AdjustmentState(booking.state)
    if before is not AdjustmentState.PROPOSED:
        raise BookingMovedOn(f"The booking is {before} already.", state=before)
    HouseBookingEvent.objects.create(
        booking=booking,
        before=before,
        after=after,
        actor=actor,
        reason=reason,
        created_at=now,
    )
    booking.refresh_from_db()
    return booking
