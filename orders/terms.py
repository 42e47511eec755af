"""What an order asks for, and which of its fields belong together. Pure.

What a market makes of it stands in orders.rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import (
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
    UnitKind,
)
from orders.errors import ListShapeInvalid, OrderShapeInvalid

#: What was not named.
NO_PRICE: Final = Ticks(0)
NO_LOTS: Final = Lots(0)
NO_ATOMS: Final = Atoms(0)
NO_PPM: Final = Ppm(0)
#: Types that become a market order, at once or when they are triggered.
MARKET_TYPES: Final = frozenset(
    {OrderType.MARKET, OrderType.STOP, OrderType.TAKE_PROFIT, OrderType.TRAILING_STOP}
)
#: Types with a price that they never trade beyond.
LIMIT_TYPES: Final = frozenset(set(OrderType) - MARKET_TYPES)
#: Types that wait for a price that was named when they were placed.
TRIGGERED_TYPES: Final = frozenset(
    {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)
#: What the second leg of an OCO may be.
STOP_TYPES: Final = frozenset(
    {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP}
)
#: Times in force of an order that stays: in the book, or armed.
LASTING: Final = frozenset({TimeInForce.GTC, TimeInForce.GTD})


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What somebody asks of a market. 0 and None stand for what was not named.

    price, trigger, trail  ticks
    quantity, display      lots; `display` is the part of an iceberg that is shown
    budget                 quote atoms to spend, or to earn
    trail_ppm, slippage_ppm  millionths of a price
    """

    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce = TimeInForce.GTC
    price: Ticks = NO_PRICE
    quantity: Lots = NO_LOTS
    budget: Atoms = NO_ATOMS
    self_trade: SelfTrade = SelfTrade.CANCEL_TAKER
    post_only: PostOnly = PostOnly.NO
    trigger: Ticks = NO_PRICE
    trail: Ticks = NO_PRICE
    trail_ppm: Ppm = NO_PPM
    display: Lots = NO_LOTS
    slippage_ppm: Ppm = NO_PPM
    expires_at: datetime | None = None

    @property
    def by_budget(self) -> bool:
        return self.budget != 0

    @property
    def lasts(self) -> bool:
        """A limit order that stands in the book until it ends."""
        return self.type is OrderType.LIMIT and self.time_in_force in LASTING


def check_shape(terms: OrderTerms) -> None:
    """Refuse fields that do not fit the order's type, in the order of `_shape`.

    raises  OrderShapeInvalid with the public name of the first `field` that is wrong
    """
    complaint = _complaint(
        terms.side,
        terms.type,
        terms.time_in_force,
        (
            terms.price != 0,
            terms.trigger != 0,
            terms.trail != 0,
            terms.trail_ppm != 0,
            terms.budget != 0,
            terms.quantity != 0,
            terms.display != 0,
            terms.post_only != 0,
            terms.slippage_ppm != 0,
            terms.expires_at is not None,
        ),
    )
    if complaint:
        field, detail = complaint
        raise OrderShapeInvalid(detail, field=field)


# There are few shapes and many orders.
@lru_cache(maxsize=10_000)
def _complaint(
    side: OrderSide, type_: OrderType, time_in_force: TimeInForce, given: tuple[bool, ...]
) -> tuple[str, str] | None:
    """The first field that is wrong, and a sentence for a person.

    given  whether each field of `_shape` was named
    """
    kind = f"{type_.name.lower()} {side.name.lower()}"
    shape = _shape(side, type_, time_in_force, dict(zip(_FIELDS, given, strict=True)))
    for (field, wanted), is_given in zip(shape, given, strict=True):
        if is_given and wanted is False:
            return field, f"`{field}` does not fit this {kind} order."
        if wanted is True and not is_given:
            return field, f"This {kind} order needs `{field}`."
    if time_in_force not in times_in_force(type_):
        word = time_in_force.name.lower()
        return "time_in_force", f"A {kind} order is not {word}."
    return None


_FIELDS: Final = (
    "price", "trigger_price", "trail", "trail_percent", "quote_budget", "quantity",
    "display_quantity", "post_only", "max_slippage", "expires_at",
)  # fmt: skip


def times_in_force(type_: OrderType) -> frozenset[TimeInForce]:
    """The times in force that a type may have.

    A market order never rests, so `gtc` says nothing of it and `ioc` what it does anyway.
    An order that waits for its trigger may expire while it waits; its `ioc` or `fok`
    speaks of the limit order that it becomes.
    """
    if type_ is OrderType.MARKET:
        return frozenset({TimeInForce.GTC, TimeInForce.IOC})
    return LASTING if type_ in MARKET_TYPES else frozenset(TimeInForce)


def _shape(
    side: OrderSide, type_: OrderType, time_in_force: TimeInForce, given: dict[str, bool]
) -> list[tuple[str, bool | None]]:
    """(field, whether it must be there or (None) may be), in the order of `_FIELDS`."""
    trails = type_ is OrderType.TRAILING_STOP
    lasts = type_ is OrderType.LIMIT and time_in_force in LASTING
    may_be_by_budget = type_ is OrderType.MARKET or (
        type_ in (OrderType.STOP, OrderType.TAKE_PROFIT) and side is OrderSide.BUY
    )
    return [
        ("price", type_ in LIMIT_TYPES),
        ("trigger_price", type_ in TRIGGERED_TYPES),
        ("trail", trails and not given["trail_percent"]),
        ("trail_percent", None if trails else False),
        ("quote_budget", None if may_be_by_budget else False),
        ("quantity", not given["quote_budget"]),
        ("display_quantity", None if lasts else False),
        ("post_only", None if lasts else False),
        ("max_slippage", None if type_ in MARKET_TYPES else False),
        ("expires_at", time_in_force is TimeInForce.GTD),
    ]


def check_list_shape(*, kind: UnitKind, legs: Sequence[OrderTerms]) -> None:
    """Refuse orders that do not make an OCO or a bracket.

    legs    of an OCO: the limit, then the stop; of a bracket: the entry, then these two
    raises  ListShapeInvalid
    """
    bracket = kind is UnitKind.BRACKET
    if len(legs) != (3 if bracket else 2):
        raise ListShapeInvalid("An OCO has two orders, a bracket three.")
    entry, (limit, stop) = legs[0], legs[-2:]
    if bracket and (entry.type not in _ENTRY_TYPES or entry.by_budget):
        raise ListShapeInvalid("The entry is a limit order, or a market order by quantity.")
    if not limit.lasts:
        raise ListShapeInvalid("The first exit is a limit order that stays (gtc, gtd).")
    if bracket and limit.post_only is not PostOnly.NO:
        raise ListShapeInvalid("The exits of a bracket cannot be post-only.")
    if stop.type not in STOP_TYPES or stop.by_budget:
        raise ListShapeInvalid(
            "The second exit is a stop, a stop_limit or a trailing_stop, by quantity."
        )
    if limit.side is not stop.side or (bracket and entry.side is stop.side):
        raise ListShapeInvalid("Both exits are of one side, and an entry of the other.")
    if len({leg.quantity for leg in legs}) != 1:
        raise ListShapeInvalid("All orders of a list have one quantity.")


_ENTRY_TYPES: Final = frozenset({OrderType.LIMIT, OrderType.MARKET})


def check_stands_with_others(*, terms: OrderTerms) -> None:
    """Refuse an order that cannot be judged before the others of its unit are carried out.

    raises  ListShapeInvalid
    """
    if not terms.lasts or terms.post_only is PostOnly.SLIDE:
        raise ListShapeInvalid(
            "All or none is for limit orders that stay (gtc, gtd) and do not slide."
        )
