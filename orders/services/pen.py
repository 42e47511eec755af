"""The engine's pen: called by matching/settlement.py within its batch.

An order that has nothing special is written without the columns that only special orders
have, so that they cost it nothing; their NULLs take no room.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from kernel import pgcopy
from kernel.database import CopyIn, array_text, ask, copy_in
from kernel.tables import Table
from orders.commands import MarketState
from orders.models import Market, MarketChange
from orders.rules import SETTINGS

ORDER_COLUMNS: Final = {
    "id": "q", "market_id": "q", "user_id": "q", "side": "h", "type": "h", "price": "q",
    "quantity": "q", "budget": "q", "filled": "q", "filled_quote": "q", "status": "h",
    "reason": "h", "maker_ppm": "i", "taker_ppm": "i", "created_at": "q",
    "updated_at": "q",
}  # fmt: skip
SPECIAL_COLUMNS: Final = (
    "hidden", "priority", "trigger_price", "cap", "armed_trade", "list_id",
)  # fmt: skip
#: Plain orders that a batch saw for the first time. Of any other order the mode of
#: self-trade prevention stands in its command.
ORDERS: Final = Table("orders_order", ORDER_COLUMNS | {"self_trade": "h"})
TRADES: Final = Table(
    "orders_trade",
    {
        "id": "q", "price": "q", "quantity": "q", "quote_amount": "q", "taker_side": "h",
        "maker_order_id": "q", "taker_order_id": "q", "maker_user_id": "q",
        "taker_user_id": "q", "maker_fee": "q", "taker_fee": "q", "auction": "?",
        "market_id": "q", "created_at": "q",
    },
)  # fmt: skip
EVENTS: Final = Table(
    "orders_orderevent",
    {
        "order_id": "q", "command_id": "q", "kind": "h", "reason": "h", '"limit"': "q",
        "actual": "q", "created_at": "q",
    },
)  # fmt: skip
PREVENTED_COLUMNS: Final = (
    "market_id", "user_id", "taker_order_id", "maker_order_id", "price", "quantity",
    "mode", "created_at",
)  # fmt: skip
#: Values in the order of PREVENTED_COLUMNS.
pack_prevented = pgcopy.row_packer("qqqqqqhq")

_pack_start = pgcopy.row_packer("".join(ORDER_COLUMNS.values()), texts=len(SPECIAL_COLUMNS))


def pack_special_order(*, values: Sequence[int], special: Sequence[int]) -> bytes:
    """A row of ORDER_COLUMNS and SPECIAL_COLUMNS.

    special  0 for what the order does not have, which is NULL in its record
    """
    return _pack_start(*values) + b"".join(
        [pgcopy.bigint(value or None) for value in special]
    )


def start_special_orders() -> CopyIn:
    """A COPY of rows made by `pack_special_order`: special orders that are new."""
    return CopyIn(_copy("orders_order", (*ORDER_COLUMNS, *SPECIAL_COLUMNS)))


def record_prevented_matches(*, rows: Sequence[bytes]) -> None:
    """COPY rows made by `pack_prevented`."""
    copy_in(_copy("orders_preventedmatch", PREVENTED_COLUMNS), rows)


def _copy(table: str, columns: Sequence[str]) -> str:
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"


def record_changes(*, changes: list[tuple[int, int, int, int, int]], now: datetime) -> None:
    """Bring orders of earlier batches up to date, of which nothing else changed.

    changes  (id, filled, filled_quote, status, reason) of each
    """
    if changes:
        ask(_CHANGES, [now, *map(array_text, zip(*changes, strict=True))])


_CHANGES: Final = (
    "UPDATE orders_order AS o "
    "SET filled = c.filled, filled_quote = c.filled_quote, status = c.status, "
    "reason = c.reason, updated_at = %s "
    "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::smallint[]) "
    "AS c(id, filled, filled_quote, status, reason) WHERE o.id = c.id"
)


def record_alterations(*, changes: Sequence[tuple[int, ...]], now: datetime) -> None:
    """Bring orders of earlier batches up to date, with all that can change.

    changes  (id, filled, filled_quote, status, reason, price, quantity, hidden, priority,
             trigger_price, cap, armed_trade) of each; 0 for what it does not have
    """
    if not changes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order AS o "
            "SET filled = c.filled, filled_quote = c.filled_quote, status = c.status, "
            "reason = c.reason, price = c.price, quantity = c.quantity, "
            "hidden = nullif(c.hidden, 0), priority = nullif(c.priority, 0), "
            "trigger_price = nullif(c.trigger_price, 0), cap = nullif(c.cap, 0), "
            "armed_trade = nullif(c.armed_trade, 0), updated_at = %s "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], "
            "%s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], "
            "%s::bigint[], %s::bigint[], %s::bigint[]) "
            "AS c(id, filled, filled_quote, status, reason, price, quantity, hidden, "
            "priority, trigger_price, cap, armed_trade) WHERE o.id = c.id",
            [now, *(list(column) for column in zip(*changes, strict=True))],
        )


def record_market_change(
    *,
    market_id: int,
    state: int,
    until: int,
    settings: dict[str, int | str],
    user_id: int,
    command_id: int,
    reason: str,
    now: datetime,
) -> None:
    """Tell that a market's state or settings changed, and change them.

    until     when an auction ends, as kernel.pgcopy.timestamp; 0: never
    settings  the new values; those that are no columns of a market are left out
    user_id   0 for the house and the engine
    """
    name = MarketState(state).name.lower()
    ends = pgcopy.moment(until) if until else None
    columns = {key: settings[key] for key in sorted(_COLUMNS & settings.keys())}
    MarketChange.objects.create(
        market_id=market_id,
        user_id=user_id or None,
        command_id=command_id,
        state=name,
        until=ends,
        settings=columns,
        reason=reason[:_REASON_LENGTH],
        created_at=now,
    )
    Market.objects.filter(pk=market_id).update(state=name, until=ends, **columns)


_REASON_LENGTH: Final = MarketChange._meta.get_field("reason").max_length
_COLUMNS: Final = SETTINGS - {"state", "until"}
