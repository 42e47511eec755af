"""Writes about deposits. One function is one verb is one transaction.

Lock order: the deposit's row, then the ledger accounts (in ledger.services.post_entry).
"""

import re
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from accounts.models import User
from deposits.errors import (
    DepositMovedOn,
    DepositReasonMissing,
    DepositReferenceInvalid,
    MayNotConfirmDeposit,
    MayNotEnterDeposit,
    OwnDeposit,
    ReferenceTaken,
    SameStaff,
    UnknownDeposit,
)
from deposits.models import Deposit, DepositEvent
from deposits.selectors import entry_key
from deposits.states import IN_THE_BOOKS, State, Step, state_after
from kernel.units import Atoms
from ledger.models import MAIN_WALLET, AccountKind, Entry
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode

RIGHT_TO_ENTER: Final = "deposits.enter_deposit"
RIGHT_TO_CONFIRM: Final = "deposits.confirm_deposit"
_REFERENCE: Final = re.compile("[!-~]{1,128}", re.ASCII)


@transaction.atomic
def enter_deposit(
    *,
    user_id: int,
    asset_id: int,
    amount: Atoms,
    reference: str,
    actor: User,
    now: datetime,
) -> Deposit:
    """Write down what arrived outside; it is nobody's until another person confirms it.

    amount     atoms, more than zero
    reference  names the payment outside, once per asset; 1 to 128 printable ASCII
               characters without spaces
    raises     MayNotEnterDeposit, OwnDeposit, DepositReferenceInvalid, ReferenceTaken;
               nothing is written
    """
    if not actor.has_perm(RIGHT_TO_ENTER):
        raise MayNotEnterDeposit
    if actor.pk == user_id:
        raise OwnDeposit
    if not _REFERENCE.fullmatch(reference):
        raise DepositReferenceInvalid
    try:
        with transaction.atomic():
            return Deposit.objects.create(
                user_id=user_id,
                asset_id=asset_id,
                amount=amount,
                reference=reference,
                entered_by=actor,
                created_at=now,
            )
    except IntegrityError as broken:
        if "deposit_reference_is_unique" not in str(broken):
            raise
        raise ReferenceTaken(reference=reference) from broken


@transaction.atomic
def confirm_deposit(*, deposit_id: int, actor: User, now: datetime) -> Deposit:
    """Agree that it arrived: custody and the user's available balance grow.

    raises  UnknownDeposit, MayNotConfirmDeposit, SameStaff, OwnDeposit, DepositMovedOn;
            nothing is written
    """
    deposit = _locked(deposit_id)
    expect_confirmer(deposit=deposit, actor=actor)
    return _take(deposit, Step.CONFIRM, actor=actor, now=now)


@transaction.atomic
def refuse_deposit(*, deposit_id: int, actor: User, reason: str, now: datetime) -> Deposit:
    """State that it did not arrive as it was entered. Its reference may be entered again.

    raises  UnknownDeposit, MayNotConfirmDeposit, SameStaff, OwnDeposit,
            DepositReasonMissing, DepositMovedOn; nothing is written
    """
    deposit = _locked(deposit_id)
    expect_confirmer(deposit=deposit, actor=actor)
    if not reason.strip():
        raise DepositReasonMissing
    return _take(deposit, Step.REFUSE, actor=actor, now=now, reason=reason.strip())


def expect_confirmer(*, deposit: Deposit, actor: User) -> None:
    """Make sure that `actor` may decide on this deposit.

    raises  SameStaff, OwnDeposit, MayNotConfirmDeposit
    """
    if actor.pk == deposit.entered_by_id:
        raise SameStaff
    if actor.pk == deposit.user_id:
        raise OwnDeposit
    if not actor.has_perm(RIGHT_TO_CONFIRM):
        raise MayNotConfirmDeposit


def _locked(deposit_id: int) -> Deposit:
    """Lock the row, so that of two steps at the same time the second sees the first."""
    rows = Deposit.objects.select_related("asset").select_for_update(of=("self",))
    deposit = rows.filter(pk=deposit_id).first()
    if deposit is None:
        raise UnknownDeposit(deposit_id=str(deposit_id))
    return deposit


def _take(
    deposit: Deposit, step: Step, *, actor: User, now: datetime, reason: str = ""
) -> Deposit:
    """Go along an arrow of the table: the event moves the row, the entry the money."""
    before = State(deposit.state)
    after = state_after(before, step)
    if after is None:
        raise DepositMovedOn(f"The deposit is {before} already.", state=before)
    DepositEvent.objects.create(
        deposit=deposit,
        before=before,
        after=after,
        actor=actor,
        reason=reason,
        created_at=now,
    )
    if after in IN_THE_BOOKS:
        _credit(deposit, by=actor.pk, now=now)
    deposit.refresh_from_db()
    return deposit


def _credit(deposit: Deposit, *, by: int, now: datetime) -> None:
    asset_id = deposit.asset_id
    custody = open_account(asset_id=asset_id, kind=AccountKind.CUSTODY, label=MAIN_WALLET)
    available = open_account(
        asset_id=asset_id, kind=AccountKind.AVAILABLE, owner_id=deposit.user_id
    )
    amount, code = Atoms(deposit.amount), TransferCode.DEPOSIT
    post_entry(
        kind=Entry.Kind.DEPOSIT,
        key=entry_key(deposit.pk),
        transfers=[Transfer(custody.pk, available.pk, asset_id, amount, code, deposit.pk)],
        now=now,
        created_by_id=by,
        reference=deposit.reference[:120],
    )
