"""What bookkeeping refuses.

Invalid
  StatementInvalid     a rate or a count without its source, of nothing, or of the future
Refused
  MayNotRecordRate     the right to state what assets were worth is missing
  MayNotCountWallet    the right to state what is in a wallet is missing
NotFound
  UnknownWallet        there is no such custody account
Conflict
  StatementReused      the same source said something else of the same instant
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


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
