"""What the books refuse.

Invalid
  InvalidMoment        not a moment or a period of the books
  BreakReasonMissing   who acknowledges or resolves a break says why
Refused
  InsufficientFunds    an account would fall below its floor
  PeriodClosed         the books are closed for that time
  MayNotResolveBreaks  the right to resolve breaks is missing
NotFound
  UnknownAsset
  UnknownBreak
Conflict
  EntryKeyReused       the same entry key with other transfers
  BreakMovedOn         the break is acknowledged or resolved already
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


class InvalidMoment(Invalid):
    code = "invalid_moment"
    title = (
        "A moment is an instant with its zone (2026-11-21T12:00:00Z), a day (2026-11-21) "
        "or a transfer (transfer:123)."
    )


class BreakReasonMissing(Invalid):
    code = "break_reason_missing"
    title = "Say why: a break is acknowledged and resolved with a reason."


class InsufficientFunds(Refused):
    code = "insufficient_funds"
    title = "There is not enough available for this."


class PeriodClosed(Refused):
    code = "period_closed"
    title = "The books are closed for the time at which this would be dated."


class MayNotResolveBreaks(Refused):
    code = "may_not_resolve_breaks"
    title = "You have no right to resolve breaks."


class UnknownAsset(NotFound):
    code = "unknown_asset"
    title = "There is no such asset."


class UnknownBreak(NotFound):
    code = "unknown_break"
    title = "There is no such break."


class EntryKeyReused(Conflict):
    code = "entry_key_reused"
    title = "This key was used for an entry with other transfers."


class BreakMovedOn(Conflict):
    code = "break_moved_on"
    title = "The break has moved on; this cannot be done any more."
