"""Adjustments: one proposes to take transfers back, another approves.

Lock order: the adjustment's row, then the ledger accounts (in ledger.services.post_entry).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from accounts.models import User
from bookkeeping.errors import (
    AdjustmentMovedOn,
    BookkeepingReasonMissing,
    MayNotAdjust,
    MayNotApproveAdjustment,
    NotReversible,
    OwnAccount,
    SameBookkeeper,
    SelectionInvalid,
    TakenBackAlready,
    UnknownAdjustment,
    UnknownTransfer,
)
from bookkeeping.models import Adjustment, AdjustmentEvent, AdjustmentLine
from bookkeeping.selectors import adjustment_key
from bookkeeping.states import AdjustmentState
from kernel.units import Atoms
from ledger.models import AccountKind, Entry
from ledger.models import Transfer as TransferRow
from ledger.services import post_entry
from ledger.transfers import Transfer, TransferCode

RIGHT_TO_PROPOSE: Final = "bookkeeping.propose_adjustment"
RIGHT_TO_APPROVE: Final = "bookkeeping.approve_adjustment"
#: So many transfers at once can still be looked through by a second person.
SIZE_MAX: Final = 200
REASON_MAX: Final = 500
#: Orders and withdrawals count on what is there.
SPOKEN_FOR: Final = frozenset({AccountKind.HELD, AccountKind.WITHDRAWING})


@transaction.atomic
def propose_adjustment(
    *, transfer_ids: Collection[int], reason: str, actor: User, now: datetime
) -> Adjustment:
    """Propose to take transfers of one entry back; nothing moves until another approves.

    transfer_ids  of one entry; 1 to 200, each once
    reason        why they are wrong; 1 to 500 characters
    raises        MayNotAdjust, BookkeepingReasonMissing, SelectionInvalid,
                  UnknownTransfer, NotReversible, OwnAccount, TakenBackAlready; nothing is
                  written
    """
    if not actor.has_perm(RIGHT_TO_PROPOSE):
        raise MayNotAdjust
    transfers = _chosen(transfer_ids)
    _expect_reversible(transfers)
    expect_stranger(transfers=transfers, actor=actor)
    adjustment = Adjustment.objects.create(
        entry_id=transfers[0].entry_id,
        reason=reason_given(reason=reason),
        size=len(transfers),
        proposed_by=actor,
        created_at=now,
    )
    try:
        with transaction.atomic():
            AdjustmentLine.objects.bulk_create(
                AdjustmentLine(adjustment=adjustment, transfer=it) for it in transfers
            )
    except IntegrityError as broken:
        if "transfer_is_taken_back_once" not in str(broken):
            raise
        raise TakenBackAlready from broken
    return adjustment


@transaction.atomic
def approve_adjustment(*, adjustment_id: int, actor: User, now: datetime) -> Adjustment:
    """Agree: the mirror image of each transfer is posted, dated now.

    raises  UnknownAdjustment, SameBookkeeper, OwnAccount, MayNotApproveAdjustment,
            AdjustmentMovedOn, ledger's InsufficientFunds when the money is not there any
            more; nothing is written
    """
    adjustment = _locked(adjustment_id)
    expect_approver(adjustment=adjustment, actor=actor)
    _move(adjustment, AdjustmentState.APPROVED, actor=actor, now=now)
    lines = adjustment.lines.select_related("transfer").order_by("transfer_id")
    entry = adjustment.entry
    post_entry(
        kind=Entry.Kind.ADJUSTMENT,
        key=adjustment_key(adjustment.pk),
        transfers=[_mirror(line.transfer) for line in lines],
        now=now,
        created_by_id=actor.pk,
        reference=f"takes back {entry.key}"[:120],
        memo=adjustment.reason,
    )
    return adjustment


@transaction.atomic
def reject_adjustment(
    *, adjustment_id: int, actor: User, reason: str, now: datetime
) -> Adjustment:
    """State that nothing is to be taken back. Its transfers may be proposed again.

    raises  UnknownAdjustment, SameBookkeeper, OwnAccount, MayNotApproveAdjustment,
            BookkeepingReasonMissing, AdjustmentMovedOn; nothing is written
    """
    adjustment = _locked(adjustment_id)
    expect_approver(adjustment=adjustment, actor=actor)
    why = reason_given(reason=reason)
    return _move(adjustment, AdjustmentState.REJECTED, actor=actor, now=now, reason=why)


def expect_approver(*, adjustment: Adjustment, actor: User) -> None:
    """Make sure that `actor` may decide on this adjustment.

    raises  SameBookkeeper, OwnAccount, MayNotApproveAdjustment
    """
    if actor.pk == adjustment.proposed_by_id:
        raise SameBookkeeper
    lines = adjustment.lines.select_related("transfer__debit", "transfer__credit")
    expect_stranger(transfers=[line.transfer for line in lines], actor=actor)
    if not actor.has_perm(RIGHT_TO_APPROVE):
        raise MayNotApproveAdjustment


def expect_stranger(*, transfers: Collection[TransferRow], actor: User) -> None:
    """Make sure that none of the transfers touches an account of `actor`.

    raises  OwnAccount
    """
    for transfer in transfers:
        if actor.pk in (transfer.debit.owner_id, transfer.credit.owner_id):
            raise OwnAccount


def reason_given(*, reason: str) -> str:
    """The reason as it is kept.

    raises  BookkeepingReasonMissing when there is none, or one that is too long
    """
    if not 0 < len(reason.strip()) <= REASON_MAX:
        raise BookkeepingReasonMissing
    return reason.strip()


def _chosen(transfer_ids: Collection[int]) -> list[TransferRow]:
    if not 0 < len(transfer_ids) <= SIZE_MAX:
        raise SelectionInvalid(f"Choose between 1 and {SIZE_MAX} transfers.")
    if len(set(transfer_ids)) != len(transfer_ids):
        raise SelectionInvalid("A transfer was named twice.")
    rows = TransferRow.objects.select_related("debit", "credit")
    found = list(rows.filter(pk__in=transfer_ids).order_by("id"))
    if missing := set(transfer_ids) - {it.pk for it in found}:
        raise UnknownTransfer(f"There is no transfer {min(missing)}.")
    if len({it.entry_id for it in found}) > 1:
        raise SelectionInvalid("An adjustment takes back transfers of one entry.")
    return found


def _expect_reversible(transfers: Collection[TransferRow]) -> None:
    for transfer in transfers:
        if SPOKEN_FOR & {transfer.debit.kind, transfer.credit.kind}:
            raise NotReversible(
                f"Orders and withdrawals count on what transfer {transfer.pk} moved."
            )


def _mirror(transfer: TransferRow) -> Transfer:
    return Transfer(
        debit=transfer.credit_id,
        credit=transfer.debit_id,
        asset=transfer.asset_id,
        amount=Atoms(transfer.amount),
        code=TransferCode.REVERSAL,
        ref=transfer.pk,
    )


def _locked(adjustment_id: int) -> Adjustment:
    """Lock the row, so that of two steps at the same time the second sees the first."""
    rows = Adjustment.objects.select_related("entry").select_for_update(of=("self",))
    adjustment = rows.filter(pk=adjustment_id).first()
    if adjustment is None:
        raise UnknownAdjustment(adjustment_id=str(adjustment_id))
    return adjustment


def _move(
    adjustment: Adjustment,
    after: AdjustmentState,
    *,
    actor: User,
    now: datetime,
    reason: str = "",
) -> Adjustment:
    before = AdjustmentState(adjustment.state)
    if before is not AdjustmentState.PROPOSED:
        raise AdjustmentMovedOn(f"The adjustment is {before} already.", state=before)
    AdjustmentEvent.objects.create(
        adjustment=adjustment,
        before=before,
        after=after,
        actor=actor,
        reason=reason,
        created_at=now,
    )
    adjustment.refresh_from_db()
    return adjustment
