"""Orders of many users by one query: what a command asked beside what became of it.

The selectors of one user run the same queries with one question in them. Who reads for
many at once (the fast lane) runs them on a connection of its own; `placed_order` and
`listed_order` read their rows, whatever connection they come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from orders.commands import LIVE, CommandKind
from orders.models import Command, CommandRow, Order, OrderRow

_COMMAND: Final = [field.attname for field in Command._meta.concrete_fields]
_ORDER: Final = [field.attname for field in Order._meta.concrete_fields]


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What the user asked, and what became of it (None: the engine has not decided)."""

    command: Command
    record: Order | None

    @property
    def status(self) -> int | None:
        return self.record.status if self.record else None


def placed_order(row: Sequence[Any]) -> PlacedOrder:
    """A row of ORDERS_OF_USERS."""
    asked, became = row[: len(_COMMAND)], row[len(_COMMAND) :]
    return PlacedOrder(
        Command.from_db("default", _COMMAND, asked),
        Order.from_db("default", _ORDER, became) if became[0] is not None else None,
    )


def listed_order(row: Sequence[Any]) -> PlacedOrder:
    """A row of a `pages_query`: what is told of an order, without two models' weight."""
    command = CommandRow(*row[:_TOLD_AT])
    record = OrderRow(*row[_TOLD_AT:-1])
    return PlacedOrder(cast(Command, command), cast(Order, record))


def _of(table: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{table}.{'id' if it == 'pk' else it}" for it in columns)


_ASKED_COLUMNS: Final = CommandRow.__struct_fields__
_TOLD_AT: Final = len(_ASKED_COLUMNS)

# OFFSET 0 keeps a look-up a look-up, whatever the planner makes of the numbers.
#: Takes arrays of ids and of their users: an order that is another user's is not found.
ORDERS_OF_USERS: Final = f"""
    SELECT {_of("command", _COMMAND)}, {_of("o", _ORDER)}
    FROM unnest(%s::bigint[], %s::bigint[]) AS asked (id, user_id)
    CROSS JOIN LATERAL (SELECT * FROM orders_command WHERE id = asked.id OFFSET 0) command
    LEFT JOIN LATERAL (SELECT * FROM orders_order WHERE id = asked.id OFFSET 0) o ON true
    WHERE command.user_id = asked.user_id AND command.kind = {CommandKind.PLACE:d}
"""  # noqa: S608  own words only

_LIVE: Final = f"mine.status IN ({', '.join(str(int(it)) for it in sorted(LIVE))})"
_ASKED: Final = """
    mine.user_id = asked.user_id AND mine.id < asked.before
    AND (mine.market_id = asked.market_id OR asked.market_id IS NULL)
"""
# What is live has an index by user.
_PRESENT: Final = f"""
    SELECT * FROM orders_order mine WHERE {_ASKED} AND {_LIVE}
    ORDER BY mine.id DESC LIMIT asked.size
"""  # noqa: S608  own words only
# All else is in lists up to a cursor, and looked for beyond it (ADR 0018).
_BEYOND: Final = f"""
    SELECT * FROM orders_order mine WHERE mine.id > coalesce((
        SELECT position FROM orders_historycursor WHERE name = 'orders'), 0)
    AND {_ASKED} AND {{is_it}} ORDER BY mine.id DESC LIMIT asked.size
"""  # noqa: S608  own words only
_LISTED: Final = """
    FROM orders_ordersofuser l CROSS JOIN unnest(l.ids) AS i(id) {look_up}
    WHERE l.user_id = asked.user_id AND l.first < asked.before AND i.id < asked.before
    AND {is_it} ORDER BY l.first DESC, i.id DESC LIMIT asked.size
"""
_LOOK_UP: Final = """
    CROSS JOIN LATERAL (SELECT * FROM orders_order WHERE id = {it}.id OFFSET 0) AS mine
"""


def _history(is_it: str) -> str:
    """Some of a user's orders: looked up from the lists' end until the page is full."""
    listed = _LISTED.format(look_up=_LOOK_UP.format(it="i"), is_it=f"{_ASKED} AND {is_it}")
    return _joined(_BEYOND.format(is_it=is_it), f"SELECT mine.* {listed}")


def _whole_history() -> str:
    """All of a user's orders: no more of them are looked up than the page shows."""
    newest = f"(SELECT i.id {_LISTED.format(look_up='', is_it='true')}) AS newest"
    look_up = _LOOK_UP.format(it="newest")
    listed = f"SELECT mine.* FROM {newest} {look_up}"  # noqa: S608  own words only
    return _joined(_BEYOND.format(is_it="true"), listed)


def _joined(beyond: str, listed: str) -> str:
    return f"""
    SELECT * FROM (({beyond}) UNION ALL ({listed})) AS mine
    ORDER BY mine.id DESC LIMIT asked.size
    """  # noqa: S608  own words only


def _pages(orders: str) -> str:
    return f"""
    SELECT {_of("command", _ASKED_COLUMNS)}, {_of("o", OrderRow.__struct_fields__)},
        asked.number FROM
    unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        WITH ORDINALITY AS asked (user_id, market_id, before, size, number)
    CROSS JOIN LATERAL ({orders}) AS o
    CROSS JOIN LATERAL (SELECT * FROM orders_command WHERE id = o.id OFFSET 0) command
    ORDER BY asked.number, o.id DESC
    """  # noqa: S608  own words only


_WHOLE: Final = _pages(_whole_history())
_SOME: Final = {
    True: _pages(_PRESENT),
    False: _pages(_history(f"NOT {_LIVE}")),
    None: _pages(_history("true")),
}


def pages_query(*, is_open: bool | None, market_id: int | None) -> str:
    """Pages of orders, the newest first, by whether they may still trade (None: all).

    Takes arrays: users, markets (NULL: all), ids before which a page starts, sizes. The
    last column of its rows is the number of the question, from 1.

    market_id  of these questions, or of one of them: whether they ask for one market
    """
    return _WHOLE if is_open is None and market_id is None else _SOME[is_open]
