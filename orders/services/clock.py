"""The house's time: what is due happens when nothing else comes.

An engine knows the time by its commands alone (ADR 0013). So once a second the house looks
whether something is due, and if so appends a Clock command, which is nothing but a time.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet

from orders.commands import LIVE, CommandKind, MarketState
from orders.errors import CancelAfterInvalid
from orders.models import CancelAfter, Command, Market, Order, ShardClock
from orders.selectors import markets, shards
from orders.services.changing import append_by_shard
from orders.services.log import append_commands

log = logging.getLogger(__name__)

#: How long a command may take from its time to its commit, and still be found.
LATE: Final = timedelta(seconds=60)
#: What is still due after so long is told again: it may have arrived after it was due.
AGAIN: Final = timedelta(seconds=10)
CANCEL_AFTER_MAX: Final = 86_400
#: The source of a switch that fired while this market was halted.
_AFTER_HALT: Final = "halt:{}"


def run_clock(*, now: datetime) -> None:
    """Append a Clock command to each shard where something is due, and fire the switches.

    What is due is told once, whether the engine is there to hear it or not. A repetition
    is harmless, and two at once do not both tell it.
    """
    for shard in shards():
        _tell(shard, now)
    for user_id in _due(now).order_by("user_id").values_list("user_id").distinct():
        _fire(*user_id, now)


def set_cancel_after(
    *, user_id: int, seconds: int | None, source: str = "", now: datetime
) -> datetime | None:
    """Cancel all orders of a user `seconds` from now, unless this is called again before.

    seconds  1 to CANCEL_AFTER_MAX; None switches it off
    source   each has a switch of its own; "" is that of the API
    returns  the deadline
    raises   CancelAfterInvalid; nothing is written
    """
    if seconds is None:
        CancelAfter.objects.filter(user_id=user_id, source=source).delete()
        return None
    return renew_cancel_after(sources={source: user_id}, seconds=seconds, now=now)


def renew_cancel_after(
    *, sources: Mapping[str, int], seconds: int, now: datetime
) -> datetime:
    """Set the switches of many sources in one statement.

    sources  {source: user}
    returns  their deadline
    raises   CancelAfterInvalid; nothing is written
    """
    if not 1 <= seconds <= CANCEL_AFTER_MAX:
        raise CancelAfterInvalid(limit=CANCEL_AFTER_MAX, actual=seconds)
    deadline = now + timedelta(seconds=seconds)
    CancelAfter.objects.bulk_create(
        # In one order, so that two who renew the same switches do not wait in a circle.
        [
            CancelAfter(user_id=user_id, source=source, deadline=deadline)
            for source, user_id in sorted(sources.items())
        ],
        update_conflicts=True,
        unique_fields=["user", "source"],
        update_fields=["deadline"],
    )
    return deadline


def fire_cancel_after(*, sources: Mapping[str, int], now: datetime) -> None:
    """Let switches fire at the next look, in one statement; those that are gone stay gone.

    sources  {source: user}
    """
    CancelAfter.objects.filter(
        user_id__in=set(sources.values()), source__in=sources.keys()
    ).update(deadline=now)


@transaction.atomic
def _tell(shard: int, now: datetime) -> None:
    """Tell a shard the time, if something is due there that it has not been told."""
    ShardClock.objects.bulk_create([ShardClock(shard=shard)], ignore_conflicts=True)
    clocks = ShardClock.objects.select_for_update(skip_locked=True)
    clock = clocks.filter(shard=shard).first()
    if clock is None:
        return  # somebody else is at it
    market_id = _market_due(clock, now)
    if market_id is None:
        # Written seldom: the next look begins LATE before it anyhow.
        if clock.looked is None or clock.looked <= now - LATE:
            ShardClock.objects.filter(shard=shard).update(looked=now)
        return
    command = Command(
        market_id=market_id, shard=shard, kind=CommandKind.CLOCK, user_id=0, created_at=now
    )
    append_commands(commands=[command])
    ShardClock.objects.filter(shard=shard).update(told=now, looked=now)


# An order without a record waits for the engine, and may be live when it is reached.
_FIRST_DUE: Final = """
    SELECT market_id FROM (
        SELECT c.market_id, c.expires_at AS due
        FROM orders_command c LEFT JOIN orders_order o ON o.id = c.id
        WHERE c.shard = %(shard)s AND c.expires_at > %(since)s AND c.expires_at <= %(now)s
          AND (o.id IS NULL OR o.status = ANY(%(live)s))
        UNION ALL
        SELECT id, until FROM orders_market
        WHERE shard = %(shard)s AND state = %(auction)s AND until <= %(now)s
    ) AS d
    WHERE %(told)s::timestamptz IS NULL OR due > %(told)s OR %(told)s <= %(again)s
    ORDER BY due LIMIT 1
"""


def _market_due(clock: ShardClock, now: datetime) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST_DUE,
            {
                "shard": clock.shard,
                "since": clock.looked - LATE if clock.looked else "-infinity",
                "now": now,
                "live": sorted(LIVE),
                "auction": MarketState.AUCTION.name.lower(),
                "told": clock.told,
                "again": now - AGAIN,
            },
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _due(now: datetime) -> QuerySet[CancelAfter]:
    """The switches whose time has come, but for those that wait for a halt to end."""
    halted = Market.objects.filter(state=Market.State.HALTED).values_list("pk", flat=True)
    waiting = [_AFTER_HALT.format(market_id) for market_id in halted]
    return CancelAfter.objects.filter(deadline__lte=now).exclude(source__in=waiting)


@transaction.atomic
def _fire(user_id: int, now: datetime) -> None:
    """Cancel all orders of a user whose switch is due.

    In every market, since an order may be on its way to one in which the user has none.
    Nothing moves in a market that is halted: there a switch stays until it is not. The
    switches change with the commands, so that none is lost and none fires twice.
    """
    due = _due(now).filter(user_id=user_id).select_for_update(skip_locked=True)
    fired = {it.pk: it.source for it in due}
    if not fired:
        return
    CancelAfter.objects.filter(pk__in=fired).delete()
    everywhere = any(
        not source.startswith(_AFTER_HALT.format("")) for source in fired.values()
    )
    reached = [
        market
        for market in markets()
        if everywhere or _AFTER_HALT.format(market.pk) in fired.values()
    ]
    halted = {it.pk for it in reached if it.state == Market.State.HALTED}
    _wait_for_halts(user_id, halted, now)
    commands = [
        Command(
            market_id=market.pk,
            shard=market.shard,
            kind=CommandKind.CANCEL_ALL,
            user_id=user_id,
            created_at=now,
        )
        for market in reached
        if market.pk not in halted
    ]
    append_by_shard(commands=commands)
    log.info("a dead man's switch fired", extra={"user": user_id})


def _wait_for_halts(user_id: int, halted: set[int], now: datetime) -> None:
    with_orders = Order.objects.filter(
        user_id=user_id, market_id__in=halted, status__in=sorted(LIVE)
    )
    CancelAfter.objects.bulk_create(
        [
            CancelAfter(user_id=user_id, source=_AFTER_HALT.format(it), deadline=now)
            for it in sorted(set(with_orders.values_list("market_id", flat=True)))
        ],
        ignore_conflicts=True,
    )
