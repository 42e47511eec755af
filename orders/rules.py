"""What a market takes, and in which order it refuses. Pure.

The order of refusals is part of the API: market open, price, quantity, notional.
"""

from dataclasses import dataclass
from typing import Final

from kernel.decimals import format_decimal, parse_decimal
from kernel.units import BIGINT_MAX, Atoms, Lots, Ppm, Ticks
from orders.commands import MarketState, OrderSide, OrderType
from orders.errors import (
    MarketNotOpen,
    NotionalOutOfRange,
    OrderShapeInvalid,
    PriceOffTick,
    PriceOutOfRange,
    QuantityOffLot,
    QuantityOutOfRange,
)

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


def check_order(
    *,
    market: MarketRules,
    side: OrderSide,
    type: OrderType,  # noqa: A002  the field's own word
    price: Ticks,
    quantity: Lots,
    budget: Atoms,
) -> None:
    """Refuse what the market does not take.

    raises  MarketNotOpen, OrderShapeInvalid, PriceOutOfRange, QuantityOutOfRange,
            NotionalOutOfRange, in this order, each with the limit and the actual value
    """
    if not market.is_open:
        raise MarketNotOpen(market=market.symbol)
    by_budget = type is OrderType.MARKET and side is OrderSide.BUY
    if by_budget != (budget > 0) or by_budget != (quantity == 0):
        raise OrderShapeInvalid
    if (type is OrderType.LIMIT) != (price > 0):
        raise OrderShapeInvalid
    if price > market.price_max:
        raise PriceOutOfRange(
            limit=market.price_text(market.price_max), actual=market.price_text(price)
        )
    if by_budget:
        _check_notional(market, budget)
        return
    if not market.quantity_min <= quantity <= market.quantity_max:
        limit = (
            market.quantity_min if quantity < market.quantity_min else market.quantity_max
        )
        raise QuantityOutOfRange(
            limit=market.quantity_text(limit), actual=market.quantity_text(quantity)
        )
    if type is OrderType.LIMIT:
        _check_notional(market, market.notional(price, quantity))


def _check_notional(market: MarketRules, notional: Atoms) -> None:
    if notional < market.notional_min or notional > BIGINT_MAX:
        limit = market.notional_min if notional < market.notional_min else BIGINT_MAX
        raise NotionalOutOfRange(
            limit=market.quote_text(limit), actual=market.quote_text(notional)
        )
