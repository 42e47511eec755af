"""What the books refuse.

Invalid
  InvalidMoment       not a moment or a period of the books
Refused
  InsufficientFunds   an account would fall below its floor
NotFound
  UnknownAsset
Conflict
  EntryKeyReused      the same entry key with other transfers
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


class InvalidMoment(Invalid):
    code = "invalid_moment"
    title = (
        "A moment is an instant with its zone (2026-11-21T12:00:00Z), a day (2026-11-21) "
        "or a transfer (transfer:123)."
    )


class InsufficientFunds(Refused):
    code = "insufficient_funds"
    title = "There is not enough available for this."


class UnknownAsset(NotFound):
    code = "unknown_asset"
    title = "There is no such asset."


class EntryKeyReused(Conflict):
    code = "entry_key_reused"
    title = "This key was used for an entry with other transfers."
