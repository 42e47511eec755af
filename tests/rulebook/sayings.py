"""What one line of an example says. docs/orders.md describes the notation."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from orders.commands import (
    Extra,
    MarketState,
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
)
from tests.rulebook.words import PEOPLE, plain, read_amount, read_share, read_time

SIDES = {"buys": OrderSide.BUY, "sells": OrderSide.SELL}
STATES = {plain(state).replace(" ", "-"): state for state in MarketState}
MODES = {plain(mode): mode for mode in SelfTrade}
#: What the patterns below are made of.
PARTS = {
    "WHO": f"({'|'.join(PEOPLE)})",
    "NAME": r"(#\d+)",
    "SIDE": "(buys|sells)",
    "N": r"(\d+)",
    "SHARE": r"(\d+(?:\.\d{1,4})?%)",
    "AMOUNT": r"(\d+(?:\.\d{1,2})?)",
    "TIME": r"(\d\d:\d\d(?::\d\d)?)",
    "STATE": f"({'|'.join(STATES)})",
    "MODE": f"({'|'.join(MODES)})",
}


class Placing(NamedTuple):
    """The fields of orders.commands.Place; `name` is how the example calls the order."""

    name: str
    who: str
    side: OrderSide
    type: OrderType
    price: int
    quantity: int
    budget: int
    time_in_force: TimeInForce
    self_trade: SelfTrade
    extra: Extra


class Knocking(NamedTuple):
    """Only the rules of the intake are asked."""

    placing: Placing


class Cancelling(NamedTuple):
    who: str
    name: str


class Amending(NamedTuple):
    who: str
    name: str
    price: int
    quantity: int
    trigger: int


class CancellingAll(NamedTuple):
    """side: 0 for both."""

    who: str
    side: int


class Setting(NamedTuple):
    """Fields of orders.rules.MarketRules, by name."""

    settings: dict[str, int]


class Waiting(NamedTuple):
    until: int


class Funding(NamedTuple):
    """Atoms of each asset, in place of the usual ones."""

    who: str
    coin: int
    cash: int


class Rating(NamedTuple):
    """The fee rates of one person, in ppm."""

    who: str
    maker_ppm: int
    taker_ppm: int


class Opening(NamedTuple):
    """A first trade between strangers."""

    price: int


Saying = Placing | Knocking | Cancelling | Amending | CancellingAll | Setting | Waiting
Given = Funding | Rating | Opening | Setting


def pattern(text: str) -> re.Pattern[str]:
    """A pattern in which the words of PARTS stand for what they are."""
    return re.compile(re.sub(r"\b[A-Z]+\b", lambda word: PARTS.get(word[0], word[0]), text))


# What people do -------------------------------------------------------------------------

PLACING = pattern("NAME WHO SIDE (?:N|for AMOUNT CASH) at (?:N|market)(?:, (.+))?")
KNOCKING = pattern("door: (.+)")
CANCELLING = pattern("WHO cancels NAME")
CANCELLING_ALL = pattern("WHO cancels all(?: SIDE)?")
AMENDING = pattern("WHO amends NAME(?: to N)?(?: at N)?(?: with trigger N)?")
WAITING = pattern("time TIME")


def read_saying(text: str) -> Saying | None:
    """What a line does; None when it is not in the notation."""
    if found := PLACING.fullmatch(text):
        return _placing(*found.groups())
    if found := KNOCKING.fullmatch(text):
        placing = read_saying(found[1])
        return Knocking(placing) if isinstance(placing, Placing) else None
    if found := CANCELLING.fullmatch(text):
        return Cancelling(*found.groups())
    if found := CANCELLING_ALL.fullmatch(text):
        return CancellingAll(found[1], int(SIDES[found[2]]) if found[2] else 0)
    if (found := AMENDING.fullmatch(text)) and any(found.groups()[2:]):
        quantity, price, trigger = (int(number or 0) for number in found.groups()[2:])
        return Amending(found[1], found[2], price, quantity, trigger)
    if found := WAITING.fullmatch(text):
        return Waiting(read_time(found[1]))
    if text.startswith("staff sets "):
        return read_setting(text.removeprefix("staff sets "))
    return None


def _placing(
    name: str, who: str, side: str, quantity: str, budget: str, price: str, rest: str | None
) -> Placing | None:
    terms: dict[str, int] = {}
    for part in rest.split(", ") if rest else []:
        read = read_term(part)
        if read is None or terms.keys() & read.keys():
            return None
        terms |= read
    waits = terms.pop("type", 0)
    kind = _type(OrderType(waits) if waits else None, limited=bool(price))
    if kind is None:
        return None
    time_in_force = TimeInForce(terms.pop("time_in_force", TimeInForce.GTC))
    self_trade = SelfTrade(terms.pop("self_trade", SelfTrade.CANCEL_TAKER))
    return Placing(
        name, who, SIDES[side], kind, int(price or 0), int(quantity or 0),
        read_amount(budget or "0"), time_in_force, self_trade, Extra(**terms),
    )  # fmt: skip


def _type(waits: OrderType | None, *, limited: bool) -> OrderType | None:
    """The type of an order that waits for a trigger, or not; None: there is no such."""
    if waits is None:
        return OrderType.LIMIT if limited else OrderType.MARKET
    if not limited:
        return waits
    with_limit = {
        OrderType.STOP: OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT: OrderType.TAKE_PROFIT_LIMIT,
    }
    return with_limit.get(waits)


#: What may follow the price of an order, each with the fields that it sets.
TERMS: list[tuple[str, Callable[..., dict[str, int]]]] = [
    ("ioc", lambda: {"time_in_force": TimeInForce.IOC}),
    ("fok", lambda: {"time_in_force": TimeInForce.FOK}),
    (
        "gtd TIME",
        lambda time: {"time_in_force": TimeInForce.GTD, "expires": read_time(time)},
    ),
    ("post-only", lambda: {"post_only": PostOnly.REJECT}),
    ("post-only slide", lambda: {"post_only": PostOnly.SLIDE}),
    ("shows N", lambda lots: {"display": int(lots)}),
    ("slippage SHARE", lambda share: {"slippage_ppm": read_share(share)}),
    ("self-trade MODE", lambda mode: {"self_trade": MODES[mode]}),
    ("stop N", lambda at: {"type": OrderType.STOP, "trigger": int(at)}),
    ("take-profit N", lambda at: {"type": OrderType.TAKE_PROFIT, "trigger": int(at)}),
    ("trail N", lambda by: {"type": OrderType.TRAILING_STOP, "trail": int(by)}),
    (
        "trail SHARE",
        lambda by: {"type": OrderType.TRAILING_STOP, "trail_ppm": read_share(by)},
    ),
]


def read_term(text: str) -> dict[str, int] | None:
    return _first(TERMS, text)


# What the staff sets, and what is given -------------------------------------------------

SETTINGS: list[tuple[str, Callable[..., dict[str, int]]]] = [
    ("STATE", lambda state: {"state": STATES[state], "until": 0}),
    (
        "auction until TIME",
        lambda time: {"state": MarketState.AUCTION, "until": read_time(time)},
    ),
    (
        "fees maker SHARE, taker SHARE",
        lambda maker, taker: {
            "maker_ppm": read_share(maker),
            "taker_ppm": read_share(taker),
        },
    ),
    ("band SHARE", lambda band: {"band_ppm": read_share(band), "band_caps": 0}),
    ("band SHARE that caps", lambda band: {"band_ppm": read_share(band), "band_caps": 1}),
    (
        "halt SHARE for N seconds",
        lambda halt, seconds: {"halt_ppm": read_share(halt), "halt_seconds": int(seconds)},
    ),
    ("slippage SHARE", lambda share: {"slippage_ppm": read_share(share)}),
    ("prices to N", lambda most: {"price_max": int(most)}),
    (
        "quantities from N to N",
        lambda least, most: {"quantity_min": int(least), "quantity_max": int(most)},
    ),
    ("values from AMOUNT CASH", lambda least: {"notional_min": read_amount(least)}),
    ("self-trades forbidden", lambda: {"self_trade_allowed": 0}),
    ("at most N live orders", lambda count: {"max_open_orders": int(count)}),
]
GIVENS: list[tuple[str, Callable[..., Given]]] = [
    (
        "WHO has AMOUNT COIN and AMOUNT CASH",
        lambda who, coin, cash: Funding(who, read_amount(coin), read_amount(cash)),
    ),
    (
        "WHO pays maker SHARE, taker SHARE",
        lambda who, maker, taker: Rating(who, read_share(maker), read_share(taker)),
    ),
    ("a trade at N", lambda price: Opening(int(price))),
]


def read_setting(text: str) -> Setting | None:
    settings = _first(SETTINGS, text)
    return None if settings is None else Setting(settings)


def read_given(text: str) -> Given | None:
    """What stands behind `given`; None when it is not in the notation."""
    return _first(GIVENS, text) or read_setting(text)


def _first(readers: list[tuple[str, Callable[..., Any]]], text: str) -> Any:
    """What the first form that fits reads; None when none does."""
    for form, read in readers:
        if found := pattern(form).fullmatch(text):
            return read(*found.groups())
    return None
