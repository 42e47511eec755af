"""Who and what the demo consists of: plain data.

The passwords stand here for everybody to read, so `manage.py demo` refuses to create them
on an exchange that is served over HTTPS. Staff get one-time password secrets of their own,
made at random on each machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: All traders', people's and programs'.
TRADER_PASSWORD: Final = "try-the-market"  # noqa: S105  meant to be read
STAFF_PASSWORD: Final = "keep-the-books"  # noqa: S105  meant to be read


@dataclass(frozen=True, slots=True)
class AssetPlan:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class MarketPlan:
    """A market, in the units of orders.services.open_market (all assets: 8 decimals).

    fair_price  decimal string: where the demo traders begin
    lots        the smallest and the largest quantity of a demo order
    """

    symbol: str
    tick_size: int
    lot_size: int
    price_max: int
    quantity_max: int
    notional_min: int
    fair_price: str
    lots: tuple[int, int]


ASSETS: Final = (
    AssetPlan("BTC", "Bitcoin"),
    AssetPlan("ETH", "Ether"),
    AssetPlan("USDT", "Tether USD"),
)
MARKETS: Final = (
    MarketPlan(
        "BTC-USDT",
        tick_size=1_000_000,  # 0.01 USDT
        lot_size=1_000,  # 0.00001 BTC
        price_max=1_000_000_000,
        quantity_max=100_000_000,
        notional_min=100_000_000,  # 1 USDT
        fair_price="64000",
        lots=(50, 12_000),
    ),
    MarketPlan(
        "ETH-USDT",
        tick_size=1_000_000,  # 0.01 USDT
        lot_size=10_000,  # 0.0001 ETH
        price_max=100_000_000,
        quantity_max=100_000_000,
        notional_min=100_000_000,  # 1 USDT
        fair_price="3200",
        lots=(100, 25_000),
    ),
    MarketPlan(
        "ETH-BTC",
        tick_size=1_000,  # 0.00001 BTC
        lot_size=100_000,  # 0.001 ETH
        price_max=1_000_000,
        quantity_max=10_000_000,
        notional_min=10_000,  # 0.0001 BTC
        fair_price="0.05",
        lots=(10, 2_500),
    ),
)
#: What all demo markets are opened with, beyond their steps (orders.services).
SETTINGS: Final[Mapping[str, int]] = {
    "band_ppm": 100_000,  # 10 %
    "halt_ppm": 70_000,  # 7 %
    "halt_seconds": 30,
    "slippage_ppm": 50_000,  # 5 %
    "max_open_orders": 200,
}
MAKER_PPM: Final = 500
TAKER_PPM: Final = 1_000
#: Of each quote asset: from how much in 30 days which rates apply (whole units; maker and
#: taker in ppm).
TIERS: Final[Mapping[str, Sequence[tuple[int, int, int]]]] = {
    "USDT": ((50_000, 400, 900), (500_000, 300, 700), (5_000_000, 0, 500)),
    "BTC": ((1, 400, 900), (10, 300, 700), (100, 0, 500)),
}

Funds = Mapping[str, str]
_PURSE: Final[Funds] = {"BTC": "2", "ETH": "40", "USDT": "100000"}
_FLOAT: Final[Funds] = {"BTC": "200", "ETH": "4000", "USDT": "13000000"}

#: People's logins, with their opening balances.
TRADERS: Final[Mapping[str, Funds]] = {
    "alice@fairbook.test": _PURSE,
    "bob@fairbook.test": _PURSE,
}
#: Programs that quote on both sides of every book.
MAKERS: Final[Mapping[str, Funds]] = {
    "mia@fairbook.test": _FLOAT,
    "max@fairbook.test": _FLOAT,
}
#: Programs that hit the book now and then.
TAKERS: Final[Mapping[str, Funds]] = {
    "tess@fairbook.test": _FLOAT,
    "tom@fairbook.test": _FLOAT,
}
FUNDS: Final[Mapping[str, Funds]] = {**TRADERS, **MAKERS, **TAKERS}

#: Two, so that what needs four eyes can be tried.
STAFF: Final = ("sam@fairbook.test", "sue@fairbook.test")
#: Those who have no more rights than their group (exchange.staff_groups).
COLLEAGUES: Final[Mapping[str, str]] = {
    "fay@fairbook.test": "finance",
    "finn@fairbook.test": "finance",
    "ada@fairbook.test": "auditor",
}
