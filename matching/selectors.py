"""What the worker and the followers of the event log read."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import Any, Final

import psycopg
from django.db import connection

from kernel.database import ask
from matching.models import EventBatch, MarketSequence
from orders.commands import (
    PLAIN,
    SEQUENCE_BITS,
    Amend,
    Cancel,
    CancelAll,
    Clock,
    Command,
    CommandKind,
    Configure,
    Extra,
    Place,
    Unit,
)

#: One row of `_COMMANDS`.
_Row = tuple[Any, ...]


def ask_for_commands(*, shard: int, limit: int) -> psycopg.Cursor[_Row]:
    """Ask, in `one_trip` with other things, for what comes after the shard's cursor;
    `units_of` reads it."""
    return ask(_COMMANDS_NEXT, [shard, shard, limit])


def units_of(rows: list[_Row], *, shard: int) -> list[tuple[Command | Unit, int]]:
    """The units of a shard, by arrival, with their times as pgcopy.timestamp.

    Whatever stands in the log can be read: what cannot be carried out is the engine's to
    say, which passes it over then.

    A unit is never cut, so there may be more commands than rows, by fewer than
    orders.commands.UNIT_MAX.

    rows  as `ask_for_commands` found them
    """
    if not rows or not rows[-1][_RARE] or not rows[-1][_RARE][_FOLLOW]:
        return list(_units(rows))
    # A unit is appended in one transaction: what follows is there.
    last = rows[-1][0]
    rows += _rows_after(shard, last, rows[-1][_RARE][_FOLLOW])
    return [unit for unit in _units(rows) if commands_of(unit[0])[0].id <= last]


def commands_after(
    *, shard: int, position: int, limit: int
) -> list[tuple[Command | Unit, int]]:
    """The next units of a shard after the command with the id `position`."""
    return units_of(_rows_after(shard, position, limit), shard=shard)


def last_id(unit: Command | Unit) -> int:
    """The id of the last command of a unit: where the cursor stands after it."""
    return unit.commands[-1].id if isinstance(unit, Unit) else unit.id


def commands_of(unit: Command | Unit) -> Sequence[Command]:
    """A unit's commands, of which one that stands alone is the only one."""
    return unit.commands if isinstance(unit, Unit) else (unit,)


def _rows_after(shard: int, position: int, limit: int) -> list[_Row]:
    # The engine's largest read: rows in binary cost half of what they cost as text, and
    # a time in binary is the number that we want.
    return ask(_COMMANDS_AFTER, [position, shard, limit]).fetchall()


def _units(rows: Sequence[_Row]) -> Iterator[tuple[Command | Unit, int]]:
    left = iter(rows)
    for row in left:
        rare = row[_RARE]
        if rare is None:
            # What `Place._make` does, in half the time.
            yield tuple.__new__(Place, row[:_CREATED] + _PLAIN), row[_CREATED]
        elif rare[_UNIT]:
            members = _unit_from(row, rows)
            yield Unit(rare[_UNIT], tuple(map(_command, members))), row[_CREATED]
            deque(islice(left, len(members) - 1), maxlen=0)  # they are done
        else:
            yield _command(row), row[_CREATED]


def _unit_from(first: _Row, rows: Sequence[_Row]) -> list[_Row]:
    """The rows of a unit. If its rest is missing, what stands there instead is no part of
    it; so that it is the same unit for whoever reads it, however far."""
    place, members = bisect_left(rows, first[0], key=itemgetter(0)), [first]
    kind, follow = first[_RARE][_UNIT], first[_RARE][_FOLLOW] or 0
    for row in rows[place + 1 : place + 1 + follow]:
        rare, left = row[_RARE], follow - len(members)
        if rare is None or (row[1:3], rare[_UNIT], rare[_FOLLOW]) != (
            first[1:3],
            kind,
            left,
        ):
            break
        members.append(row)
    return members


