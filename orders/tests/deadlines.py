"""Orders and markets at their deadlines, and the seconds that pass until then."""

from datetime import datetime, timedelta

from orders.commands import (
    CommandKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    TimeInForce,
)
from orders.models import Command, Market, Order
from orders.services import run_clock
from tests.stories import NOON, person

SECOND = timedelta(seconds=1)
OPEN, FILLED = OrderStatus.OPEN, OrderStatus.FILLED


def ask(market: Market, *, expires: datetime | None, name: str = "alice") -> Command:
    """Append a place command that the engine has not seen."""
    return Command.objects.create(
        market_id=market.pk, shard=market.shard, kind=CommandKind.PLACE,
        user_id=person(name).pk, side=OrderSide.BUY, type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTD if expires else TimeInForce.GTC, price=1, quantity=1,
        expires_at=expires, created_at=NOON,
    )  # fmt: skip


def decided(command: Command, status: OrderStatus) -> Order:
    """Record what the engine made of a place command."""
    return Order.objects.create(
        id=command.pk, market_id=command.market_id, user_id=command.user_id,
        side=command.side, type=command.type, price=1, quantity=1, budget=0,
        filled=int(status == FILLED), filled_quote=0, status=status, reason=Reason.NONE,
        maker_ppm=0, taker_ppm=0, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


def order(
    market: Market,
    *,
    expires: datetime | None = None,
    status: OrderStatus = OPEN,
    name: str = "alice",
) -> Order:
    return decided(ask(market, expires=expires, name=name), status)


def state(market: Market, now: MarketState, until: datetime | None = None) -> None:
    """Change the row, as settlement does."""
    Market.objects.filter(pk=market.pk).update(state=now.name.lower(), until=until)


def run_through(first: int, last: int) -> None:
    for second in range(first, last + 1):
        run_clock(now=NOON + second * SECOND)
