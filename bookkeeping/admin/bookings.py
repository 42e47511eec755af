"""What the house books by itself: one person proposes it, another approves."""

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
    linked,
    objection_of,
    short_instant,
    staff_of,
)
from bookkeeping.models import HouseBooking
from bookkeeping.rules import ENDS, BookingKind
from bookkeeping.selectors import BookingCase, booking_case
from bookkeeping.services import (
    RIGHT_TO_BOOK,
    approve_booking,
    expect_booker,
    propose_booking,
    reject_booking,
)
from bookkeeping.states import AdjustmentState, AdjustmentStep, adjustment_steps
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.errors import ExchangeError
from kernel.units import Atoms
from ledger.models import Asset

BUTTONS = (
    Button(
        step=AdjustmentStep.APPROVE,
        promise="{what} is posted at once, dated now. An adjustment can take it back.",
        take=approve_booking,
        done="Approved. It is in the books.",
    ),
    Button(
        step=AdjustmentStep.REJECT,
        promise="{what} is not booked. This is final.",
        form=WhyForm,
        take=reject_booking,
        done="Rejected. Nothing was booked.",
        is_harmful=True,
    ),
)
#: What waits for a second person, and of that the oldest; then the newest.
_PROPOSED = AdjustmentState.PROPOSED.value
TURN = Switch(When(state=_PROPOSED, then=Value(0)), default=Value(1))
AGE = Switch(When(state=_PROPOSED, then=F("id")), default=-F("id"))


class BookingForm(forms.Form):
    """What is to be booked, and why."""

    kind = forms.ChoiceField(
        choices=[
            (kind.value, f"{kind}: debit {ends.debit}, credit {ends.credit}")
            for kind, ends in ENDS.items()
        ],
        label="What",
    )
    asset = forms.ModelChoiceField(Asset.objects.order_by("code"))
    amount = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"size": 30, "inputmode": "decimal"}),
        help_text='In whole units of the asset, with a point: "0.25" BTC.',
    )
    user = forms.ModelChoiceField(
        User.objects.all(),
        to_field_name="email",
        required=False,
        label="Customer's e-mail address",
        widget=forms.EmailInput(attrs={"size": 40}),
        help_text="Only where a customer gets something.",
        error_messages={"invalid_choice": "There is no user with this address."},
    )
    reference = forms.CharField(
        label="Outside reference",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text="The transaction id, invoice or line of a statement, if there is one.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept for ever, in the books and for auditors. Users do not see it.",
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        asset, amount = said.get("asset"), said.get("amount")
        if asset and amount:
            try:
                said["atoms"] = Atoms(parse_decimal(amount, scale=asset.scale))
            except ExchangeError as refused:
                self.add_error("amount", refused.detail)
        return said


@admin.register(HouseBooking)
class HouseBookingAdmin(Entering, CaseAdmin):
    right = RIGHT_TO_BOOK
    entry_form = BookingForm
    heading = "Propose a booking of the house"
    promise = (
        "Say what the house is to book by itself. Nothing moves until another member of "
        "the staff has approved it."
    )
    done = "Proposed. Somebody else must approve it before anything moves."
    id_argument = "booking_id"
    buttons = BUTTONS
    ordering = (TURN, AGE)
    list_display = (
        "id",
        "state_badge",
        "kind",
        "amount_shown",
        "user",
        "reason",
        "at",
        "proposed_by",
        "decided_by",
    )
    list_filter = ("state", "kind", "asset", "created_at")
    list_select_related = ("asset", "user", "proposed_by", "decided_by")
    search_fields = ("=id", "user__email", "reference", "reason")
    search_help_text = "Number, e-mail address of the customer, reference, reason."

    def enter(self, said: Mapping[str, Any], *, actor: User) -> HouseBooking:
        return propose_booking(
            kind=BookingKind(said["kind"]),
            asset_id=said["asset"].pk,
            amount=said["atoms"],
            user_id=said["user"].pk if said["user"] else None,
            reason=said["reason"],
            reference=said["reference"],
            actor=actor,
            now=clock.now(),
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, booking: HouseBooking) -> SafeString:
        return badge(booking.state)

    @admin.display(description="amount", ordering="amount")
    def amount_shown(self, booking: HouseBooking) -> SafeString:
        return _amount(booking)

    @admin.display(description="proposed (UTC)", ordering="created_at")
    def at(self, booking: HouseBooking) -> str:
        return short_instant(booking.created_at)

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        case = booking_case(booking_id=case_id)
        booking, actor = case.booking, staff_of(request)
        return CasePage(
            heading=f"booking {booking.pk}, {booking}",
            state=booking.state,
            facts=_facts(case, request),
            tables=[_table(booking)],
            story=_story(case),
            steps=adjustment_steps(AdjustmentState(booking.state)),
            objection=objection_of(lambda: expect_booker(booking=booking, actor=actor)),
        )


def _facts(case: BookingCase, request: HttpRequest) -> list[tuple[str, object]]:
    booking = case.booking
    user = linked(request, booking.user, booking.user.email) if booking.user else "nobody"
    posted = linked(request, case.posted, case.posted.key) if case.posted else "not yet"
    return [
        ("Amount", _amount(booking)),
        ("Customer who gets it", user),
        ("Outside reference", booking.reference or "none"),
        ("Reason", booking.reason),
        ("Proposed by", booking.proposed_by.email),
        ("Posted by", posted),
    ]


def _table(booking: HouseBooking) -> Table:
    ends = ENDS[BookingKind(booking.kind)]
    return Table("Between", ["Debit", "Credit"], [(ends.debit, ends.credit)])


def _story(case: BookingCase) -> list[Moment]:
    booking = case.booking
    by, why = booking.proposed_by.email, booking.reason
    first = Moment(booking.created_at, by, AdjustmentState.PROPOSED, why)
    return [first] + [
        Moment(event.created_at, event.actor.email, event.after, event.reason)
        for event in case.events
    ]


def _amount(booking: HouseBooking) -> SafeString:
    return format_html(
        '<span class="amount">{} {}</span>', booking.amount_text, booking.asset.code
    )
