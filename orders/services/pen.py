"""The engine's pen: called by matching/settlement.py within its batch."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from kernel import pgcopy
from kernel.database import copy_in

ORDER_COLUMNS = (
    "id", "market_id", "user_id", "side", "type", "price", "quantity", "budget",
    "filled", "filled_quote", "status", "reason", "maker_ppm", "taker_ppm",
    "created_at", "updated_at",
)  # fmt: skip
TRADE_COLUMNS = (
    "id", "market_id", "price", "quantity", "quote_amount", "taker_side",
    "maker_order_id", "taker_order_id", "maker_user_id", "taker_user_id",
    "maker_fee", "taker_fee", "created_at",
)  # fmt: skip
#: Values in the order of ORDER_COLUMNS; times as kernel.pgcopy.timestamp.
pack_order = pgcopy.row_packer("qqqhhqqqqqhhiiqq")
#: Values in the order of TRADE_COLUMNS.
pack_trade = pgcopy.row_packer("qqqqqhqqqqqqq")


def record_orders(*, rows: Sequence[bytes]) -> None:
    """COPY rows made by `pack_order`: orders that a batch saw for the first time."""
    copy_in(
        f"COPY orders_order ({', '.join(ORDER_COLUMNS)}) FROM STDIN (FORMAT binary)", rows
    )


def record_trades(*, rows: Sequence[bytes]) -> None:
    """COPY rows made by `pack_trade`."""
    copy_in(
        f"COPY orders_trade ({', '.join(TRADE_COLUMNS)}) FROM STDIN (FORMAT binary)", rows
    )


def record_changes(*, changes: list[tuple[int, int, int, int, int]], now: datetime) -> None:
    """Bring orders of earlier batches up to date.

    changes  (id, filled, filled_quote, status, reason) of each
    """
    if not changes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order AS o "
            "SET filled = c.filled, filled_quote = c.filled_quote, status = c.status, "
            "reason = c.reason, updated_at = %s "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], "
            "%s::smallint[], %s::smallint[]) "
            "AS c(id, filled, filled_quote, status, reason) WHERE o.id = c.id",
            [now, *(list(column) for column in zip(*changes, strict=True))],
        )
