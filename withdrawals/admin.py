"""The staff's desk for withdrawals: what waits stands first, each with its own page."""

from django import forms
from django.contrib import admin
from django.db.models import Case as Switch
from django.db.models import F, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import (
    Button,
    CaseAdmin,
    CasePage,
    Moment,
    Table,
    WhyForm,
    badge,
    instant,
    linked,
    notable,
    objection_of,
    short_instant,
    shortened,
    staff_of,
)
from kernel.decimals import format_decimal
from withdrawals.models import Withdrawal, WithdrawalEvent
from withdrawals.selectors import Case, withdrawal_case
from withdrawals.services import (
    approve_withdrawal,
    expect_decider,
    mark_withdrawal_failed,
    mark_withdrawal_paid,
    reject_withdrawal,
)
from withdrawals.states import State, Step, steps_from


class ApprovalForm(forms.Form):
    """Carries what the approver saw: the approval counts for these terms only."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)


class PaymentForm(forms.Form):
    txid = forms.CharField(
        label="Transaction id",
        max_length=128,
        widget=forms.TextInput(attrs={"size": 70, "autofocus": True}),
        help_text="Of the payment on its chain. The user will see it.",
    )


BUTTONS = (
    Button(
        step=Step.APPROVE,
        promise="You agree that {what} be paid. The amount stays held until somebody marks "
        "it as paid or failed; the user cannot cancel any more.",
        form=ApprovalForm,
        take=approve_withdrawal,
        done="Approved. It waits to be paid.",
    ),
    Button(
        step=Step.REJECT,
        promise="{what} will not be paid. The amount becomes available to the user again "
        "at once. This is final.",
        form=WhyForm,
        take=reject_withdrawal,
        done="Rejected. The amount is available to the user again.",
        is_harmful=True,
    ),
    Button(
        step=Step.MARK_PAID,
        promise="You state that {what} has been paid. The amount leaves the user's account "
        "and the house's custody. This is final.",
        form=PaymentForm,
        take=mark_withdrawal_paid,
        done="Paid. The amount has left the books.",
    ),
    Button(
        step=Step.MARK_FAILED,
        promise="You state that {what} was not paid and never will be. The amount becomes "
        "available to the user again at once. This is final.",
        form=WhyForm,
        take=mark_withdrawal_failed,
        done="Failed. The amount is available to the user again.",
        is_harmful=True,
    ),
)
#: What waits for a decision, then what waits to be paid, then the rest.
TURN = Switch(
    When(state=State.REQUESTED, then=Value(0)),
    When(state=State.APPROVED, then=Value(1)),
    default=Value(2),
)
#: Who waits longest is served first; of what is over, the newest is the most interesting.
AGE = Switch(
    When(state__in=[State.REQUESTED, State.APPROVED], then=F("id")), default=-F("id")
)


@admin.register(Withdrawal)
class WithdrawalAdmin(CaseAdmin):
    id_argument = "withdrawal_id"
    buttons = BUTTONS
    ordering = [TURN, AGE]
    list_display = [
        "id",
        "state_badge",
        "user",
        "amount_and_asset",
        "address_ends",
        "at",
        "decided_by",
    ]
    list_filter = ["state", "asset", "created_at"]
    list_select_related = ["user", "asset", "decided_by"]
    search_fields = ["=id", "user__email", "address", "=txid"]
    search_help_text = "Number, e-mail address of the user, address, transaction id."

    @admin.display(description="state", ordering="state")
    def state_badge(self, withdrawal: Withdrawal) -> SafeString:
        return badge(withdrawal.state)

    @admin.display(description="amount", ordering="amount")
    def amount_and_asset(self, withdrawal: Withdrawal) -> SafeString:
        return _amount(withdrawal)

    @admin.display(description="requested (UTC)", ordering="created_at")
    def at(self, withdrawal: Withdrawal) -> str:
        return short_instant(withdrawal.created_at)

    @admin.display(description="address", ordering="address")
    def address_ends(self, withdrawal: Withdrawal) -> SafeString:
        return shortened(withdrawal.address)

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        case = withdrawal_case(withdrawal_id=case_id)
        withdrawal, actor = case.withdrawal, staff_of(request)
        return CasePage(
            heading=f"withdrawal {withdrawal.pk} of {withdrawal.amount_text} "
            f"{withdrawal.asset.code} by {withdrawal.user.email}",
            state=withdrawal.state,
            facts=_facts(case, request),
            tables=[_person(case), _balances(case), _bookings(case, request)],
            story=_story(case),
            steps=steps_from(State(withdrawal.state)),
            objection=objection_of(
                lambda: expect_decider(withdrawal=withdrawal, actor=actor)
            ),
            asked={"digest": withdrawal.digest},
        )


def _facts(case: Case, request: HttpRequest) -> list[tuple[str, object]]:
    withdrawal = case.withdrawal
    facts: list[tuple[str, object]] = [
        ("Amount", _amount(withdrawal)),
        ("To", _address(withdrawal.address)),
        ("User", linked(request, withdrawal.user, withdrawal.user.email)),
        ("Requested", instant(withdrawal.created_at)),
        ("User's own id", withdrawal.client_withdrawal_id or "none"),
        ("Terms (SHA-256)", format_html("<code>{}</code>", withdrawal.digest)),
    ]
    if withdrawal.txid:
        facts.append(("Transaction id", format_html("<code>{}</code>", withdrawal.txid)))
    return facts


def _person(case: Case) -> Table:
    user = case.withdrawal.user
    counts = ", ".join(f"{count} {state}" for state, count in case.by_state.items())
    others = notable(case.others_here) if case.others_here else "none"
    rows = [
        ("May log in", "yes" if user.is_active else notable("no")),
        ("Registered", instant(user.created_at)),
        ("Other withdrawals", counts or "none"),
        ("Paid to this address before", _times(case.paid_here)),
        ("Other users who asked for this address", others),
    ]
    return Table("The user", [], rows)


def _balances(case: Case) -> Table:
    rows = []
    for balance in case.balances:
        parts = (balance.available, balance.held, balance.withdrawing, balance.total)
        scale = balance.asset.scale
        rows.append(
            [balance.asset.code, *(format_decimal(part, scale=scale) for part in parts)]
        )
    columns = ["Asset", "Available", "In orders", "Withdrawing", "Total"]
    return Table("Balances now", columns, rows, has_amounts=True)


def _bookings(case: Case, request: HttpRequest) -> Table:
    rows = [
        (instant(entry.created_at), linked(request, entry, entry.key))
        for entry in case.entries
    ]
    return Table("In the books", ["At", "Entry"], rows)


def _story(case: Case) -> list[Moment]:
    withdrawal = case.withdrawal
    asked = Moment(withdrawal.created_at, withdrawal.user.email, State.REQUESTED)
    return [asked] + [
        Moment(event.created_at, event.actor.email, event.after, _note(event))
        for event in case.events
    ]


def _note(event: WithdrawalEvent) -> str:
    if event.digest:
        return f"These terms: {event.digest}"
    return event.reason or event.txid


def _amount(withdrawal: Withdrawal) -> SafeString:
    return format_html(
        '<span class="amount">{} {}</span>', withdrawal.amount_text, withdrawal.asset.code
    )


def _address(address: str) -> SafeString:
    """The address with its ends emphasised: what people compare first."""
    if len(address) <= 12:
        return format_html('<code class="address"><b>{}</b></code>', address)
    return format_html(
        '<code class="address"><b>{}</b>{}<b>{}</b></code>',
        address[:6],
        address[6:-6],
        address[-6:],
    )


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")
