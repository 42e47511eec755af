"""Markets with some of the rules that markets can have. Pure: a seed, a market."""

from random import Random

from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.rules import MarketRules

MARKET = 1


def market_of(random: Random) -> MarketRules:
    """A market with some of the rules that markets can have."""
    return MarketRules(
        id=MARKET,
        symbol="BTC-USDT",
        base=1,
        quote=2,
        base_scale=8,
        quote_scale=8,
        tick_size=Atoms(1_000_000),
        lot_size=Atoms(random.choice([1_000, 7])),
        tick_value=Atoms(random.choice([10, 1])),
        price_max=Ticks(random.choice([10**9, 108])),
        quantity_min=Lots(1),
        quantity_max=Lots(10**8),
        notional_min=Atoms(1),
        maker_ppm=Ppm(0),
        taker_ppm=Ppm(0),
        band_ppm=Ppm(random.choice([0, 0, 50_000])),
        band_caps=random.random() < 0.5,
        halt_ppm=Ppm(random.choice([0, 0, 30_000, 60_000])),
        halt_seconds=random.choice([1, 120]),
        max_open_orders=random.choice([0, 0, 5]),
        slippage_ppm=Ppm(50_000),
        self_trade_allowed=True,
    )
