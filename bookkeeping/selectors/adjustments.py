"""Adjustments, and what they take back."""

from dataclasses import dataclass

from django.db.models import QuerySet

from bookkeeping.errors import UnknownAdjustment
from bookkeeping.models import Adjustment, AdjustmentEvent, AdjustmentLine
from bookkeeping.states import AdjustmentState
from ledger.models import Entry


@dataclass(frozen=True, slots=True)
class AdjustmentCase:
    """All that somebody wants to know before approving an adjustment.

    lines   the transfers to be taken back, and what took them back
    events  what was done to it, the first one first
    posted  the entry that took them back; None until it was approved
    """

    adjustment: Adjustment
    lines: list[AdjustmentLine]
    events: list[AdjustmentEvent]
    posted: Entry | None


def undecided_adjustments() -> int:
    """How many adjustments wait for a second person."""
    return Adjustment.objects.filter(state=AdjustmentState.PROPOSED).count()


def adjustment_case(*, adjustment_id: int) -> AdjustmentCase:
    """raises  UnknownAdjustment"""
    adjustment = _adjustments().filter(pk=adjustment_id).first()
    if adjustment is None:
        raise UnknownAdjustment(adjustment_id=str(adjustment_id))
    lines = adjustment.lines.select_related(
        "transfer__asset", "transfer__debit__owner", "transfer__credit__owner"
    )
    return AdjustmentCase(
        adjustment=adjustment,
        lines=list(lines.order_by("transfer_id")),
        events=list(adjustment.events.select_related("actor").order_by("id")),
        posted=Entry.objects.filter(key=adjustment_key(adjustment_id)).first(),
    )


def adjustment_of_entry(*, entry_id: int) -> Adjustment | None:
    """The adjustment that posted an entry; None when it is an entry of another kind."""
    key = Entry.objects.filter(pk=entry_id, kind=Entry.Kind.ADJUSTMENT).values_list(
        "key", flat=True
    )
    number = next((it.removeprefix("adjustment:") for it in key), "")
    return _adjustments().filter(pk=int(number)).first() if number.isdecimal() else None


def adjustments_of(*, entry_id: int) -> list[Adjustment]:
    """The adjustments that take something of an entry back, or would have."""
    return list(_adjustments().filter(entry=entry_id).order_by("id"))


def reversal_of(*, transfer_id: int) -> AdjustmentLine | None:
    """How a transfer was taken back, or is proposed to be; None when it is not."""
    rows = AdjustmentLine.objects.select_related("adjustment", "reversal")
    return rows.filter(transfer=transfer_id, stands=True).first()


def adjustment_key(adjustment_id: int) -> str:
    """The key of the ledger entry that takes back what the adjustment names."""
    return f"adjustment:{adjustment_id}"


def _adjustments() -> QuerySet[Adjustment]:
    return Adjustment.objects.select_related("entry", "proposed_by", "decided_by")
