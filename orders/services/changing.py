"""Orders are taken back, changed and replaced."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction

from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import (
    LIVE,
    CommandKind,
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
    UnitKind,
)
from orders.errors import OrderNotOpen, UnknownMarket
from orders.models import Command
from orders.rules import (
    MarketRules,
    OrderTerms,
    check_amendment,
    check_order,
    check_takes_cancels,
)
from orders.selectors import PlacedOrder, markets, order_of, rates_of
from orders.services.log import append_commands
from orders.services.placing import bind_unit, order_command, stamp_order
from orders.services.resends import append_once, first_answer
from orders.terms import check_stands_with_others


def request_cancel(*, user_id: int, order_id: int, now: datetime) -> Command:
    """Append a cancel command for a live order.

    raises  UnknownOrder when it is not the user's, OrderNotOpen when it has ended,
            MarketNotOpen when the market is halted; nothing is written
    """
    placed = order_of(user_id=user_id, order_id=order_id)
    check_live(placed=placed)
    check_takes_cancels(market=_rules_of(placed))
    command = cancel_command(placed=placed, now=now)
    append_commands(commands=[command])
    return command


def amend_order(
    *,
    user_id: int,
    order_id: int,
    price: Ticks | None,
    quantity: Lots | None,
    trigger: Ticks | None,
    now: datetime,
) -> Command:
    """Append a command that changes a live order; None keeps what it has.

    quantity  the new total in lots, what is filled included
    raises    UnknownOrder when it is not the user's, OrderNotOpen when it has ended, what
              orders.rules.check_amendment raises; nothing is written
    """
    placed = order_of(user_id=user_id, order_id=order_id)
    check_live(placed=placed)
    check_amendment(
        market=_rules_of(placed),
        terms=terms_of(placed=placed),
        price=price,
        quantity=quantity,
        trigger=trigger,
    )
    command = amend_command(
        placed=placed, price=price, quantity=quantity, trigger=trigger, now=now
    )
    append_commands(commands=[command])
    return command


def replace_order(
    *,
    user_id: int,
    order_id: int,
    terms: OrderTerms,
    client_order_id: str | None,
    now: datetime,
) -> list[Command]:
    """Append a cancel and a new order of the same market, of which both happen or none.

    A repeat with the same client order id returns the first two commands.

    client_order_id  of the new order
    returns          the cancel and the place
    raises           UnknownOrder; ClientOrderIdReused; OrderNotOpen when the old order has
                     ended; what orders.rules.check_order raises; ListShapeInvalid when
                     the new one is not a limit order that stays; nothing is written
    """
    placed = order_of(user_id=user_id, order_id=order_id)
    market = _rules_of(placed)
    commands = [
        cancel_command(placed=placed, now=now),
        order_command(
            user_id=user_id,
            market=market,
            shard=placed.command.shard,
            terms=terms,
            client_order_id=client_order_id,
            now=now,
        ),
    ]
    bind_unit(commands=commands, kind=UnitKind.ALL_OR_NONE)
    # A resend finds its old order ended: by the first one.
    if first := first_answer(commands=commands):
        return first
    check_live(placed=placed)
    check_order(market=market, terms=terms, now=now)
    check_stands_with_others(terms=terms)
    rates = rates_of(user_id=user_id, market=market)
    stamp_order(command=commands[1], market=market, rates=rates)
    return append_once(commands=commands)


@transaction.atomic
def cancel_all(
    *, user_id: int, market_id: int | None, side: OrderSide | None, now: datetime
) -> list[Command]:
    """Append a command to each market that takes back all live orders of a user.

    Also those that wait for the engine, since the command comes after them. A market
    without such orders passes over it.

    market_id  None for all markets
    side       None for both
    raises     UnknownMarket; MarketNotOpen when the one market is halted; nothing is
               written
    """
    rows = list(markets().order_by("shard", "id"))
    if market_id is not None:
        rows = [market for market in rows if market.pk == market_id]
        if not rows:
            raise UnknownMarket(market=str(market_id))
        check_takes_cancels(market=rows[0].rules)
    commands = [
        Command(
            market_id=market.pk,
            shard=market.shard,
            kind=CommandKind.CANCEL_ALL,
            user_id=user_id,
            side=side or 0,
            created_at=now,
        )
        for market in rows
    ]
    append_by_shard(commands=commands)
    return commands


# What single requests and batches share -------------------------------------------------


def append_by_shard(*, commands: Sequence[Command]) -> None:
    """Append commands that do not depend on each other, each shard's in their order.

    raises  IntegrityError when a client order id is taken; nothing is written if the
            caller has a transaction around it
    """
    in_order = sorted(commands, key=lambda command: command.shard)
    for _, of_one in groupby(in_order, key=lambda command: command.shard):
        append_commands(commands=list(of_one))


def check_live(*, placed: PlacedOrder) -> None:
    """raises  OrderNotOpen when it has ended"""
    if placed.record is not None and placed.record.status not in LIVE:
        raise OrderNotOpen(order_id=str(placed.command.pk))


def cancel_command(*, placed: PlacedOrder, now: datetime) -> Command:
    """The command that takes an order back. Not written."""
    return Command(**cancel_values(placed=placed, now=now))


def cancel_values(*, placed: PlacedOrder, now: datetime) -> dict[str, Any]:
    """The fields of the command that takes an order back."""
    return _about(placed, CommandKind.CANCEL, now)


def amend_command(
    *,
    placed: PlacedOrder,
    price: Ticks | None,
    quantity: Lots | None,
    trigger: Ticks | None,
    now: datetime,
) -> Command:
    """The command that changes an order. Not written."""
    return Command(
        **amend_values(
            placed=placed, price=price, quantity=quantity, trigger=trigger, now=now
        )
    )


def amend_values(
    *,
    placed: PlacedOrder,
    price: Ticks | None,
    quantity: Lots | None,
    trigger: Ticks | None,
    now: datetime,
) -> dict[str, Any]:
    """The fields of the command that changes an order."""
    return _about(placed, CommandKind.AMEND, now) | {
        "price": price or 0,
        "quantity": quantity or 0,
        "trigger_price": trigger,
    }


def terms_of(*, placed: PlacedOrder) -> OrderTerms:
    """An order's terms as it stands: amended, slid or decremented since it was placed."""
    asked, now = placed.command, placed.record or placed.command
    return OrderTerms(
        side=OrderSide(asked.side),
        type=OrderType(asked.type),
        time_in_force=TimeInForce(asked.time_in_force),
        price=Ticks(now.price),
        quantity=Lots(now.quantity),
        budget=Atoms(asked.budget),
        self_trade=SelfTrade(asked.self_trade),
        post_only=PostOnly(asked.post_only or 0),
        trigger=Ticks(now.trigger_price or 0),
        trail=Ticks(asked.trail or 0),
        trail_ppm=Ppm(asked.trail_ppm or 0),
        display=Lots(asked.display or 0),
        slippage_ppm=Ppm(asked.slippage_ppm or 0),
        expires_at=asked.expires_at,
    )


def _about(placed: PlacedOrder, kind: CommandKind, now: datetime) -> dict[str, Any]:
    return {
        "market_id": placed.command.market_id,
        "shard": placed.command.shard,
        "kind": kind,
        "user_id": placed.command.user_id,
        "order_id": placed.command.pk,
        "created_at": now,
    }


def _rules_of(placed: PlacedOrder) -> MarketRules:
    return markets().get(pk=placed.command.market_id).rules
