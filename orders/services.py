"""Writes about markets and orders.

The API side appends commands and nothing else; `record_orders` and `record_trades` are the
engine's pen, called by matching/settlement.py inside the transaction of its batch.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from kernel import pgcopy
from kernel.database import copy_in
from kernel.doorbell import ring_after_commit
from kernel.errors import Refused
from kernel.units import Atoms, Lots, Ppm, Ticks
from ledger.models import AccountKind, Asset
from ledger.services import open_account
from orders.commands import CommandKind, OrderSide, OrderStatus, OrderType, TimeInForce
from orders.errors import ClientOrderIdReused, OrderNotOpen
from orders.models import Command, Market
from orders.rules import MarketRules, check_order
from orders.selectors import command_by_client_id, order_of
from orders.signals import commands_logged

#: What makes two place commands the same order, for a resend with the same client id.
_CONTENT = ("market_id", "side", "type", "time_in_force", "price", "quantity", "budget")


@transaction.atomic
def open_market(
    *,
    base: Asset,
    quote: Asset,
    tick_size: Atoms,
    lot_size: Atoms,
    price_max: Ticks,
    quantity_min: Lots,
    quantity_max: Lots,
    notional_min: Atoms,
    maker_ppm: Ppm,
    taker_ppm: Ppm,
    shard: int = 0,
) -> Market:
    """Open a market, and the house's fee accounts that it needs.

    tick_size     quote atoms per whole base unit, for one tick
    lot_size      base atoms in one lot
    notional_min  quote atoms
    raises        Refused when one tick times one lot is not a whole number of quote
                  atoms, or the limits could overflow a bigint; nothing is written
    """
    base_unit = 10**base.scale
    tick_value, rest = divmod(tick_size * lot_size, base_unit)
    if rest or not tick_value:
        raise Refused("One tick times one lot must be a whole number of quote atoms.")
    try:
        with transaction.atomic():
            market = Market.objects.create(
                symbol=f"{base.code}-{quote.code}",
                base=base,
                quote=quote,
                base_unit=base_unit,
                tick_size=tick_size,
                lot_size=lot_size,
                tick_value=tick_value,
                price_max=price_max,
                quantity_min=quantity_min,
                quantity_max=quantity_max,
                notional_min=notional_min,
                maker_ppm=maker_ppm,
                taker_ppm=taker_ppm,
                shard=shard,
            )
    except IntegrityError as refused:
        raise Refused(f"The database refuses this market: {refused}") from refused
    for asset in (base, quote):
        open_account(asset_id=asset.pk, kind=AccountKind.FEES, label=market.symbol)
    return market


def halt_market(*, market_id: int) -> None:
    """Stop taking and matching orders in a market; cancels still work."""
    Market.objects.filter(pk=market_id).update(state=Market.State.HALTED)


def place_order(
    *,
    user_id: int,
    market: MarketRules,
    shard: int,
    side: OrderSide,
    type: OrderType,  # noqa: A002  the field's own word
    price: Ticks,
    quantity: Lots,
    budget: Atoms,
    client_order_id: str | None,
    now: datetime,
) -> Command:
    """Append a place command; once this returns, the order is durable and will be matched.

    The engine decides on the funds. A repeat with the same client order id returns the
    first command.

    price     ticks; 0 for a market order
    quantity  lots; 0 for a market buy
    budget    quote atoms, for a market buy; 0 otherwise
    raises    what orders.rules.check_order raises; ClientOrderIdReused when the id stands
              for another order; nothing is written
    """
    command = Command(
        market_id=market.id,
        shard=shard,
        kind=CommandKind.PLACE,
        user_id=user_id,
        side=side,
        type=type,
        time_in_force=TimeInForce.GTC,
        price=price,
        quantity=quantity,
        budget=budget,
        client_order_id=client_order_id,
        maker_ppm=market.maker_ppm,
        taker_ppm=market.taker_ppm,
        created_at=now,
    )
    # A resend is answered before the rules are asked: the market may have halted since.
    if client_order_id is not None:
        first = command_by_client_id(user_id=user_id, client_order_id=client_order_id)
        if first is not None:
            return _same(first, command)
    check_order(
        market=market, side=side, type=type, price=price, quantity=quantity, budget=budget
    )
    try:
        append_commands(commands=[command])
    except IntegrityError:  # somebody was faster with the same client order id
        first = command_by_client_id(user_id=user_id, client_order_id=client_order_id or "")
        if first is None:
            raise
        return _same(first, command)
    return command


def request_cancel(*, user_id: int, order_id: int, now: datetime) -> Command:
    """Append a cancel command for an open order.

    raises  UnknownOrder when it is not the user's, OrderNotOpen when it has ended;
            nothing is written
    """
    order = order_of(user_id=user_id, order_id=order_id)
    if order.status not in (None, OrderStatus.OPEN):
        raise OrderNotOpen(order_id=str(order_id))
    command = Command(
        market_id=order.command.market_id,
        shard=order.command.shard,
        kind=CommandKind.CANCEL,
        user_id=user_id,
        order_id=order_id,
        created_at=now,
    )
    append_commands(commands=[command])
    return command


@transaction.atomic
def append_commands(*, commands: Sequence[Command]) -> list[int]:
    """Append commands of one shard in one durable commit, in this order.

    Their ids are set and returned. The database lets one transaction at a time insert and
    notifies the engine at its commit. Place commands have passed `check_order`.

    raises  IntegrityError when a client order id is taken; nothing is written
    """
    copy_in(_COPY_COMMANDS, [_packed(command) for command in commands])
    # Nobody else draws ids until this transaction ends (migration 0002), so those of the
    # rows just written are the last ones, without a gap.
    with connection.cursor() as cursor:
        cursor.execute("SELECT currval(pg_get_serial_sequence('orders_command', 'id'))")
        last = cursor.fetchone()[0]
    ids = list(range(last - len(commands) + 1, last + 1))
    for command, command_id in zip(commands, ids, strict=True):
        command.pk = command_id
    ring_after_commit(commands_logged, shard=commands[0].shard)
    return ids


_COPY_COMMANDS = (
    "COPY orders_command (market_id, shard, kind, user_id, side, type, time_in_force, "
    "price, quantity, budget, order_id, maker_ppm, taker_ppm, created_at, client_order_id) "
    "FROM STDIN (FORMAT binary)"
)
_pack_command = pgcopy.row_packer("qhhqhhhqqqqiiq", texts=1)


def _packed(command: Command) -> bytes:
    return _pack_command(
        command.market_id, command.shard, command.kind, command.user_id, command.side,
        command.type, command.time_in_force, command.price, command.quantity,
        command.budget, command.order_id, command.maker_ppm, command.taker_ppm,
        pgcopy.timestamp(command.created_at),
    ) + pgcopy.text(command.client_order_id)  # fmt: skip


def _same(first: Command, again: Command) -> Command:
    if any(getattr(first, name) != getattr(again, name) for name in _CONTENT):
        raise ClientOrderIdReused(client_order_id=first.client_order_id)
    return first


# The engine's pen -----------------------------------------------------------------------

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
