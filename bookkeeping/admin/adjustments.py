"""Wrong transfers: one person proposes to take them back, another approves."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Case as Switch
from django.db.models import F, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.staff import (
    Button,
    CaseAdmin,
    CasePage,
    Entering,
    Moment,
    Table,
    WhyForm,
    badge,
    instant,
    linked,
    objection_of,
    short_instant,
    staff_of,
)
from bookkeeping.models import Adjustment
from bookkeeping.selectors import AdjustmentCase, adjustment_case
from bookkeeping.services import (
    RIGHT_TO_PROPOSE,
    approve_adjustment,
    expect_approver,
    propose_adjustment,
    reject_adjustment,
)
from bookkeeping.states import AdjustmentState, AdjustmentStep, adjustment_steps
from kernel import clock
from kernel.decimals import format_decimal
from kernel.units import BIGINT_MAX
from ledger.models import Account, Transfer

BUTTONS = (
    Button(
        step=AdjustmentStep.APPROVE,
        promise="The mirror image of each transfer is posted at once, dated now. What it "
        "took is given back, and what it gave is taken. This is final; {what} can be taken "
        "back by another adjustment only.",
        take=approve_adjustment,
        done="Approved. The transfers are taken back.",
    ),
    Button(
        step=AdjustmentStep.REJECT,
        promise="{what} takes nothing back. This is final; its transfers may be proposed "
        "again.",
        form=WhyForm,
        take=reject_adjustment,
        done="Rejected. Nothing was taken back.",
        is_harmful=True,
    ),
)
_BETWEEN: Final = re.compile(r"[\s,;]+", re.ASCII)
_NUMBER: Final = re.compile(r"\d+", re.ASCII)
#: What waits for a second person, and of that the oldest; then the newest.
_WAITS = When(state=AdjustmentState.PROPOSED.value, then=Value(0))
TURN = Switch(_WAITS, default=Value(1))
AGE = Switch(When(state=AdjustmentState.PROPOSED.value, then=F("id")), default=-F("id"))


class ProposalForm(forms.Form):
    """Which transfers are wrong, and why."""

    transfers = forms.CharField(
        label="Numbers of the transfers",
        max_length=4_000,
        widget=forms.TextInput(attrs={"size": 70, "autofocus": True}),
        help_text="Of one entry, with commas or spaces between. Look them up among the "
        "transfers, or in the general ledger.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept for ever, in the books and for auditors. Users do not see it.",
    )

    def clean_transfers(self) -> list[int]:
        text: str = self.cleaned_data["transfers"]
        said = [part for part in _BETWEEN.split(text) if part]
        if not said or not all(_NUMBER.fullmatch(part) for part in said):
            raise forms.ValidationError("Write numbers, with commas or spaces between.")
        numbers = [int(part) for part in said]
        if max(numbers) > BIGINT_MAX:
            raise forms.ValidationError("There is no transfer of such a number.")
        return numbers


@admin.register(Adjustment)
class AdjustmentAdmin(Entering, CaseAdmin):
    right = RIGHT_TO_PROPOSE
    entry_form = ProposalForm
    heading = "Propose to take transfers back"
    promise = (
        "Name the transfers that are wrong. Nothing moves until another member of the "
        "staff has approved it; then the mirror image of each is posted."
    )
    done = "Proposed. Somebody else must approve it before anything moves."
    id_argument = "adjustment_id"
    buttons = BUTTONS
    ordering = (TURN, AGE)
    list_display = (
        "id",
        "state_badge",
        "entry_key",
        "size",
        "reason",
        "at",
        "proposed_by",
        "decided_by",
    )
    list_filter = ("state", "created_at")
    list_select_related = ("entry", "proposed_by", "decided_by")
    search_fields = ("=id", "=entry__key", "reason")
    search_help_text = "Number, key of the entry, reason."

    def asked(self, request: HttpRequest) -> Mapping[str, str]:
        return {"transfers": request.GET.get("transfers", "")[:4_000]}

    def enter(self, said: Mapping[str, Any], *, actor: User) -> Adjustment:
        return propose_adjustment(
            transfer_ids=said["transfers"],
            reason=said["reason"],
            actor=actor,
            now=clock.now(),
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, adjustment: Adjustment) -> SafeString:
        return badge(adjustment.state)

    @admin.display(description="of entry")
    def entry_key(self, adjustment: Adjustment) -> str:
        return adjustment.entry.key

    @admin.display(description="proposed (UTC)", ordering="created_at")
    def at(self, adjustment: Adjustment) -> str:
        return short_instant(adjustment.created_at)

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        case = adjustment_case(adjustment_id=case_id)
        adjustment, actor = case.adjustment, staff_of(request)
        return CasePage(
            heading=f"adjustment {adjustment.pk} of {adjustment.entry.key}",
            state=adjustment.state,
            facts=_facts(case, request),
            tables=[_lines(case, request)],
            story=_story(case),
            steps=adjustment_steps(AdjustmentState(adjustment.state)),
            objection=objection_of(
                lambda: expect_approver(adjustment=adjustment, actor=actor)
            ),
        )


def _facts(case: AdjustmentCase, request: HttpRequest) -> list[tuple[str, object]]:
    adjustment, entry = case.adjustment, case.adjustment.entry
    posted = linked(request, case.posted, case.posted.key) if case.posted else "not yet"
    return [
        ("Takes back of", linked(request, entry, entry.key)),
        ("Which is", f"{entry.get_kind_display()} {entry.reference}".strip()),
        ("Posted at", instant(entry.created_at)),
        ("Reason", adjustment.reason),
        ("Proposed by", adjustment.proposed_by.email),
        ("Taken back by", posted),
    ]


def _lines(case: AdjustmentCase, request: HttpRequest) -> Table:
    rows = [
        (
            linked(request, line.transfer, str(line.transfer_id)),
            _amount(line.transfer),
            _whose(line.transfer.credit),
            _whose(line.transfer.debit),
            str(line.reversal_id or "not yet"),
        )
        for line in case.lines
    ]
    columns = ["Transfer", "Amount", "Is taken from", "And given to", "Taken back by"]
    return Table("What is taken back", columns, rows)


def _story(case: AdjustmentCase) -> list[Moment]:
    adjustment = case.adjustment
    by, why = adjustment.proposed_by.email, adjustment.reason
    first = Moment(adjustment.created_at, by, AdjustmentState.PROPOSED, why)
    return [first] + [
        Moment(event.created_at, event.actor.email, event.after, event.reason)
        for event in case.events
    ]


def _amount(transfer: Transfer) -> SafeString:
    amount = format_decimal(transfer.amount, scale=transfer.asset.scale)
    return format_html('<span class="amount">{} {}</span>', amount, transfer.asset.code)


def _whose(account: Account) -> str:
    label = f":{account.label}" if account.label else ""
    owner = account.owner.email if account.owner else "the house"
    return f"{owner}, {account.kind}{label}"
