"""The staff's desk for deposits: one person enters what arrived, another confirms it."""

from collections.abc import Mapping
from typing import Any

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
    notable,
    objection_of,
    short_instant,
    shortened,
    staff_of,
)
from deposits.models import Deposit
from deposits.selectors import Case, deposit_case
from deposits.services import (
    RIGHT_TO_ENTER,
    confirm_deposit,
    enter_deposit,
    expect_confirmer,
    refuse_deposit,
)
from deposits.states import State, Step, steps_from
from kernel import clock
from kernel.decimals import format_decimal, parse_decimal
from kernel.errors import ExchangeError
from kernel.units import Atoms
from ledger.models import Asset

BUTTONS = (
    Button(
        step=Step.CONFIRM,
        promise="You have seen with your own eyes that {what} arrived. The user can trade "
        "with it at once. This is final.",
        take=confirm_deposit,
        done="Credited. The user can trade with it.",
    ),
    Button(
        step=Step.REFUSE,
        promise="{what} is not credited, because it did not arrive as it was entered. This "
        "is final; the reference may be entered again.",
        form=WhyForm,
        take=refuse_deposit,
        done="Refused. Nothing was credited.",
        is_harmful=True,
    ),
)
#: What waits for a second person, and of that the oldest; then the newest.
TURN = Switch(When(state=State.ENTERED, then=Value(0)), default=Value(1))
AGE = Switch(When(state=State.ENTERED, then=F("id")), default=-F("id"))


class EntryForm(forms.Form):
    """What arrived, as the outside record says."""

    user = forms.ModelChoiceField(
        User.objects.all(),
        to_field_name="email",
        label="User's e-mail address",
        widget=forms.EmailInput(attrs={"size": 40, "autofocus": True}),
        error_messages={"invalid_choice": "There is no user with this address."},
    )
    asset = forms.ModelChoiceField(Asset.objects.order_by("code"))
    amount = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"size": 30, "inputmode": "decimal"}),
        help_text='In whole units of the asset, with a point: "0.25" BTC.',
    )
    reference = forms.CharField(
        label="Outside reference",
        max_length=128,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text="The transaction id or the line of the statement. It can be entered "
        "once for each asset.",
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        asset, amount = said.get("asset"), said.get("amount")
        if asset and amount:
            try:
                said["atoms"] = Atoms(parse_decimal(amount, scale=asset.scale))
            except ExchangeError as refused:
                self.add_error("amount", refused.detail)
            else:
                if not said["atoms"]:
                    self.add_error("amount", "It must be more than zero.")
        return said


@admin.register(Deposit)
class DepositAdmin(Entering, CaseAdmin):
    id_argument = "deposit_id"
    buttons = BUTTONS
    right = RIGHT_TO_ENTER
    entry_form = EntryForm
    heading = "Enter a deposit"
    promise = (
        "Write down what arrived outside. Nothing is credited until another member of the "
        "staff has confirmed it."
    )
    done = "Entered. Somebody else must confirm it before it counts."
    ordering = [TURN, AGE]
    list_display = [
        "id",
        "state_badge",
        "user",
        "amount_and_asset",
        "reference_ends",
        "at",
        "entered_by",
        "decided_by",
    ]
    list_filter = ["state", "asset", "created_at"]
    list_select_related = ["user", "asset", "entered_by", "decided_by"]
    search_fields = ["=id", "user__email", "reference"]
    search_help_text = "Number, e-mail address of the user, reference."

    @admin.display(description="state", ordering="state")
    def state_badge(self, deposit: Deposit) -> SafeString:
        return badge(deposit.state)

    @admin.display(description="amount", ordering="amount")
    def amount_and_asset(self, deposit: Deposit) -> SafeString:
        return _amount(deposit)

    def enter(self, said: Mapping[str, Any], *, actor: User) -> Deposit:
        return enter_deposit(
            user_id=said["user"].pk,
            asset_id=said["asset"].pk,
            amount=said["atoms"],
            reference=said["reference"],
            actor=actor,
            now=clock.now(),
        )

    @admin.display(description="entered (UTC)", ordering="created_at")
    def at(self, deposit: Deposit) -> str:
        return short_instant(deposit.created_at)

    @admin.display(description="reference", ordering="reference")
    def reference_ends(self, deposit: Deposit) -> SafeString:
        return shortened(deposit.reference)

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        case = deposit_case(deposit_id=case_id)
        deposit, actor = case.deposit, staff_of(request)
        return CasePage(
            heading=f"deposit {deposit.pk} of {deposit.amount_text} {deposit.asset.code} "
            f"for {deposit.user.email}",
            state=deposit.state,
            facts=_facts(case, request),
            tables=[_person(case), _balances(case), _bookings(case, request)],
            story=_story(case),
            steps=steps_from(State(deposit.state)),
            objection=objection_of(lambda: expect_confirmer(deposit=deposit, actor=actor)),
        )


def _facts(case: Case, request: HttpRequest) -> list[tuple[str, object]]:
    deposit = case.deposit
    return [
        ("Amount", _amount(deposit)),
        ("Outside reference", format_html("<code>{}</code>", deposit.reference)),
        ("User", linked(request, deposit.user, deposit.user.email)),
        ("Entered", instant(deposit.created_at)),
        ("Entered by", deposit.entered_by.email),
    ]


def _person(case: Case) -> Table:
    user = case.deposit.user
    refused = ", ".join(f"{it.pk}: {it.amount_text}" for it in case.refused_before)
    rows = [
        ("May log in", "yes" if user.is_active else notable("no")),
        ("Registered", instant(user.created_at)),
        (f"Other {case.deposit.asset.code} deposits credited", case.credited_before),
        ("Refused with this reference before", notable(refused) if refused else "none"),
    ]
    return Table("The user", [], rows)


def _balances(case: Case) -> Table:
    rows = [
        (balance.asset.code, format_decimal(balance.total, scale=balance.asset.scale))
        for balance in case.balances
    ]
    return Table("Balances now", ["Asset", "Total"], rows, has_amounts=True)


def _bookings(case: Case, request: HttpRequest) -> Table:
    rows = [
        (instant(entry.created_at), linked(request, entry, entry.key))
        for entry in case.entries
    ]
    return Table("In the books", ["At", "Entry"], rows)


def _story(case: Case) -> list[Moment]:
    deposit = case.deposit
    entered = Moment(deposit.created_at, deposit.entered_by.email, State.ENTERED)
    return [entered] + [
        Moment(event.created_at, event.actor.email, event.after, event.reason)
        for event in case.events
    ]


def _amount(deposit: Deposit) -> SafeString:
    return format_html(
        '<span class="amount">{} {}</span>', deposit.amount_text, deposit.asset.code
    )
