"""What follows from a break: the markets of its assets are halted."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import connection

from ledger.models import Break
from ledger.selectors import open_breaks
from matching.models import Cursor
from orders.commands import CommandKind, MarketState
from orders.models import Command, Market
from orders.selectors import markets
from orders.services import configure_market

log = logging.getLogger(__name__)

#: Where nothing is traded: the staff may let customers take their orders back meanwhile.
CLOSED: Final = (Market.State.HALTED, Market.State.CANCEL_ONLY)
_OF_MARKETS: Final = """
    SELECT unnest(ARRAY[base_id, quote_id]) FROM orders_market WHERE id IN ({})
"""
#: By the word that a violation begins with: which assets it concerns.
_ASSETS_OF: Final[Mapping[str, str]] = {
    "account": "SELECT asset_id FROM ledger_account WHERE id = %s",
    "transfer": "SELECT unnest(ARRAY[t.asset_id, d.asset_id, c.asset_id]) "
    "FROM ledger_transfer t LEFT JOIN ledger_account d ON d.id = t.debit_id "
    "LEFT JOIN ledger_account c ON c.id = t.credit_id WHERE t.id = %s",
    "deposit": "SELECT asset_id FROM deposits_deposit WHERE id = %s",
    "withdrawal": "SELECT asset_id FROM withdrawals_withdrawal WHERE id = %s",
    "market": _OF_MARKETS.format("%s"),
    "trade": _OF_MARKETS.format("%s::bigint >> 40"),
    "event batch": _OF_MARKETS.format("%s::bigint >> 40"),
    "order": _OF_MARKETS.format("SELECT market_id FROM orders_order WHERE id = %s"),
    "command": _OF_MARKETS.format("SELECT market_id FROM orders_command WHERE id = %s"),
    "event": _OF_MARKETS.format(
        "SELECT o.market_id FROM orders_orderevent e "
        "JOIN orders_order o ON o.id = e.order_id WHERE e.id = %s"
    ),
    "change": _OF_MARKETS.format("SELECT market_id FROM orders_marketchange WHERE id = %s"),
    "prevented match": _OF_MARKETS.format(
        "SELECT market_id FROM orders_preventedmatch WHERE id = %s"
    ),
}
_SUBJECT: Final = re.compile(r"([a-z]+(?: [a-z]+)?)[ :](\d{1,18})\b")
_ASSET: Final = re.compile(r"\basset (\d{1,18})\b")


def assets_of(violation: str) -> list[int]:
    """The ids of the assets that a violation concerns, by what its line begins with; none
    when that cannot be said."""
    subject = violation.partition(": ")[0]
    if named := _ASSET.search(subject):
        return [int(named[1])]
    about = _SUBJECT.match(subject)
    if about is None or about[1] not in _ASSETS_OF:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ASSETS_OF[about[1]], [int(about[2])])
        return sorted({asset for (asset,) in cursor.fetchall() if asset is not None})


def halt_markets(*, now: datetime) -> list[str]:
    """Halt every market that an unresolved break concerns, unless it is halted already, or
    told to be, or takes nothing but cancels. A repetition is harmless, and is how a halt
    that was lost is made up for.

    returns  the symbols of those that were told to halt now
    """
    breaks = list(open_breaks())
    if not breaks:
        return []
    told = []
    for market in markets():
        found = next((it for it in breaks if _concerns(it, market)), None)
        if found is None or market.state in CLOSED or _is_told(market):
            continue
        reason = f"Break {found.pk}, {found.invariant} {found.subject}"[:200]
        configure_market(
            market_id=market.pk,
            user_id=None,
            settings={"state": MarketState.HALTED},
            reason=reason,
            now=now,
        )
        log.critical("market halted", extra={"market": market.symbol, "why": reason})
        told.append(market.symbol)
    return told


def _concerns(found: Break, market: Market) -> bool:
    return not found.assets or not {market.base_id, market.quote_id}.isdisjoint(
        found.assets
    )


def _is_told(market: Market) -> bool:
    """Whether the last change of its state that waits for the engine is a halt."""
    cursor = Cursor.objects.filter(shard=market.shard).first()
    waiting = Command.objects.filter(
        pk__gt=cursor.position if cursor else 0,
        shard=market.shard,
        kind=CommandKind.CONFIGURE,
        market=market,
        settings__has_key="state",
    )
    last = waiting.order_by("-id").first()
    state = (last.settings or {}).get("state") if last is not None else None
    return state in (MarketState.HALTED, MarketState.CANCEL_ONLY)
