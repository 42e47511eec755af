"""What assets were worth and what is in the wallets, as the staff states it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.staff import Entering, ReadOnlyAdmin, instant, short_instant
from bookkeeping.models import RATE_SCALE, Rate, WalletCount
from bookkeeping.services import RIGHT_TO_COUNT, RIGHT_TO_RATE, count_wallet, record_rate
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.errors import ExchangeError
from kernel.units import Atoms
from ledger.models import Account, AccountKind, Asset


class WalletField(forms.ModelChoiceField[Account]):
    """A custody account, by its asset and label."""

    def label_from_instance(self, obj: Account) -> str:
        return f"{obj.asset.code} {obj.label}"


class StatementForm(forms.Form):
    """Of what instant, and by whom it was said."""

    at = forms.DateTimeField(
        label="At (UTC)",
        widget=forms.DateTimeInput(attrs={"size": 22, "placeholder": "2026-11-21 12:00"}),
        help_text="Year, month, day and time in UTC: 2026-11-21 12:00.",
    )
    source = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text="Where it was read. A correction says that it is one.",
    )
    field_order = ("asset", "currency", "account", "price", "amount", "at", "source")

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def read_amount(self, field: str, *, scale: int) -> None:
        """Read a decimal string as `atoms`, or say what is wrong with it."""
        try:
            self.cleaned_data["atoms"] = parse_decimal(
                self.cleaned_data.get(field, ""), scale=scale
            )
        except ExchangeError as refused:
            self.add_error(field, refused.detail)


def _amount_field(help_text: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"size": 30, "inputmode": "decimal"})
    return forms.CharField(max_length=40, widget=widget, help_text=help_text)


class RateForm(StatementForm):
    """What one whole unit was worth."""

    asset = forms.ModelChoiceField(Asset.objects.order_by("code"))
    currency = forms.ModelChoiceField(Asset.objects.order_by("code"))
    price = _amount_field("Of the currency, for one whole unit, with a point.")

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("price"):
            self.read_amount("price", scale=RATE_SCALE)
        return self.cleaned_data


class CountForm(StatementForm):
    """What was found in a wallet."""

    account = WalletField(
        Account.objects.filter(kind=AccountKind.CUSTODY)
        .select_related("asset")
        .order_by("asset__code", "label"),
        label="Wallet",
    )
    amount = _amount_field('In whole units of the asset, with a point: "0.25" BTC.')

    def clean(self) -> dict[str, Any]:
        super().clean()
        wallet = self.cleaned_data.get("account")
        if wallet and self.cleaned_data.get("amount"):
            self.read_amount("amount", scale=wallet.asset.scale)
        return self.cleaned_data


@admin.register(Rate)
class RateAdmin(Entering, ReadOnlyAdmin):
    right = RIGHT_TO_RATE
    entry_form = RateForm
    heading = "State a rate"
    promise = (
        "State what one whole unit of an asset was worth at an instant. It stays; reports "
        "use the latest statement at or before theirs."
    )
    done = "Recorded. Reports use it from its instant on."
    ends_at = "changelist"
    ordering = ("-at", "-id")
    list_display = ("id", "asset", "currency", "price_shown", "moment", "source", "by")
    list_filter = ("asset", "currency", "at")
    list_select_related = ("asset", "currency", "entered_by")
    search_fields = ("source",)
    fields = ("asset", "currency", "price_shown", "moment", "source", "by", "recorded")

    def enter(self, said: Mapping[str, Any], *, actor: User) -> Rate:
        return record_rate(
            asset_id=said["asset"].pk,
            currency_id=said["currency"].pk,
            at=said["at"],
            price=said["atoms"],
            source=said["source"],
            actor=actor,
            now=clock.now(),
        )

    @admin.display(description="rate", ordering="price")
    def price_shown(self, rate: Rate) -> SafeString:
        return format_html('<span class="amount">{}</span>', rate.price_text)

    @admin.display(description="at (UTC)", ordering="at")
    def moment(self, rate: Rate) -> str:
        return short_instant(rate.at)

    @admin.display(description="recorded")
    def recorded(self, rate: Rate) -> str:
        return instant(rate.created_at)

    @admin.display(description="stated by")
    def by(self, rate: Rate) -> str:
        return rate.entered_by.email if rate.entered_by else "the house"


@admin.register(WalletCount)
class WalletCountAdmin(Entering, ReadOnlyAdmin):
    right = RIGHT_TO_COUNT
    entry_form = CountForm
    heading = "State what is in a wallet"
    promise = (
        "State how much you found in a wallet outside. It moves nothing; the "
        "reconciliation compares it with the books."
    )
    done = "Recorded. The reconciliation compares it with the books."
    ends_at = "changelist"
    ordering = ("-at", "-id")
    list_display = ("id", "wallet", "amount_shown", "moment", "source", "entered_by")
    list_filter = ("account__asset", "at")
    list_select_related = ("account__asset", "entered_by")
    search_fields = ("source",)
    fields = ("wallet", "amount_shown", "moment", "source", "entered_by", "recorded")

    def enter(self, said: Mapping[str, Any], *, actor: User) -> WalletCount:
        return count_wallet(
            account_id=said["account"].pk,
            at=said["at"],
            amount=Atoms(said["atoms"]),
            source=said["source"],
            actor=actor,
            now=clock.now(),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WalletCount]:
        rows: QuerySet[WalletCount] = super().get_queryset(request)
        return rows.select_related("account__asset")

    @admin.display(description="wallet")
    def wallet(self, count: WalletCount) -> str:
        return f"{count.account.asset.code} {count.account.label}"

    @admin.display(description="amount", ordering="amount")
    def amount_shown(self, count: WalletCount) -> SafeString:
        code = count.account.asset.code
        return format_html('<span class="amount">{} {}</span>', count.amount_text, code)

    @admin.display(description="counted (UTC)", ordering="at")
    def moment(self, count: WalletCount) -> str:
        return short_instant(count.at)

    @admin.display(description="recorded")
    def recorded(self, count: WalletCount) -> str:
        return instant(count.created_at)
