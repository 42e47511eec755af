"""Orders are placed, alone or as a list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kernel.units import Ppm
from orders.commands import CommandKind, UnitKind
from orders.models import Command, NewCommand
from orders.rules import MarketRules, OrderTerms, check_list, check_order
from orders.selectors import rates_of
from orders.services.resends import append_once, first_answer
from orders.terms import MARKET_TYPES


def place_order(
    *,
    user_id: int,
    market: MarketRules,
    shard: int,
    terms: OrderTerms,
    client_order_id: str | None,
    now: datetime,
) -> Command:
    """Append a place command; once this returns, the order is durable and will be matched.

    The engine decides on the funds. A repeat with the same client order id returns the
    first command.

    raises  what orders.rules.check_order raises; ClientOrderIdReused when the id stands
            for another order; nothing is written
    """
    command = order_command(
        user_id=user_id,
        market=market,
        shard=shard,
        terms=terms,
        client_order_id=client_order_id,
        now=now,
    )
    # A resend is answered before the rules are asked: the market may have halted since.
    if first := first_answer(commands=[command]):
        return first[0]
    check_order(market=market, terms=terms, now=now)
    rates = rates_of(user_id=user_id, market=market)
    stamp_order(command=command, market=market, rates=rates)
    return append_once(commands=[command])[0]


def refuse_as_placed(
    *,
    user_id: int,
    market: MarketRules,
    terms: OrderTerms,
    client_order_id: str | None,
    now: datetime,
) -> None:
    """Look at an order as `place_order` does before it writes, and write nothing.

    raises  what `place_order` raises
    """
    command = order_command(
        user_id=user_id,
        market=market,
        shard=0,
        terms=terms,
        client_order_id=client_order_id,
        now=now,
    )
    if not first_answer(commands=[command]):
        check_order(market=market, terms=terms, now=now)


def place_list(
    *,
    user_id: int,
    market: MarketRules,
    shard: int,
    kind: UnitKind,
    legs: Sequence[OrderTerms],
    client_order_id: str | None,
    now: datetime,
) -> list[Command]:
    """Append an OCO or a bracket: orders that the engine takes, links and ends together.

    A repeat with the same client order id returns the first list.

    kind             OCO or BRACKET
    legs             of an OCO: the limit, then the stop; of a bracket: the entry first
    client_order_id  becomes that of the first
    returns          the commands of the orders, as the legs
    raises           what orders.rules.check_list raises; ClientOrderIdReused when the id
                     stands for anything else; nothing is written
    """
    commands = [
        order_command(
            user_id=user_id,
            market=market,
            shard=shard,
            terms=leg,
            client_order_id=None if number else client_order_id,
            now=now,
        )
        for number, leg in enumerate(legs)
    ]
    bind_unit(commands=commands, kind=kind)
    if first := first_answer(commands=commands):
        return first
    check_list(market=market, kind=kind, legs=legs, now=now)
    rates = rates_of(user_id=user_id, market=market)
    for command in commands:
        stamp_order(command=command, market=market, rates=rates)
    return append_once(commands=commands)


def order_command(
    *,
    user_id: int,
    market: MarketRules,
    shard: int,
    terms: OrderTerms,
    client_order_id: str | None,
    now: datetime,
) -> Command:
    """The command that places these terms. Not stamped, and not written."""
    return Command(
        **order_values(
            user_id=user_id,
            market=market,
            shard=shard,
            terms=terms,
            client_order_id=client_order_id,
            now=now,
        )
    )


def order_values(
    *,
    user_id: int,
    market: MarketRules,
    shard: int,
    terms: OrderTerms,
    client_order_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """The fields of the command that places these terms. Not stamped."""
    return {
        "market_id": market.id,
        "shard": shard,
        "kind": CommandKind.PLACE,
        "user_id": user_id,
        "side": terms.side,
        "type": terms.type,
        "time_in_force": terms.time_in_force,
        "price": terms.price,
        "quantity": terms.quantity,
        "budget": terms.budget,
        "client_order_id": client_order_id,
        "self_trade": terms.self_trade,
        "post_only": terms.post_only or None,
        "trigger_price": terms.trigger or None,
        "trail": terms.trail or None,
        "trail_ppm": terms.trail_ppm or None,
        "display": terms.display or None,
        "slippage_ppm": terms.slippage_ppm or None,
        "expires_at": terms.expires_at,
        "created_at": now,
    }


def stamp_order(
    *, command: Command | NewCommand, market: MarketRules, rates: tuple[Ppm, Ppm]
) -> None:
    """Put what holds at this moment on a new place command: the user's (maker, taker)
    rates, and the market's slippage if the order names none. Not written to the log."""
    command.maker_ppm, command.taker_ppm = rates
    if command.slippage_ppm is None and command.type in MARKET_TYPES:
        command.slippage_ppm = market.slippage_ppm


def bind_unit(*, commands: Sequence[Command], kind: UnitKind) -> None:
    """Let commands be carried out in one moment, in this order. Not written to the log."""
    for position, command in enumerate(commands):
        command.unit = kind
        command.position = position
        command.follow = len(commands) - 1 - position
