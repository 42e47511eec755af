"""What the books refuse.

Refused
  InsufficientFunds   an account would fall below its floor
NotFound
  UnknownAsset
Conflict
  EntryKeyReused      the same entry key with other transfers
"""

from kernel.errors import Conflict, NotFound, Refused


class InsufficientFunds(Refused):
    code = "insufficient_funds"
    title = "There is not enough available for this."


class UnknownAsset(NotFound):
    code = "unknown_asset"
    title = "There is no such asset."


class EntryKeyReused(Conflict):
    code = "entry_key_reused"
    title = "This key was used for an entry with other transfers."
