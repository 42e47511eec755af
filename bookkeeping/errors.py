"""What bookkeeping refuses.

Invalid
  StatementInvalid          a rate or a count without its source, of nothing, or of the
                            future
  BookkeepingReasonMissing  who takes something back, turns it down or reopens says why
  SelectionInvalid          no transfers, too many, or of several entries
  BookingInvalid            of nothing, or with a customer that its kind does not have
Refused
  MayNotRecordRate          the right to state what assets were worth is missing
  MayNotCountWallet         the right to state what is in a wallet is missing
  MayNotAdjust              the right to propose adjustments is missing
  MayNotApproveAdjustment   the right to decide on adjustments is missing
  MayNotBook                the right to propose bookings of the house is missing
  MayNotApproveBooking      the right to decide on bookings is missing
  SameBookkeeper            who proposed it does not decide on it too
  OwnAccount                nobody has a hand in an adjustment of their own accounts
  NotReversible             orders and withdrawals count on what a transfer moved
  MayNotClosePeriod         the right to close days and to propose months is missing
  MayNotReopenPeriod        the right to reopen days is missing
  MayNotConfirmPeriod       the right to close months for good is missing
  PeriodNotOver             a period is closed when it is over
  PeriodFinal               it lies in what is closed for good
  ChecklistUnmet            something keeps the month open
NotFound
  UnknownWallet             there is no such custody account
  UnknownTransfer
  UnknownAdjustment
  UnknownPeriod
  UnknownBooking
Conflict
  StatementReused           the same source said something else of the same instant
  TakenBackAlready          a transfer is taken back, or proposed to be, by another one
  AdjustmentMovedOn         it is not in a state any more from which this can be done
  PeriodMovedOn             the same of a period
  BookingMovedOn            the same of a booking
  TrialBalanceChanged       something was booked since the closing was proposed
Unavailable
  PeriodBusy                somebody is writing for too long; nothing was closed
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class StatementInvalid(Invalid):
    code = "statement_invalid"
    title = "A statement has its source, is of something, and not of the future."


class MayNotRecordRate(Refused):
    code = "may_not_record_rate"
    title = "You have no right to state what an asset was worth."


class MayNotCountWallet(Refused):
    code = "may_not_count_wallet"
    title = "You have no right to state what is in a wallet."


class UnknownWallet(NotFound):
    code = "unknown_wallet"
    title = "There is no such custody account."


class StatementReused(Conflict):
    code = "statement_reused"
    title = "The same source has stated something else of the same instant."


class BookkeepingReasonMissing(Invalid):
    code = "bookkeeping_reason_missing"
    title = "Say why, in 500 characters at most."


class SelectionInvalid(Invalid):
    code = "selection_invalid"
    title = "An adjustment takes back transfers of one entry, each once."


class MayNotAdjust(Refused):
    code = "may_not_adjust"
    title = "You have no right to propose adjustments."


class MayNotApproveAdjustment(Refused):
    code = "may_not_approve_adjustment"
    title = "You have no right to decide on adjustments."


class BookingInvalid(Invalid):
    code = "booking_invalid"
    title = "A booking is of something, and of a customer only where its kind says so."


class MayNotBook(Refused):
    code = "may_not_book"
    title = "You have no right to propose bookings of the house."


class MayNotApproveBooking(Refused):
    code = "may_not_approve_booking"
    title = "You have no right to decide on bookings of the house."


class SameBookkeeper(Refused):
    code = "same_bookkeeper"
    title = "You proposed this yourself, so somebody else must decide on it."


class OwnAccount(Refused):
    code = "own_account"
    title = "This concerns an account of your own, so other people must see to it."


class NotReversible(Refused):
    code = "not_reversible"
    title = "Orders and withdrawals count on what this transfer moved."


class MayNotClosePeriod(Refused):
    code = "may_not_close_period"
    title = "You have no right to close days, or to propose to close months."


class MayNotReopenPeriod(Refused):
    code = "may_not_reopen_period"
    title = "You have no right to reopen days."


class MayNotConfirmPeriod(Refused):
    code = "may_not_confirm_period"
    title = "You have no right to decide on the closing of months."


class PeriodNotOver(Refused):
    code = "period_not_over"
    title = "A period is closed when it is over."


class PeriodFinal(Refused):
    code = "period_final"
    title = "This lies in what is closed for good."


class ChecklistUnmet(Refused):
    code = "checklist_unmet"
    title = "Something keeps the month open."


class UnknownTransfer(NotFound):
    code = "unknown_transfer"
    title = "There is no such transfer."


class UnknownAdjustment(NotFound):
    code = "unknown_adjustment"
    title = "There is no such adjustment."


class UnknownPeriod(NotFound):
    code = "unknown_period"
    title = "There is no such period."


class UnknownBooking(NotFound):
    code = "unknown_booking"
    title = "There is no such booking of the house."


class TakenBackAlready(Conflict):
    code = "taken_back_already"
    title = "One of the transfers is taken back, or proposed to be, by another adjustment."


class AdjustmentMovedOn(Conflict):
    code = "adjustment_moved_on"
    title = "The adjustment has moved on; this cannot be done any more."


class PeriodMovedOn(Conflict):
    code = "period_moved_on"
    title = "The period has moved on; this cannot be done any more."


class BookingMovedOn(Conflict):
    code = "booking_moved_on"
    title = "The booking has moved on; this cannot be done any more."


class TrialBalanceChanged(Conflict):
    code = "trial_balance_changed"
    title = "Something has changed since the closing was proposed; turn it down and look."


class PeriodBusy(Unavailable):
    code = "period_busy"
    title = (
        "Somebody is writing into the books for too long; nothing was closed. Try again."
    )
