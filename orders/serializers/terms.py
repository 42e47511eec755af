"""What a request means in the market's own units; nothing is rounded."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final, TypeVar

from kernel.decimals import parse_decimal
from kernel.errors import ExchangeError
from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import OrderSide, OrderType, PostOnly, SelfTrade, TimeInForce
from orders.rules import MarketRules
from orders.serializers.answers import FRACTION, PERCENT
from orders.serializers.words import word
from orders.terms import NO_ATOMS, NO_LOTS, NO_PPM, NO_PRICE, OrderTerms

Form = Mapping[str, Any]
Word = TypeVar("Word", bound=IntEnum)
Unit = TypeVar("Unit", Atoms, Lots, Ppm, Ticks)


def order_terms(form: Form, market: MarketRules) -> OrderTerms:
    """Read the validated fields of one order.

    raises  InvalidAmount, PriceOffTick, QuantityOffLot
    """
    return OrderTerms(
        side=_SIDE[form["side"]],
        type=_TYPE[form["type"]],
        **{
            known[0]: known[1](form, field, market)
            for field in form
            if (known := _TERMS.get(field))
        },
    )


def oco_terms(form: Form, market: MarketRules) -> list[OrderTerms]:
    """The legs of a validated PlaceOco: the limit, then the stop."""
    both = {name: form[name] for name in ("side", "quantity", "self_trade")}
    return [
        order_terms({"type": "limit"} | form["limit"] | both, market),
        order_terms(form["stop"] | both, market),
    ]


def bracket_terms(form: Form, market: MarketRules) -> list[OrderTerms]:
    """The orders of a validated PlaceBracket: the entry, then its exits."""
    entry, stop = form["entry"], form["stop_loss"]
    side = word(_SIDE[entry["side"]].other)
    # An entry without a quantity is refused with the others, by the shape of the list.
    both = {"side": side, "self_trade": entry["self_trade"]}
    both |= {"quantity": entry["quantity"]} if "quantity" in entry else {}
    return [
        order_terms(entry, market),
        order_terms({"type": "limit"} | form["take_profit"] | both, market),
        order_terms({"type": _stop_type(stop)} | stop | both, market),
    ]


def _stop_type(stop: Form) -> str:
    if "trail" in stop or "trail_percent" in stop:
        return "trailing_stop"
    return "stop_limit" if "price" in stop else "stop"


def amended(form: Form, market: MarketRules) -> dict[str, Any]:
    """The new values of validated AmendFields; None for what stays.

    raises  InvalidAmount, PriceOffTick, QuantityOffLot
    """
    return {
        "price": _price(form, "price", market) or None,
        "quantity": _quantity(form, "quantity", market) or None,
        "trigger": _price(form, "trigger_price", market) or None,
    }


def _words(kind: type[Word]) -> dict[str, Word]:
    """The words of a kind, as the API has them."""
    return {word(member): member for member in kind}


def _one_of(kind: type[Word]) -> Callable[[Form, str, MarketRules], Word]:
    words = _words(kind)
    return lambda form, name, _: words[form[name]]


def _price(form: Form, name: str, market: MarketRules) -> Ticks:
    return _read(form, name, market.read_price, NO_PRICE)


def _quantity(form: Form, name: str, market: MarketRules) -> Lots:
    return _read(form, name, market.read_quantity, NO_LOTS)


def _budget(form: Form, name: str, market: MarketRules) -> Atoms:
    return _read(form, name, market.read_quote, NO_ATOMS)


def _part(scale: int) -> Callable[[Form, str, MarketRules], Ppm]:
    def read(text: str) -> Ppm:
        return Ppm(parse_decimal(text, scale=scale))

    return lambda form, name, _: _read(form, name, read, NO_PPM)


def _read(form: Form, name: str, read: Callable[[str], Unit], absent: Unit) -> Unit:
    """The field in its unit. An order has several of each, so an error names the field."""
    if name not in form:
        return absent
    try:
        return read(form[name])
    except ExchangeError as error:
        error.extra["field"] = name
        raise


_SIDE: Final = _words(OrderSide)
_TYPE: Final = _words(OrderType)
#: Field -> its name in OrderTerms, and how it is read.
_TERMS: Final[dict[str, tuple[str, Callable[[Form, str, MarketRules], Any]]]] = {
    "time_in_force": ("time_in_force", _one_of(TimeInForce)),
    "price": ("price", _price),
    "quantity": ("quantity", _quantity),
    "quote_budget": ("budget", _budget),
    "self_trade": ("self_trade", _one_of(SelfTrade)),
    "post_only": ("post_only", _one_of(PostOnly)),
    "trigger_price": ("trigger", _price),
    "trail": ("trail", _price),
    "trail_percent": ("trail_ppm", _part(PERCENT)),
    "display_quantity": ("display", _quantity),
    "max_slippage": ("slippage_ppm", _part(FRACTION)),
    "expires_at": ("expires_at", lambda form, name, _: form[name]),
}
