"""Orders are placed."""

from datetime import datetime

from django.db import IntegrityError

from kernel.units import Atoms, Lots, Ticks
from orders.commands import CommandKind, OrderSide, OrderType, TimeInForce
from orders.errors import ClientOrderIdReused
from orders.models import Command
from orders.rules import MarketRules, check_order
from orders.selectors import command_by_client_id
from orders.services.log import append_commands

#: What makes two place commands the same order, for a resend with the same client id.
_CONTENT = ("market_id", "side", "type", "time_in_force", "price", "quantity", "budget")


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


def _same(first: Command, again: Command) -> Command:
    if any(getattr(first, name) != getattr(again, name) for name in _CONTENT):
        raise ClientOrderIdReused(client_order_id=first.client_order_id)
    return first
