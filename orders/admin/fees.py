"""The staff's desk for fees: the tiers, and what users traded."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import ReadOnlyAdmin, short_instant
from kernel.decimals import format_decimal
from kernel.errors import ExchangeError
from orders.admin.forms import PercentField, percent, short
from orders.models import FeeTier, UserVolume


class TierForm(forms.ModelForm[FeeTier]):
    """Amounts and rates as people write them."""

    volume_from = forms.CharField(
        max_length=40,
        label="From a volume of",
        help_text="In whole units of the quote asset, in 30 days, in all its markets.",
    )
    maker_ppm = PercentField(label="Maker fee, %")
    taker_ppm = PercentField(label="Taker fee, %")

    class Meta:
        model = FeeTier
        fields = ("market", "volume_from", "maker_ppm", "taker_ppm")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance.pk:
            self.initial["volume_from"] = volume_text(self.instance)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if "market" in said and "volume_from" in said:
            try:
                said["volume_from"] = said["market"].rules.read_quote(said["volume_from"])
            except ExchangeError as refused:
                self.add_error("volume_from", refused.detail)
        return said


@admin.register(FeeTier)
class FeeTierAdmin(admin.ModelAdmin[FeeTier]):
    """The rates of those who traded enough; Django keeps who changed them."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["css/staff.css"]}

    form = TierForm
    actions = None
    ordering = ["market__symbol", "volume_from"]
    list_display = ["market", "volume", "maker", "taker"]
    list_display_links = ["market", "volume"]
    list_filter = ["market"]
    list_select_related = ["market__quote", "market__base"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, under its own name."""
        title = {"title": "Fee tiers"}
        return super().changelist_view(request, title | (extra_context or {}))

    @admin.display(description="from a volume of", ordering="volume_from")
    def volume(self, tier: FeeTier) -> str:
        return f"{volume_text(tier)} {tier.market.quote.code}"

    @admin.display(description="maker fee", ordering="maker_ppm")
    def maker(self, tier: FeeTier) -> str:
        return f"{percent(tier.maker_ppm)} %"

    @admin.display(description="taker fee", ordering="taker_ppm")
    def taker(self, tier: FeeTier) -> str:
        return f"{percent(tier.taker_ppm)} %"


@admin.register(UserVolume)
class UserVolumeAdmin(ReadOnlyAdmin):
    """What earned whom which tier, as last counted."""

    ordering = ["-volume"]
    list_display = ["user", "amount", "at"]
    list_filter = ["asset"]
    list_select_related = ["user", "asset"]
    search_fields = ["user__email"]
    fields = ["user", "amount", "at"]

    @admin.display(description="traded in 30 days", ordering="volume")
    def amount(self, counted: UserVolume) -> SafeString:
        text = format_decimal(counted.volume, scale=counted.asset.scale)
        return format_html('<span class="amount">{} {}</span>', text, counted.asset.code)

    @admin.display(description="counted (UTC)", ordering="counted_at")
    def at(self, counted: UserVolume) -> str:
        return short_instant(counted.counted_at)


def volume_text(tier: FeeTier) -> str:
    return short(format_decimal(tier.volume_from, scale=tier.market.quote.scale))
