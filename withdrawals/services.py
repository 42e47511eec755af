"""Writes about withdrawals. One function is one verb is one transaction.

Lock order: the withdrawal's row, then the ledger accounts (in ledger.services.post_entry).
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from kernel.errors import InvariantBroken
from kernel.units import Atoms
from ledger.models import CUSTOMER_KINDS, MAIN_WALLET, AccountKind, Entry
from ledger.selectors import break_of
from ledger.services import open_account, open_accounts, post_entry
from ledger.transfers import Transfer, TransferCode
from withdrawals.errors import (
    ClientWithdrawalIdReused,
    MayNotDecide,
    OwnWithdrawal,
    PayoutsHalted,
    TxidMissing,
    UnknownWithdrawal,
    WithdrawalMovedOn,
    WithdrawalReasonMissing,
)
from withdrawals.models import Withdrawal, WithdrawalEvent
from withdrawals.selectors import (
    approval_of,
    entry_key,
    withdrawal_by_client_id,
)
from withdrawals.states import MONEY, Money, State, Step, state_after

RIGHT_TO_DECIDE = "withdrawals.decide_withdrawal"


@transaction.atomic
def request_withdrawal(
    *,
    user_id: int,
    asset_id: int,
    amount: Atoms,
    address: str,
    client_withdrawal_id: str | None,
    now: datetime,
) -> Withdrawal:
    """Set the amount aside and ask the staff to send it.

    The same client withdrawal id with the same terms again returns the first withdrawal.

    amount   atoms, more than zero
    address  1 to 128 printable ASCII characters without spaces
    raises   InsufficientFunds, ClientWithdrawalIdReused; nothing is written
    """
    terms = (asset_id, amount, address)
    if client_withdrawal_id is not None:
        first = _resent(user_id, client_withdrawal_id, terms)
        if first is not None:
            return first
    try:
        with transaction.atomic():
            withdrawal = Withdrawal.objects.create(
                user_id=user_id,
                asset_id=asset_id,
                amount=amount,
                address=address,
                client_withdrawal_id=client_withdrawal_id,
                created_at=now,
                updated_at=now,
            )
    except IntegrityError:
        # The same request at the same time was a moment quicker.
        first = _resent(user_id, client_withdrawal_id or "", terms)
        if first is None:
            raise
        return first
    _move_money(withdrawal, Money.HELD, by=user_id, now=now)
    return withdrawal


def _resent(
    user_id: int, client_withdrawal_id: str, terms: tuple[int, Atoms, str]
) -> Withdrawal | None:
    first = withdrawal_by_client_id(
        user_id=user_id, client_withdrawal_id=client_withdrawal_id
    )
    if first is not None and terms != (first.asset_id, first.amount, first.address):
        raise ClientWithdrawalIdReused(withdrawal_id=str(first.pk))
    return first


@transaction.atomic
def cancel_withdrawal(*, user_id: int, withdrawal_id: int, now: datetime) -> Withdrawal:
    """Take a request back and return the money. Cancelling it again changes nothing.

    raises  UnknownWithdrawal when it is somebody else's, WithdrawalMovedOn when the staff
            has decided; nothing is written
    """
    withdrawal = _locked(withdrawal_id, user_id=user_id)
    if withdrawal.state == State.CANCELLED:
        return withdrawal
    return _take(withdrawal, Step.CANCEL, actor_id=user_id, now=now)


@transaction.atomic
def approve_withdrawal(
    *, withdrawal_id: int, actor: User, digest: str, now: datetime
) -> Withdrawal:
    """Agree that the withdrawal be paid. The money stays held until it is.

    digest  Withdrawal.digest as the actor saw it: the approval counts for these terms only
    raises  UnknownWithdrawal, MayNotDecide, OwnWithdrawal, PayoutsHalted,
            WithdrawalMovedOn; nothing is written
    """
    withdrawal = _locked(withdrawal_id)
    expect_decider(withdrawal=withdrawal, actor=actor)
    _expect_no_break(withdrawal)
    if digest != withdrawal.digest:
        raise WithdrawalMovedOn("These are not the terms of the withdrawal.")
    return _take(withdrawal, Step.APPROVE, actor_id=actor.pk, now=now, digest=digest)


@transaction.atomic
def reject_withdrawal(
    *, withdrawal_id: int, actor: User, reason: str, now: datetime
) -> Withdrawal:
    """Refuse to pay and return the money.

    raises  UnknownWithdrawal, MayNotDecide, OwnWithdrawal, WithdrawalReasonMissing,
            WithdrawalMovedOn; nothing is written
    """
    return _give_up(withdrawal_id, Step.REJECT, actor, reason, now)


@transaction.atomic
def mark_withdrawal_failed(
    *, withdrawal_id: int, actor: User, reason: str, now: datetime
) -> Withdrawal:
    """State that an approved withdrawal could not be paid, and return the money.

    raises  UnknownWithdrawal, MayNotDecide, OwnWithdrawal, WithdrawalReasonMissing,
            WithdrawalMovedOn; nothing is written
    """
    return _give_up(withdrawal_id, Step.MARK_FAILED, actor, reason, now)


@transaction.atomic
def mark_withdrawal_paid(
    *, withdrawal_id: int, actor: User, txid: str, now: datetime
) -> Withdrawal:
    """State that an approved withdrawal was paid: the money leaves the books.

    txid    names the payment on its chain
    raises  UnknownWithdrawal, MayNotDecide, OwnWithdrawal, TxidMissing, PayoutsHalted,
            WithdrawalMovedOn, InsufficientFunds when custody holds less; InvariantBroken
            when the terms are not what was approved; nothing is written
    """
    withdrawal = _locked(withdrawal_id)
    expect_decider(withdrawal=withdrawal, actor=actor)
    if not txid.strip():
        raise TxidMissing
    _expect_no_break(withdrawal)
    approval = approval_of(withdrawal)
    if approval is not None and approval.digest != withdrawal.digest:
        raise InvariantBroken(f"withdrawal {withdrawal.pk} is not what was approved")
    return _take(withdrawal, Step.MARK_PAID, actor_id=actor.pk, now=now, txid=txid.strip())


def expect_decider(*, withdrawal: Withdrawal, actor: User) -> None:
    """Make sure that `actor` may decide on this withdrawal.

    raises  OwnWithdrawal, MayNotDecide
    """
    if actor.pk == withdrawal.user_id:
        raise OwnWithdrawal
    if not actor.has_perm(RIGHT_TO_DECIDE):
        raise MayNotDecide


def _expect_no_break(withdrawal: Withdrawal) -> None:
    """Nothing leaves while the books of its asset are in doubt.

    raises  PayoutsHalted
    """
    found = break_of(asset_id=withdrawal.asset_id)
    if found is not None:
        raise PayoutsHalted(break_id=str(found.pk))


def _give_up(
    withdrawal_id: int, step: Step, actor: User, reason: str, now: datetime
) -> Withdrawal:
    withdrawal = _locked(withdrawal_id)
    expect_decider(withdrawal=withdrawal, actor=actor)
    if not reason.strip():
        raise WithdrawalReasonMissing
    return _take(withdrawal, step, actor_id=actor.pk, now=now, reason=reason.strip())


def _locked(withdrawal_id: int, *, user_id: int | None = None) -> Withdrawal:
    """Lock the row, so that of two steps at the same time the second sees the first."""
    rows = Withdrawal.objects.select_related("asset").select_for_update(of=("self",))
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    withdrawal = rows.filter(pk=withdrawal_id).first()
    if withdrawal is None:
        raise UnknownWithdrawal(withdrawal_id=str(withdrawal_id))
    return withdrawal


def _take(
    withdrawal: Withdrawal, step: Step, *, actor_id: int, now: datetime, **said: str
) -> Withdrawal:
    """Go along an arrow of the table: the event moves the row, the entry the money."""
    before = State(withdrawal.state)
    after = state_after(before, step)
    if after is None:
        raise WithdrawalMovedOn(f"The withdrawal is {before} already.", state=before)
    WithdrawalEvent.objects.create(
        withdrawal=withdrawal,
        before=before,
        after=after,
        actor_id=actor_id,
        created_at=now,
        **said,
    )
    if MONEY[after] != MONEY[before]:
        _move_money(withdrawal, MONEY[after], by=actor_id, now=now)
    withdrawal.refresh_from_db()
    return withdrawal


def _move_money(withdrawal: Withdrawal, to: Money, *, by: int, now: datetime) -> None:
    """Post the entry that brings the amount there. Custody grows by debits, so a payout
    credits it.
    """
    asset_id, owner_id = withdrawal.asset_id, withdrawal.user_id
    # All of a customer's accounts are opened in the one order that the engine opens them
    # in as well; two that open them crosswise would wait for each other.
    open_accounts(wanted=((owner_id, asset_id, kind) for kind in CUSTOMER_KINDS))
    withdrawing = open_account(
        asset_id=asset_id, kind=AccountKind.WITHDRAWING, owner_id=owner_id
    )
    if to is Money.PAID:
        other = open_account(asset_id=asset_id, kind=AccountKind.CUSTODY, label=MAIN_WALLET)
    else:
        other = open_account(
            asset_id=asset_id, kind=AccountKind.AVAILABLE, owner_id=owner_id
        )
    debit, credit, code = {
        Money.HELD: (other, withdrawing, TransferCode.WITHDRAWAL_HOLD),
        Money.RETURNED: (withdrawing, other, TransferCode.WITHDRAWAL_RELEASE),
        Money.PAID: (withdrawing, other, TransferCode.WITHDRAWAL_PAID),
    }[to]
    amount = Atoms(withdrawal.amount)
    post_entry(
        kind=Entry.Kind.WITHDRAWAL,
        key=entry_key(withdrawal.pk, to),
        transfers=[Transfer(debit.pk, credit.pk, asset_id, amount, code, withdrawal.pk)],
        now=now,
        created_by_id=by,
        reference=withdrawal.address[:120],
    )
