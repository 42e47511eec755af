"""What a market takes, and in which order it refuses. Pure.

The order of refusals is part of the API; `check_order` tells it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NoReturn

from kernel.decimals import format_decimal, parse_decimal
from kernel.units import BIGINT_MAX, Atoms, Lots, Ppm, Ticks
from orders.commands import (
    ICEBERG_PARTS_MAX,
    MarketState,
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    UnitKind,
)
from orders.errors import (
    DisplayOutOfRange,
    ExpiryOutOfRange,
    ListPricesCrossed,
    MarketNotOpen,
    NotionalOutOfRange,
    OrderNotAmendable,
    OrderShapeInvalid,
    PriceOffTick,
    PriceOutOfRange,
    QuantityOffLot,
    QuantityOutOfRange,
    SelfTradeNotAllowed,
    SlippageOutOfRange,
    TrailOutOfRange,
)
from orders.terms import (
    LIMIT_TYPES,
    NO_LOTS,
    TRIGGERED_TYPES,
    check_list_shape,
    check_shape,
)
from orders.terms import OrderTerms as OrderTerms  # its readers need both

MILLION: Final = 1_000_000
#: A trailing stop stays less than this far behind the best price.
TRAIL_MAX_PPM: Final = 500_000
#: No order stands longer than this without being asked for again.
EXPIRY_MAX: Final = timedelta(days=365)

#: The settings of a market that the engine obeys; a Configure changes them in its turn.
ENGINE_SETTINGS: Final = frozenset(
    {
        "state", "until", "band_ppm", "band_caps", "halt_ppm", "halt_seconds",
        "max_open_orders",
    }
)  # fmt: skip
#: Those that only the intake reads. They take the same way, so that each change has its
#: place in the log and its line in the market's story.
INTAKE_SETTINGS: Final = frozenset(
    {
        "slippage_ppm", "self_trade_allowed", "quantity_min", "quantity_max",
        "notional_min", "maker_ppm", "taker_ppm",
    }
)  # fmt: skip
#: What a Configure may carry: fields of MarketRules, and columns of Market.
SETTINGS: Final = ENGINE_SETTINGS | INTAKE_SETTINGS


@dataclass(frozen=True, slots=True)
class MarketRules:
    """What pure code needs to know of a market.

    tick_size   quote atoms per whole base unit, for one tick
    lot_size    base atoms in one lot
    tick_value  quote atoms of one tick times one lot; a whole number, so nothing rounds
    until       when an auction ends by itself, as kernel.pgcopy.timestamp; 0: never

    orders.models.Market says what the others are.
    """

    id: int
    symbol: str
    base: int
    quote: int
    base_scale: int
    quote_scale: int
    tick_size: Atoms
    lot_size: Atoms
    tick_value: Atoms
    price_max: Ticks
    quantity_min: Lots
    quantity_max: Lots
    notional_min: Atoms
    maker_ppm: Ppm
    taker_ppm: Ppm
    state: MarketState = MarketState.OPEN
    until: int = 0
    band_ppm: int = 0
    band_caps: bool = False
    halt_ppm: int = 0
    halt_seconds: int = 120
    max_open_orders: int = 0
    slippage_ppm: int = 100_000
    self_trade_allowed: bool = False

    @property
    def is_open(self) -> bool:
        return self.state is MarketState.OPEN

    def through(self, price: int, ppm: int, side: int) -> int:
        """The price in ticks `ppm` through another one, for who is on `side`; rounded
        towards that one."""
        if side == OrderSide.BUY:
            return price * (MILLION + ppm) // MILLION
        return -(-price * (MILLION - ppm) // MILLION)

    def one_off(self, best: int, side: int) -> int | None:
        """One tick off the best price of the other side; None where no price is."""
        price = best - 1 if side == OrderSide.BUY else best + 1
        return price if 1 <= price <= self.price_max else None

    def notional(self, price: Ticks, quantity: Lots) -> Atoms:
        """Quote atoms of `quantity` at `price`; exact."""
        return Atoms(price * quantity * self.tick_value)

    def read_price(self, text: str) -> Ticks:
        """raises  InvalidAmount, PriceOffTick"""
        atoms = parse_decimal(text, scale=self.quote_scale)
        ticks, rest = divmod(atoms, self.tick_size)
        if rest:
            raise PriceOffTick(tick_size=self.quote_text(self.tick_size))
        return Ticks(ticks)

    def read_quantity(self, text: str) -> Lots:
        """raises  InvalidAmount, QuantityOffLot"""
        atoms = parse_decimal(text, scale=self.base_scale)
        lots, rest = divmod(atoms, self.lot_size)
        if rest:
            raise QuantityOffLot(lot_size=self.quantity_text(1))
        return Lots(lots)

    def read_quote(self, text: str) -> Atoms:
        """raises  InvalidAmount"""
        return Atoms(parse_decimal(text, scale=self.quote_scale))

    def price_text(self, price: int) -> str:
        return format_decimal(price * self.tick_size, scale=self.quote_scale)

    def quantity_text(self, quantity: int) -> str:
        return format_decimal(quantity * self.lot_size, scale=self.base_scale)

    def quote_text(self, amount: int) -> str:
        return format_decimal(amount, scale=self.quote_scale)


def check_order(*, market: MarketRules, terms: OrderTerms, now: datetime) -> None:
    """Refuse what the market does not take, at `now`.

    The order of refusals is public: the market's state, the shape, the expiry, prices
    (price, trigger, trail), quantity, shown quantity, slippage, self-trade, value.

    raises  MarketNotOpen, OrderShapeInvalid, ExpiryOutOfRange, PriceOutOfRange,
            TrailOutOfRange, QuantityOutOfRange, DisplayOutOfRange, SlippageOutOfRange,
            SelfTradeNotAllowed, NotionalOutOfRange, in this order; those of a range with
            the limit and the actual value
    """
    _check_state(market, terms)
    check_shape(terms)
    _check_expiry(terms.expires_at, now)
    _check_prices(market, terms)
    _check_quantity(market, terms)
    _check_slippage(terms)
    if terms.self_trade is SelfTrade.NONE and not market.self_trade_allowed:
        raise SelfTradeNotAllowed(market=market.symbol)
    _check_value(market, terms)


def check_list(
    *, market: MarketRules, kind: UnitKind, legs: Sequence[OrderTerms], now: datetime
) -> None:
    """Refuse an OCO or a bracket that the market does not take.

    raises  MarketNotOpen, ListShapeInvalid, then for each leg what check_order raises,
            then ListPricesCrossed with the trigger as the limit
    """
    if not market.is_open:
        raise market_not_open(market)
    check_list_shape(kind=kind, legs=legs)
    for leg in legs:
        check_order(market=market, terms=leg, now=now)
    limit, stop = legs[-2:]
    fits = (
        limit.price < stop.trigger
        if limit.side is OrderSide.BUY
        else limit.price > stop.trigger
    )
    if stop.trigger and not fits:
        raise ListPricesCrossed(
            limit=market.price_text(stop.trigger), actual=market.price_text(limit.price)
        )


def check_amendment(
    *,
    market: MarketRules,
    terms: OrderTerms,
    price: Ticks | None,
    quantity: Lots | None,
    trigger: Ticks | None,
) -> None:
    """Refuse a change that no order of this kind could take. The engine knows the rest.

    terms   of the order as it stands
    raises  MarketNotOpen, OrderShapeInvalid when nothing is given, OrderNotAmendable with
            the `field`, then what check_order raises of prices, quantity and value
    """
    if market.state in (MarketState.CANCEL_ONLY, MarketState.HALTED):
        raise market_not_open(market)
    if price is None and quantity is None and trigger is None:
        raise OrderShapeInvalid("Name a new price, quantity or trigger.")
    for field, value, fits in (
        ("price", price, terms.type in LIMIT_TYPES),
        ("quantity", quantity, terms.type is not OrderType.MARKET and not terms.by_budget),
        ("trigger_price", trigger, terms.type in TRIGGERED_TYPES),
    ):
        if value is not None and not fits:
            raise OrderNotAmendable(field=field)
        if value is not None and value < 1:
            raise OrderShapeInvalid(f"`{field}` is more than nothing.", field=field)
    changed = replace(
        terms,
        price=price or terms.price,
        quantity=quantity or terms.quantity,
        trigger=trigger or terms.trigger,
    )
    if changed.display >= changed.quantity:  # what is left of the iceberg is shown
        changed = replace(changed, display=NO_LOTS)
    _check_prices(market, changed)
    _check_quantity(market, changed)
    _check_value(market, changed)


def check_takes_cancels(*, market: MarketRules) -> None:
    """raises  MarketNotOpen while the market is halted: then nothing moves"""
    if market.state is MarketState.HALTED:
        raise market_not_open(market)


def _check_state(market: MarketRules, terms: OrderTerms) -> None:
    match market.state:
        case MarketState.OPEN:
            takes = True
        case MarketState.POST_ONLY:
            takes = terms.lasts and terms.post_only is not PostOnly.NO
        case MarketState.AUCTION:
            takes = terms.lasts and terms.post_only is PostOnly.NO
        case MarketState.CANCEL_ONLY | MarketState.HALTED:
            takes = False
    if not takes:
        raise market_not_open(market)


def market_not_open(market: MarketRules) -> MarketNotOpen:
    detail = _TAKES.get(market.state, "")
    return MarketNotOpen(detail, market=market.symbol, state=market.state.name.lower())


_TAKES: Final = {
    MarketState.POST_ONLY: "The market takes only limit orders that are post-only now, "
    "amendments and cancels.",
    MarketState.AUCTION: "The market collects orders for an auction: limit orders, gtc or "
    "gtd, that are not post-only; amendments and cancels.",
    MarketState.CANCEL_ONLY: "The market takes nothing but cancels now.",
    MarketState.HALTED: "The market is halted: it takes nothing, not even cancels.",
}


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None:
        return
    last = now + EXPIRY_MAX
    if not now < expires_at <= last:
        limit = now if expires_at <= now else last
        raise ExpiryOutOfRange(limit=limit.isoformat(), actual=expires_at.isoformat())


def _check_prices(market: MarketRules, terms: OrderTerms) -> None:
    if not (0 <= terms.price <= market.price_max and terms.trigger == terms.trail == 0):
        check_price(market=market, field="price", price=terms.price)
        check_price(market=market, field="trigger_price", price=terms.trigger)
        check_price(market=market, field="trail", price=terms.trail)
    if terms.type is OrderType.TRAILING_STOP and not terms.trail:
        least, most = 1, TRAIL_MAX_PPM - 1
        if not least <= terms.trail_ppm <= most:
            limit = least if terms.trail_ppm < least else most
            raise TrailOutOfRange(
                limit=percent_text(limit), actual=percent_text(terms.trail_ppm)
            )


def check_price(*, market: MarketRules, field: str, price: Ticks) -> None:
    """raises  PriceOutOfRange, with the public name of the field; 0 passes: not named"""
    if not 0 <= price <= market.price_max:
        limit = Ticks(1) if price < 0 else market.price_max
        raise PriceOutOfRange(
            field=field, limit=market.price_text(limit), actual=market.price_text(price)
        )


def _check_quantity(market: MarketRules, terms: OrderTerms) -> None:
    if terms.by_budget:
        return
    check_quantity(market=market, quantity=terms.quantity)
    if not terms.display:
        return
    least = max(market.quantity_min, -(-terms.quantity // ICEBERG_PARTS_MAX))
    most = terms.quantity - 1
    if not least <= terms.display <= most:
        limit = most if terms.display > most else least
        raise DisplayOutOfRange(
            limit=market.quantity_text(limit), actual=market.quantity_text(terms.display)
        )


def check_quantity(*, market: MarketRules, quantity: Lots) -> None:
    """raises  QuantityOutOfRange"""
    if not market.quantity_min <= quantity <= market.quantity_max:
        limit = (
            market.quantity_min if quantity < market.quantity_min else market.quantity_max
        )
        raise QuantityOutOfRange(
            limit=market.quantity_text(limit), actual=market.quantity_text(quantity)
        )


def _check_slippage(terms: OrderTerms) -> None:
    if terms.slippage_ppm and not 1 <= terms.slippage_ppm <= MILLION:
        limit = 1 if terms.slippage_ppm < 1 else MILLION
        raise SlippageOutOfRange(
            limit=part_text(limit), actual=part_text(terms.slippage_ppm)
        )


def _check_value(market: MarketRules, terms: OrderTerms) -> None:
    """What the order is worth, as far as that is known: its budget, or its quantity at
    its price or its trigger. Of the others only the largest hold is looked at."""
    if terms.by_budget:
        check_notional(market=market, notional=terms.budget)
        return
    if price := terms.price or terms.trigger:
        check_notional(market=market, notional=market.notional(price, terms.quantity))
    if terms.side is OrderSide.BUY:
        # The slippage may carry an order without a limit up to the highest price.
        worst = market.notional(terms.price or market.price_max, terms.quantity)
        if worst > BIGINT_MAX:
            _refuse_notional(market, BIGINT_MAX, worst)


def check_notional(*, market: MarketRules, notional: Atoms) -> None:
    """raises  NotionalOutOfRange"""
    if notional < market.notional_min:
        _refuse_notional(market, market.notional_min, notional)
    if notional > BIGINT_MAX:
        _refuse_notional(market, BIGINT_MAX, notional)


def _refuse_notional(market: MarketRules, limit: int, actual: int) -> NoReturn:
    raise NotionalOutOfRange(
        limit=market.quote_text(limit), actual=market.quote_text(actual)
    )


def percent_text(ppm: int) -> str:
    """ "1.5000" for 15,000 ppm."""
    return format_decimal(ppm, scale=4)


def part_text(ppm: int) -> str:
    """ "0.015000" for 15,000 ppm."""
    return format_decimal(ppm, scale=6)
