"""Markets and fees as the fast lane knows them: read once, and again every moment.

A market that has changed may be seen as it was for AGE_SECONDS more. Nothing hangs on it:
the engine judges each order by the market as it stands in the order of the log. What an
order was stamped with, its fees and slippage, was in force a moment before.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

from channels.db import database_sync_to_async
from django.db import Error

from kernel.units import Ppm
from ledger.models import Asset
from orders.models import Market
from orders.rules import MarketRules
from orders.selectors import FeeVersion, fee_version, markets_by_id, rates_of

log = logging.getLogger(__name__)

#: What is so old is read again, beside the requests …
READ_SECONDS: Final = 0.5
#: … and what is so old is not gone by any more.
AGE_SECONDS: Final = 1.0
#: Users whose rates are remembered until the tiers or the volumes change.
RATES_MAX: Final = 100_000


class MarketRow(NamedTuple):
    """What orders and their answers need of a Market; its rules made once."""

    pk: int
    symbol: str
    shard: int
    base: Asset
    quote: Asset
    maker_ppm: int
    taker_ppm: int
    rules: MarketRules


@dataclass(frozen=True, slots=True)
class Reading:
    """All markets at one moment, and the rates found since the fees changed.

    tiered  the markets that have fee tiers; the others charge everybody the same
    """

    by_id: dict[int, Market]
    by_symbol: dict[str, Market]
    version: FeeVersion | None
    tiered: frozenset[int] = frozenset()
    rates: dict[tuple[int, int], tuple[Ppm, Ppm]] = field(default_factory=dict)


class Venues:
    """The markets of this event loop."""

    def __init__(self) -> None:
        self._reading = Reading({}, {}, None)
        self._read_at = time.monotonic() - AGE_SECONDS
        self._task: asyncio.Task[None] | None = None

    async def read(self) -> Reading | None:
        """The markets; None when the database does not tell them."""
        age = time.monotonic() - self._read_at
        if age > READ_SECONDS:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._read_again())
            if age > AGE_SECONDS:
                await self._task
                if time.monotonic() - self._read_at > AGE_SECONDS:
                    return None
        return self._reading

    def forget(self) -> None:
        """Let the next request read the markets anew."""
        self._read_at = time.monotonic() - AGE_SECONDS

    async def rates(
        self, reading: Reading, *, user_id: int, market: Market
    ) -> tuple[Ppm, Ppm]:
        """As orders.selectors.rates_of, of a market that has tiers.

        raises  django.db.Error
        """
        key = user_id, market.pk
        found = reading.rates.get(key)
        if found is None:
            ask = database_sync_to_async(rates_of, thread_sensitive=False)
            found = await ask(user_id=user_id, market=market.rules)
            if len(reading.rates) >= RATES_MAX:
                reading.rates.clear()
            reading.rates[key] = found
        return found

    async def _read_again(self) -> None:
        began = time.monotonic()
        try:
            markets, version = await database_sync_to_async(_look, thread_sensitive=False)()
        except Error as away:
            log.warning("the markets cannot be read: %s", away)
            return
        rates = self._reading.rates if version == self._reading.version else {}
        by_symbol = {market.symbol: market for market in markets.values()}
        tiered = frozenset(market_id for market_id, *_ in version.tiers)
        self._reading = Reading(markets, by_symbol, version, tiered, rates)
        self._read_at = began


def _look() -> tuple[dict[int, Market], FeeVersion]:
    # The version first: rates that are found from now on are of this one or a later one.
    version = fee_version()
    return {id_: _row(market) for id_, market in markets_by_id().items()}, version


def _row(market: Market) -> Market:
    """The market without a model's weight; it has the names that are read of it here."""
    names = MarketRow._fields
    return cast(Market, MarketRow(*[getattr(market, name) for name in names]))
