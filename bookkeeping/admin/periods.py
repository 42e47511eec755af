"""Periods: days that are closed softly, and months that are closed for good by two."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
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
    notable,
    objection_of,
    short_instant,
    staff_of,
)
from bookkeeping.models import Period
from bookkeeping.selectors import PeriodCase, period_case
from bookkeeping.services import (
    RIGHT_TO_CLOSE,
    close_day,
    confirm_closing,
    expect_mover,
    open_period,
    propose_closing,
    reopen_day,
    turn_down_closing,
)
from bookkeeping.states import PeriodKind, PeriodState, PeriodStep, period_steps
from kernel.decimals import format_decimal


class SuspenseForm(forms.Form):
    """Asks for what a second person will want to know."""

    reason = forms.CharField(
        label="Explanation",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text="Needed when something lies in suspense: what it is, and what is done "
        "about it. Kept for ever.",
    )


BUTTONS = (
    Button(
        step=PeriodStep.CLOSE,
        promise="Nothing is booked into {what} any more, by nobody. It can be reopened.",
        take=close_day,
        done="Closed. Nothing is booked into this day.",
    ),
    Button(
        step=PeriodStep.REOPEN,
        promise="Things can be booked into {what} again, until somebody closes it.",
        form=WhyForm,
        take=reopen_day,
        done="Reopened. Close it again by hand.",
        is_harmful=True,
    ),
    Button(
        step=PeriodStep.PROPOSE,
        promise="Somebody else is asked to close {what} for good, with the trial balance "
        "as it is now.",
        form=SuspenseForm,
        take=propose_closing,
        done="Proposed. Somebody else must close it.",
    ),
    Button(
        step=PeriodStep.CLOSE_FOR_GOOD,
        promise="The trial balance of {what} is frozen. Nothing is ever dated before its "
        "end again, and no rate or wallet count either. This is final.",
        take=confirm_closing,
        done="Closed for good. The trial balance is frozen.",
        is_harmful=True,
    ),
    Button(
        step=PeriodStep.TURN_DOWN,
        promise="{what} stays open. It can be proposed again.",
        form=WhyForm,
        take=turn_down_closing,
        done="Turned down. The month is open.",
    ),
)


class PeriodForm(forms.Form):
    """Which day or month."""

    kind = forms.ChoiceField(choices=[("month", "a month"), ("day", "a day")], label="What")
    day = forms.DateField(
        label="Date (UTC)",
        widget=forms.DateInput(attrs={"size": 12, "placeholder": "2026-11-21"}),
        help_text="The day, or any day of the month: 2026-11-21.",
    )

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not 2000 <= day.year <= 9000:
            raise forms.ValidationError("There are no books of this year.")
        return day


@admin.register(Period)
class PeriodAdmin(Entering, CaseAdmin):
    right = RIGHT_TO_CLOSE
    entry_form = PeriodForm
    heading = "Look at a period"
    promise = (
        "Choose the day or the month that is to be closed. Its page shows what keeps it "
        "open; nothing is closed yet."
    )
    done = ""
    id_argument = "period_id"
    buttons = BUTTONS
    ordering = ("-ends", "-kind")
    list_display = ("name", "kind", "state_badge", "changed", "proposed_by", "closed")
    list_filter = ("kind", "state", "begins")
    list_select_related = ("proposed_by", "closed_by")
    sortable_by = ()

    def enter(self, said: Mapping[str, Any], *, actor: User) -> Period:
        return open_period(kind=PeriodKind(said["kind"]), day=said["day"], actor=actor)

    @admin.display(description="period")
    def name(self, period: Period) -> str:
        return period.name

    @admin.display(description="state")
    def state_badge(self, period: Period) -> SafeString:
        return badge(period.state)

    @admin.display(description="since (UTC)")
    def changed(self, period: Period) -> str:
        return short_instant(period.changed_at) if period.changed_at else "ever"

    @admin.display(description="closed by")
    def closed(self, period: Period) -> str:
        if period.state not in (PeriodState.SOFT_CLOSED, PeriodState.HARD_CLOSED):
            return "-"
        return period.closed_by.email if period.closed_by else "the house"

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        case = period_case(period_id=case_id)
        period, actor = case.period, staff_of(request)
        kind, state = PeriodKind(period.kind), PeriodState(period.state)
        return CasePage(
            heading=f"{kind} {period.name}",
            state=state,
            facts=_facts(case),
            tables=_tables(case),
            story=_story(case),
            steps=period_steps(kind, state),
            objection=_unmet(case)
            or objection_of(lambda: expect_mover(period=period, actor=actor)),
        )


def _facts(case: PeriodCase) -> list[tuple[str, object]]:
    period = case.period
    facts: list[tuple[str, object]] = [
        ("From", instant(period.begins)),
        ("Until before", instant(period.ends)),
    ]
    if not case.digest:
        return facts
    facts.append(("Trial balance, SHA-256", format_html("<code>{}</code>", case.digest)))
    if not case.suspense:
        facts.append(("In suspense at its end", "nothing"))
    if period.state == PeriodState.PROPOSED and case.digest != period.digest:
        changed = f"it was {period.digest} when it was proposed"
        facts.append(("It has changed", notable(changed)))
    if period.state == PeriodState.HARD_CLOSED:
        seal = f"{period.seal.number}: {period.seal.sha256}" if period.seal else "none"
        facts.append(("Lines frozen", case.frozen))
        facts.append(("Sealed by", format_html("<code>{}</code>", seal)))
    return facts


def _tables(case: PeriodCase) -> list[Table]:
    if case.period.kind == PeriodKind.DAY:
        return []
    checks = [
        (
            it.item.capitalize(),
            "yes" if it.is_met else notable("not\N{NO-BREAK SPACE}yet"),
            it.detail,
        )
        for it in case.checks
    ]
    suspense = [
        (
            f"account {it.account.pk}",
            f"{format_decimal(it.balance, scale=it.account.asset.scale)} "
            f"{it.account.asset.code}",
        )
        for it in case.suspense
    ]
    tables = []
    if checks:
        tables.append(Table("Checklist", ["What", "Is it so?", ""], checks))
    if suspense:
        title = "In suspense at its end"
        tables.append(Table(title, ["", "Amount"], suspense, has_amounts=True))
    return tables


def _story(case: PeriodCase) -> list[Moment]:
    return [
        Moment(
            event.created_at,
            event.actor.email if event.actor else "the house",
            event.after,
            event.reason,
        )
        for event in case.events
    ]


def _unmet(case: PeriodCase) -> str:
    if all(check.is_met for check in case.checks):
        return ""
    return "Something on the checklist is not so yet."
