"""The house's own rates: once an hour, what was last paid in each market."""

from datetime import datetime
from typing import Final

from django.db import connection

from bookkeeping.models import RATE_SCALE
from bookkeeping.services import record_rate
from kernel.decimals import format_decimal
from kernel.units import BIGINT_MAX
from ledger.moments import instant_text


def fix_rates(*, now: datetime) -> int:
    """State, for the beginning of this hour, at which price each market last traded.

    A market that first traded since then is fixed by its first trade, so that there is a
    rate from its beginning. Done again within the hour, it finds nothing to do.

    returns  how many rates were stated
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"hour": hour, "now": now})
        due = cursor.fetchall()
    stated = 0
    for base, quote, scale, symbol, number, price, traded_at, at in due:
        rate = rate_of(price=price, scale=scale)
        if not 0 < rate <= BIGINT_MAX:
            continue  # too dear or too cheap for a rate: its values stay empty
        told = f"{symbol} trade {number} at {format_decimal(price, scale=scale)}"
        record_rate(
            asset_id=base,
            currency_id=quote,
            at=at,
            price=rate,
            source=f"fixing: {told}, {instant_text(traded_at)}",
            actor=None,
            now=now,
        )
        stated += 1
    return stated


def rate_of(*, price: int, scale: int) -> int:
    """A price as a rate; half a step counts as one.

    price  quote atoms for one whole base unit
    scale  the quote's
    """
    if scale <= RATE_SCALE:
        return int(price * 10 ** (RATE_SCALE - scale))
    step: int = 10 ** (scale - RATE_SCALE)
    return (2 * price + step) // (2 * step)


# Of each market without a fixing of this hour: the last trade before the hour, or its first
# one. A trade's id rises with its time in its market.
_DUE: Final = """
    SELECT m.base_id, m.quote_id, quote.scale, m.symbol,
        t.id & ((1::bigint << 40) - 1), t.price * m.tick_size, t.created_at,
        greatest(%(hour)s, t.created_at)
    FROM orders_market m JOIN ledger_asset quote ON quote.id = m.quote_id
    CROSS JOIN LATERAL (
        SELECT coalesce(
            (SELECT id FROM orders_trade WHERE id > m.id << 40 AND id < m.id + 1 << 40
             AND created_at <= %(hour)s ORDER BY id DESC LIMIT 1),
            (SELECT id FROM orders_trade WHERE id > m.id << 40 AND id < m.id + 1 << 40
             ORDER BY id LIMIT 1)) AS id
    ) AS fixed
    JOIN orders_trade t ON t.id = fixed.id
    WHERE t.created_at <= %(now)s AND NOT EXISTS (
        SELECT FROM bookkeeping_rate r WHERE r.asset_id = m.base_id
        AND r.currency_id = m.quote_id AND r.at >= %(hour)s AND r.source LIKE 'fixing: %%'
    )
    ORDER BY m.id
"""
