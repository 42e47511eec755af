"""Orders of every type, and the market that the tests of its rules ask.

The market's tick is 0.01 USDT, its lot 0.00001 BTC; it takes prices up to 100,000.00,
quantities from 0.0001 to 10 and orders from 10 USDT on.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kernel.errors import ExchangeError
from orders.commands import OrderSide, OrderType, TimeInForce
from orders.rules import MarketRules, OrderTerms

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT_ONE = NOON + timedelta(hours=1)
BUY, SELL = OrderSide
GTC, IOC, FOK, GTD = TimeInForce
RULES = MarketRules(
    id=1,
    symbol="BTC-USDT",
    base=1,
    quote=2,
    base_scale=8,
    quote_scale=8,
    tick_size=1_000_000,
    lot_size=1_000,
    tick_value=10,
    price_max=10_000_000,
    quantity_min=10,
    quantity_max=1_000_000,
    notional_min=1_000_000_000,
    maker_ppm=1_000,
    taker_ppm=2_000,
)
#: 0.001 BTC at 60,000.00.
LIMIT = OrderTerms(BUY, OrderType.LIMIT, price=6_000_000, quantity=100)
MARKET = OrderTerms(BUY, OrderType.MARKET, quantity=100)
SPEND = OrderTerms(BUY, OrderType.MARKET, budget=5_000_000_000)
STOP = OrderTerms(SELL, OrderType.STOP, trigger=5_900_000, quantity=100)
STOP_LIMIT = replace(STOP, type=OrderType.STOP_LIMIT, price=5_890_000)
TAKE_PROFIT = replace(STOP, type=OrderType.TAKE_PROFIT, trigger=6_100_000)
TAKE_PROFIT_LIMIT = replace(STOP_LIMIT, type=OrderType.TAKE_PROFIT_LIMIT)
TRAILING = OrderTerms(SELL, OrderType.TRAILING_STOP, trail=10_000, quantity=100)
ICEBERG = replace(LIMIT, quantity=1_000, display=100)
EXPIRING = replace(LIMIT, time_in_force=GTD, expires_at=AT_ONE)
EVERY_TYPE = [LIMIT, MARKET, STOP, STOP_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT, TRAILING]


def refusal(check, **arguments) -> ExchangeError | None:
    """What a check says; None when it lets it pass."""
    try:
        check(**arguments)
    except ExchangeError as error:
        return error
    return None