def _command(row: _Row) -> Command:
    rare = row[_RARE]
    number, market, user, side = row[:4]
    match rare[_KIND]:
        case CommandKind.PLACE:
            extra = Extra(*(value or 0 for value in rare[_EXTRA:]))
            return Place._make((*row[:_CREATED], PLAIN if extra == PLAIN else extra))
        case CommandKind.CANCEL:
            return Cancel(number, market, user, rare[_ORDER])
        case CommandKind.AMEND:
            changed = row[7], row[8], rare[_TRIGGER] or 0
            return Amend._make((number, market, user, rare[_ORDER], *changed))
        case CommandKind.CANCEL_ALL:
            return CancelAll(number, market, user, side)
        case CommandKind.CONFIGURE:
            return Configure(number, market, user, row[_SETTINGS])
        case CommandKind.CLOCK:
            return Clock(number, market, user)
        case unknown:
            raise TypeError(f"command {number} is of no known kind: {unknown}")


_PLAIN: Final = (PLAIN,)
_CREATED, _RARE, _SETTINGS = 12, 13, 14
_KIND, _UNIT, _FOLLOW, _ORDER, _EXTRA, _TRIGGER = 0, 1, 2, 3, 4, 5
# The first twelve columns are the fields of Place. What a plain order does not have comes
# in one more, so that it costs it nothing.
_COMMANDS: Final = """
SELECT id, market_id, user_id, side, type, time_in_force, self_trade, price, quantity,
       budget, maker_ppm, taker_ppm, created_at,
       CASE WHEN kind <> 1 OR follow IS NOT NULL
              OR num_nonnulls(post_only, trigger_price, trail, trail_ppm, display,
                              slippage_ppm, expires_at) > 0
       THEN ARRAY[kind, unit, follow, order_id, post_only, trigger_price, trail, trail_ppm,
                  display, slippage_ppm,
                  CASE WHEN isfinite(expires_at) THEN
                  (extract(epoch FROM expires_at) * 1000000)::bigint - 946684800000000 END]
       END,
       settings
FROM orders_command
"""
_COMMANDS_AFTER: Final = f"{_COMMANDS} WHERE id > %s AND shard = %s ORDER BY id LIMIT %s"
_COMMANDS_NEXT: Final = f"""
{_COMMANDS}
WHERE id > coalesce((SELECT position FROM matching_cursor WHERE shard = %s), 0)
AND shard = %s ORDER BY id LIMIT %s
"""  # noqa: S608  own words only


def events_after(*, market_id: int, sequence: int, limit: int = 500) -> list[EventBatch]:
    """The event batches of a market that follow `sequence`, in their order."""
    first = (market_id << SEQUENCE_BITS) + sequence
    end = market_id + 1 << SEQUENCE_BITS
    rows = EventBatch.objects.filter(id__gt=first, id__lt=end)
    return list(rows.order_by("id")[:limit])


def last_event_time(*, sequences: Mapping[int, int]) -> datetime:
    """When the last batch of these markets was settled; long ago when there was none.

    sequences  market id -> its last event sequence
    """
    ids = [market << SEQUENCE_BITS | number for market, number in sequences.items()]
    times = EventBatch.objects.filter(pk__in=ids).values_list("created_at", flat=True)
    return max(times, default=datetime.min.replace(tzinfo=UTC))


def event_sequence(*, market_id: int) -> int:
    """The number of the market's last event batch."""
    row = MarketSequence.objects.filter(market_id=market_id).first()
    return row.events if row else 0


# How the engines are doing ----------------------------------------------------------------

#: A longer queue is told as this long.
WAITING_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ShardStanding:
    """How far the engine of a shard has come.

    waiting    commands that it has not settled, WAITING_MAX at most
    lease_age  since it last showed that it lives; None before the first time
    """

    shard: int
    waiting: int
    lease_age: timedelta | None


def shard_standings() -> list[ShardStanding]:
    """Of every shard that has markets; by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [WAITING_MAX])
        return [ShardStanding(*row) for row in cursor.fetchall()]


_STANDINGS: Final = """
    SELECT m.shard, (
        SELECT count(*) FROM (
            SELECT FROM orders_command command
            WHERE command.shard = m.shard AND command.id > coalesce(c.position, 0) LIMIT %s
        ) AS waiting
    ), clock_timestamp() - c.renewed_at
    FROM (SELECT DISTINCT shard FROM orders_market) m
    LEFT JOIN matching_cursor c USING (shard) ORDER BY m.shard
"""
