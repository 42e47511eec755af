"""What may go wrong with a deposit.

Invalid
  DepositReasonMissing     who refuses a deposit says why
  DepositReferenceInvalid  the outside reference is missing or not plain
Refused
  OwnDeposit               nobody enters or decides on a deposit to themselves
  SameStaff                who entered a deposit does not decide on it too
  MayNotEnterDeposit       the right to enter deposits is missing
  MayNotConfirmDeposit     the right to decide on deposits is missing
NotFound
  UnknownDeposit
Conflict
  ReferenceTaken           this outside payment was entered before
  DepositMovedOn           it is not in a state any more from which this can be done
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


class DepositReasonMissing(Invalid):
    code = "deposit_reason_missing"
    title = "Say why: a refused deposit needs a reason."


class DepositReferenceInvalid(Invalid):
    code = "deposit_reference_invalid"
    title = "A deposit needs its outside reference: printable ASCII without spaces."


class OwnDeposit(Refused):
    code = "own_deposit"
    title = "This deposit is to yourself, so other people must enter and confirm it."


class SameStaff(Refused):
    code = "same_staff"
    title = "You entered this deposit yourself, so somebody else must decide on it."


class MayNotEnterDeposit(Refused):
    code = "may_not_enter_deposit"
    title = "You have no right to enter deposits."


class MayNotConfirmDeposit(Refused):
    code = "may_not_confirm_deposit"
    title = "You have no right to decide on deposits."


class UnknownDeposit(NotFound):
    code = "unknown_deposit"
    title = "There is no such deposit."


class ReferenceTaken(Conflict):
    code = "deposit_reference_taken"
    title = "A deposit of this asset with this reference was entered before."


class DepositMovedOn(Conflict):
    code = "deposit_moved_on"
    title = "The deposit has moved on; this cannot be done any more."
