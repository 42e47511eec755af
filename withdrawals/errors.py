"""What may go wrong with a withdrawal.

Invalid
  WithdrawalReasonMissing   who rejects or gives up a withdrawal says why
  TxidMissing               who marks a withdrawal as paid names the payment
Refused
  OwnWithdrawal             nobody decides on their own withdrawal
  MayNotDecide              the right to decide on withdrawals is missing
  PayoutsHalted             an unresolved break concerns the asset
NotFound
  UnknownWithdrawal
Conflict
  ClientWithdrawalIdReused  the same client withdrawal id with another withdrawal
  WithdrawalMovedOn         it is not in a state any more from which this can be done
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused


class WithdrawalReasonMissing(Invalid):
    code = "withdrawal_reason_missing"
    title = "Say why: a rejected or failed withdrawal needs a reason."


class TxidMissing(Invalid):
    code = "txid_missing"
    title = "Name the payment: a paid withdrawal needs a transaction id."


class OwnWithdrawal(Refused):
    code = "own_withdrawal"
    title = "You requested this withdrawal yourself, so somebody else must decide on it."


class MayNotDecide(Refused):
    code = "may_not_decide"
    title = "You have no right to decide on withdrawals."


class PayoutsHalted(Refused):
    code = "payouts_halted"
    title = (
        "An audit found a break that concerns this asset: nothing of it is paid until the "
        "break is resolved."
    )


class UnknownWithdrawal(NotFound):
    code = "unknown_withdrawal"
    title = "There is no such withdrawal, or it is not yours."


class ClientWithdrawalIdReused(Conflict):
    code = "client_withdrawal_id_reused"
    title = "This client withdrawal id belongs to another withdrawal of yours."


class WithdrawalMovedOn(Conflict):
    code = "withdrawal_moved_on"
    title = "The withdrawal has moved on; this cannot be done any more."
