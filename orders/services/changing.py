"""Orders are taken back."""

from datetime import datetime

from orders.commands import CommandKind, OrderStatus
from orders.errors import OrderNotOpen
from orders.models import Command
from orders.selectors import order_of
from orders.services.log import append_commands


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
