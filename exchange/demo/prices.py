"""What the demo traders believe the markets are worth: a slow random walk. Pure.

Prices are integers of quote atoms per base unit, so ETH-BTC follows from the other two.
"""

from random import Random
from typing import Final

from exchange.demo.cast import MARKETS
from kernel.decimals import parse_decimal

SCALE: Final = 8
_UNIT: Final = 10**SCALE
_MILLION: Final = 1_000_000
#: One step's standard deviation, in parts per million.
_STEP_PPM: Final = 60
#: How strongly a price is drawn back to where it began, in ppm of the distance.
_HOME_PPM: Final = 400

_START: Final = {
    plan.symbol: parse_decimal(plan.fair_price, scale=SCALE) for plan in MARKETS
}


class FairPrices:
    """The fair price of every market. `step` moves them a little."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._now = {symbol: _START[symbol] for symbol in ("BTC-USDT", "ETH-USDT")}

    def begin_at(self, symbol: str, price: int) -> None:
        """Take up a price that the market has already, so that a restart is no jump."""
        if symbol in self._now:
            self._now[symbol] = price

    def step(self) -> None:
        """Move each price by a random step, and a little towards home."""
        for symbol, price in self._now.items():
            drift = (_START[symbol] - price) * _HOME_PPM // _MILLION
            jump = price * round(self._chance.gauss(0, _STEP_PPM)) // _MILLION
            self._now[symbol] = price + drift + jump

    def of(self, symbol: str) -> int:
        """Quote atoms for one whole base unit."""
        if symbol == "ETH-BTC":
            return self._now["ETH-USDT"] * _UNIT // self._now["BTC-USDT"]
        return self._now[symbol]
