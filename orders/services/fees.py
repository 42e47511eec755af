"""What users traded is counted, for their fee tiers."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from kernel.units import BIGINT_MAX, Atoms, Ppm
from orders.commands import SEQUENCE_BITS
from orders.models import FeeTier, Market, UserVolume
from orders.selectors import first_trade_since

VOLUME_DAYS: Final = 30


def set_fee_tier(
    *, market_id: int, volume_from: Atoms, maker_ppm: Ppm, taker_ppm: Ppm
) -> FeeTier:
    """Give those who traded `volume_from` in 30 days these rates, for their next orders.

    volume_from  quote atoms, more than 0, in all markets of the quote asset; a tier that
                 begins there already is changed
    """
    tier, _ = FeeTier.objects.update_or_create(
        market_id=market_id,
        volume_from=volume_from,
        defaults={"maker_ppm": maker_ppm, "taker_ppm": taker_ppm},
    )
    return tier


@transaction.atomic
def count_volumes(*, now: datetime) -> int:
    """Count anew what every user traded in the 30 days before `now`.

    In all markets of a quote asset together, as maker and as taker; who trades with
    himself has traded once. A repetition gives the same. Orders that are open keep the
    rates that were stamped on them.

    returns  how many volumes there are, one for each user and asset
    """
    since = now - timedelta(days=VOLUME_DAYS)
    markets, firsts, lasts = [], [], []
    for market_id in Market.objects.values_list("id", flat=True):
        if first := first_trade_since(market_id=market_id, since=since):
            markets.append(market_id)
            firsts.append(first)
            lasts.append(market_id + 1 << SEQUENCE_BITS)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [BIGINT_MAX, now, markets, firsts, lasts, now])
        counted: int = cursor.rowcount
    UserVolume.objects.exclude(counted_at=now).delete()
    return counted


# Each market's part of the trades is one range of the primary key.
_COUNT: Final = """
    INSERT INTO orders_uservolume (user_id, asset_id, volume, counted_at)
    SELECT s.user_id, m.quote_id, least(sum(t.quote_amount), %s), %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS r(market_id, first, beyond)
    JOIN orders_market m ON m.id = r.market_id
    JOIN orders_trade t ON t.id >= r.first AND t.id < r.beyond AND t.created_at <= %s
    CROSS JOIN LATERAL (
        SELECT t.maker_user_id UNION SELECT t.taker_user_id
    ) AS s(user_id)
    GROUP BY s.user_id, m.quote_id ORDER BY s.user_id, m.quote_id
    ON CONFLICT (user_id, asset_id) DO UPDATE
    SET volume = excluded.volume, counted_at = excluded.counted_at
"""
