"""What a request means in the market's own units; nothing is rounded."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kernel.decimals import parse_decimal
from kernel.errors import ExchangeError
from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import OrderSide, OrderType, PostOnly, SelfTrade, TimeInForce
from orders.rules import MarketRules
from orders.serializers.answers import FRACTION, PERCENT
from orders.terms import NO_ATOMS, NO_LOTS, NO_PPM, NO_PRICE, OrderTerms

Form = Mapping[str, Any]
Word = TypeVar("Word", OrderSide, OrderType, PostOnly, SelfTrade, TimeInForce)
Unit = TypeVar("Unit", Atoms, Lots, Ppm, Ticks)


def order_terms(form: Form, market: MarketRules) -> OrderTerms:
    """Read the validated fields of one order.

    raises  InvalidAmount, PriceOffTick, QuantityOffLot
    """
    return OrderTerms(
        side=OrderSide[form["side"].upper()],
        type=OrderType[form["type"].upper()],
        time_in_force=_word(form, "time_in_force", TimeInForce.GTC),
        price=_price(form, "price", market),
        quantity=_quantity(form, "quantity", market),
        budget=_budget(form, market),
        self_trade=_word(form, "self_trade", SelfTrade.CANCEL_TAKER),
        post_only=_word(form, "post_only", PostOnly.NO),
        trigger=_price(form, "trigger_price", market),
        trail=_price(form, "trail", market),
        trail_ppm=_ppm(form, "trail_percent", PERCENT),
        display=_quantity(form, "display_quantity", market),
        slippage_ppm=_ppm(form, "max_slippage", FRACTION),
        expires_at=form.get("expires_at"),
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
    side = OrderSide[entry["side"].upper()].other.name
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


def _word(form: Form, name: str, default: Word) -> Word:
    return type(default)[form[name].upper()] if name in form else default


def _price(form: Form, name: str, market: MarketRules) -> Ticks:
    return _read(form, name, market.read_price, NO_PRICE)


def _quantity(form: Form, name: str, market: MarketRules) -> Lots:
    return _read(form, name, market.read_quantity, NO_LOTS)


def _budget(form: Form, market: MarketRules) -> Atoms:
    return _read(form, "quote_budget", market.read_quote, NO_ATOMS)


def _ppm(form: Form, name: str, scale: int) -> Ppm:
    return _read(form, name, lambda text: Ppm(parse_decimal(text, scale=scale)), NO_PPM)


def _read(form: Form, name: str, read: Callable[[str], Unit], absent: Unit) -> Unit:
    """The field in its unit. An order has several of each, so an error names the field."""
    if name not in form:
        return absent
    try:
        return read(form[name])
    except ExchangeError as error:
        error.extra["field"] = name
        raise
