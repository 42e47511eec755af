"""Reads about what trading costs a user."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from kernel.units import Atoms, Ppm
from orders.models import FeeTier, Market, Trade, UserVolume
from orders.rules import MarketRules
from orders.selectors.fills import trades_in
from orders.selectors.markets import markets


def rates_of(*, user_id: int, market: MarketRules) -> tuple[Ppm, Ppm]:
    """(maker, taker) rates that a user's next order is stamped with, in millionths.

    Those of the highest tier that the user's counted volume reaches; the market's own when
    it reaches none. One indexed query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.maker_ppm, t.taker_ppm FROM orders_uservolume v "
            "JOIN orders_feetier t ON t.market_id = %s AND t.volume_from <= v.volume "
            "WHERE v.user_id = %s AND v.asset_id = %s "
            "ORDER BY t.volume_from DESC LIMIT 1",
            [market.id, user_id, market.quote],
        )
        row = cursor.fetchone()
    maker, taker = row or (market.maker_ppm, market.taker_ppm)
    return Ppm(maker), Ppm(taker)


class FeeVersion(NamedTuple):
    """Another one after each change of what `rates_of` goes by.

    own      (market, maker, taker) of each market
    tiers    (market, volume, maker, taker) of each tier
    counted  when all volumes were counted, at once
    """

    own: tuple[tuple[int, int, int], ...]
    tiers: tuple[tuple[int, int, int, int], ...]
    counted: datetime | None


def fee_version() -> FeeVersion:
    own = Market.objects.order_by("id").values_list("id", "maker_ppm", "taker_ppm")
    tiers = FeeTier.objects.order_by("id").values_list(
        "market_id", "volume_from", "maker_ppm", "taker_ppm"
    )
    counted = UserVolume.objects.values_list("counted_at", flat=True).first()
    return FeeVersion(tuple(own), tuple(tiers), counted)


@dataclass(frozen=True, slots=True)
class FeeStanding:
    """What a user pays in a market, and what would make it less.

    volume         atoms of the quote asset traded in 30 days, as last counted
    counted_at     None when the user had not traded then
    tier           the one that applies; None for the market's own rates
    next_tier      None at the top
    """

    market: Market
    volume: Atoms
    counted_at: datetime | None
    tier: FeeTier | None
    next_tier: FeeTier | None

    @property
    def rates(self) -> tuple[Ppm, Ppm]:
        """(maker, taker), as `rates_of` says."""
        source = self.tier or self.market
        return Ppm(source.maker_ppm), Ppm(source.taker_ppm)


def fee_standings(*, user_id: int) -> list[FeeStanding]:
    """Where a user stands in each market, by symbol."""
    volumes = {it.asset_id: it for it in UserVolume.objects.filter(user_id=user_id)}
    tiers: dict[int, list[FeeTier]] = {}
    for tier in FeeTier.objects.order_by("volume_from"):
        tiers.setdefault(tier.market_id, []).append(tier)
    return [_standing(market, volumes, tiers.get(market.pk, [])) for market in markets()]


def _standing(
    market: Market, volumes: Mapping[int, UserVolume], tiers: list[FeeTier]
) -> FeeStanding:
    counted = volumes.get(market.quote_id)
    volume = counted.volume if counted else 0
    reached = [tier for tier in tiers if tier.volume_from <= volume]
    return FeeStanding(
        market=market,
        volume=Atoms(volume),
        counted_at=counted.counted_at if counted else None,
        tier=reached[-1] if reached else None,
        next_tier=tiers[len(reached)] if len(reached) < len(tiers) else None,
    )


def first_trade_since(*, market_id: int, since: datetime) -> int | None:
    """The id of a market's first trade at `since` or later; None when there is none.

    Trades are numbered without a gap and their times rise with their numbers, so it is
    found by halving: the hot table needs no index by time.
    """
    trades = trades_in(market_id=market_id)
    newest = trades.values_list("id", "created_at").first()
    if newest is None or newest[1] < since:
        return None
    low, high = trades.order_by("id").values_list("id", flat=True)[0], newest[0]
    while low < high:
        middle = (low + high) // 2
        if Trade.objects.values_list("created_at", flat=True).get(pk=middle) < since:
            low = middle + 1
        else:
            high = middle
    return int(low)
