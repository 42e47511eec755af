"""What the staff is asked about markets, written as people write it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from kernel.decimals import format_decimal, parse_decimal
from kernel.errors import ExchangeError
from orders.rules import MarketRules

#: Millionths, written in percent, have as many decimals.
PERCENT_SCALE = 4
PERCENTS = ("band_ppm", "halt_ppm", "slippage_ppm", "maker_ppm", "taker_ppm")
QUANTITIES = ("quantity_min", "quantity_max")


def percent(ppm: int) -> str:
    """Millionths in percent, without trailing zeros."""
    return short(format_decimal(ppm, scale=PERCENT_SCALE))


def short(text: str) -> str:
    """A decimal without trailing zeros."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def setting_text(name: str, value: Any, rules: MarketRules) -> str:
    """The value of a setting, as the forms take it."""
    if name in PERCENTS:
        return percent(value)
    if name in QUANTITIES:
        return short(rules.quantity_text(value))
    return short(rules.quote_text(value)) if name == "notional_min" else str(value)


def setting_value(name: str, said: Any, rules: MarketRules) -> int:
    """What a form took, as the log takes it.

    raises  InvalidAmount, QuantityOffLot
    """
    if name in QUANTITIES:
        return rules.read_quantity(said)
    return rules.read_quote(said) if name == "notional_min" else int(said)


def _reason(*, is_first: bool) -> forms.CharField:
    return forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"size": 70, "autofocus": is_first}),
        help_text="Kept for ever, for colleagues and auditors. Users do not see it.",
    )


class ReasonForm(forms.Form):
    """Asks why; the words go into the log."""

    reason = _reason(is_first=True)


class AuctionForm(ReasonForm):
    minutes = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        required=False,
        label="Ends after (minutes)",
        help_text="Leave it empty to end the auction by hand, by opening the market.",
    )


class PercentField(forms.Field):
    """Millionths, written in percent."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"size": 10, "inputmode": "decimal"})
        super().__init__(widget=widget, **more)

    def prepare_value(self, value: Any) -> Any:
        return percent(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = value.removesuffix("%").strip() if isinstance(value, str) else ""
        try:
            return parse_decimal(text, scale=PERCENT_SCALE)
        except ExchangeError as refused:
            raise ValidationError(refused.detail) from refused


def _amount_field(label: str, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"size": 24, "inputmode": "decimal"})
    return forms.CharField(
        max_length=40, label=label, help_text=help_text, widget=widget,
        show_hidden_initial=True,
    )  # fmt: skip


def _percent_field(label: str, help_text: str = "") -> PercentField:
    return PercentField(label=label, help_text=help_text, show_hidden_initial=True)


def _count_field(label: str, least: int, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        min_value=least, label=label, help_text=help_text, show_hidden_initial=True
    )


def _switch(label: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(
        required=False, label=label, help_text=help_text, show_hidden_initial=True
    )


class SettingsForm(forms.Form):
    """Says what is changed only: a colleague may have changed the rest meanwhile."""

    band_ppm = _percent_field(
        "Price band, %", "How far through the reference a limit may go; 0: anywhere."
    )
    band_caps = _switch("Cap at the band", "Instead of refusing what lies beyond it.")
    halt_ppm = _percent_field(
        "Volatility halt, %", "No trade further from the reference than this; 0: anywhere."
    )
    halt_seconds = _count_field("Halt, seconds", 1, "How long its auction collects orders.")
    max_open_orders = _count_field("Open orders of one user", 0, "At most; 0: any number.")
    slippage_ppm = _percent_field(
        "Slippage, %", "How far a market order may go that does not say it itself."
    )
    self_trade_allowed = _switch("Self-trade allowed", "Orders may ask for no prevention.")
    quantity_min = _amount_field("Least quantity", "In whole units of the base asset.")
    quantity_max = _amount_field("Largest quantity", "In whole units of the base asset.")
    notional_min = _amount_field("Least value", "In whole units of the quote asset.")
    maker_ppm = _percent_field("Maker fee, %", "Of those whom no tier serves.")
    taker_ppm = _percent_field("Taker fee, %", "Stamped on new orders only.")
    reason = _reason(is_first=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        changed = {name: said[name] for name in self.changed_data if name in said}
        if not self.errors and not changed.keys() - {"reason"}:
            raise ValidationError("Nothing is changed yet.")
        return changed
