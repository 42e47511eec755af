"""What a user is told of a request: done, not decided yet, or refused and why."""

from typing import Any, Final

from kernel.errors import ExchangeError
from ledger.errors import InsufficientFunds
from orders.commands import LIVE, CommandKind, EventKind, OrderStatus, Reason
from orders.errors import (
    AmendBelowFilled,
    LinkedOrder,
    MarketNotOpen,
    NoLastPrice,
    OrderExpired,
    OrderFailed,
    OrderNotAmendable,
    OrderNotOpen,
    PostOnlyWouldTake,
    PriceBandExceeded,
    TooManyOrders,
    UnitRefused,
)
from orders.models import Command, Market, Order
from orders.selectors import Standing
from orders.serializers.figures import figures

#: How the engine's refusals are told; what is not here is its own fault.
REFUSALS: Final[dict[int, type[ExchangeError]]] = {
    Reason.INSUFFICIENT_FUNDS: InsufficientFunds,
    Reason.MARKET_NOT_OPEN: MarketNotOpen,
    Reason.EXPIRED: OrderExpired,
    Reason.POST_ONLY_WOULD_TAKE: PostOnlyWouldTake,
    Reason.PRICE_BAND: PriceBandExceeded,
    Reason.TOO_MANY_ORDERS: TooManyOrders,
    Reason.UNIT_REFUSED: UnitRefused,
    Reason.NO_LAST_PRICE: NoLastPrice,
    Reason.ORDER_NOT_OPEN: OrderNotOpen,
    Reason.AMEND_BELOW_FILLED: AmendBelowFilled,
    Reason.LINKED_ORDER: LinkedOrder,
    Reason.NOT_AMENDABLE: OrderNotAmendable,
}
_REFUSED: Final = (EventKind.REJECTED, EventKind.AMEND_REFUSED, EventKind.CANCEL_REFUSED)


def is_decided(standing: Standing) -> bool:
    """Whether it is known what became of the command."""
    command, record = standing.command, standing.placed.record
    if record is None:
        return False
    if command.kind == CommandKind.PLACE or record.status not in LIVE or standing.events:
        return True
    # An amend that changes nothing leaves no trace.
    return command.kind == CommandKind.AMEND and _has_values(record, command)


def refusal_of(standing: Standing, market: Market) -> ExchangeError | None:
    """Why a decided command came to nothing; None when it did what it asked for."""
    command, record = standing.command, standing.placed.record
    if record is None:
        return None
    for event in standing.events:
        if event.kind in _REFUSED:
            return refusal(
                event.reason,
                market,
                record.side,
                kind=event.kind,
                limit=event.limit,
                actual=event.actual,
            )
    if command.kind == CommandKind.PLACE:
        is_rejected = record.status == OrderStatus.REJECTED
        return refusal(record.reason, market, record.side) if is_rejected else None
    if record.status in LIVE or standing.events:
        return None
    is_cancelled = record.status == OrderStatus.CANCELLED
    is_done = command.kind == CommandKind.CANCEL and is_cancelled
    return None if is_done else OrderNotOpen()


def refusal(
    reason: int,
    market: Market,
    side: int,
    *,
    kind: int = EventKind.REJECTED,
    limit: int = 0,
    actual: int = 0,
) -> ExchangeError:
    """The engine's refusal as an error, with its figures in their unit.

    side  of the order
    """
    given: dict[str, Any] = figures(
        market, side, kind=kind, reason=reason, limit=limit, actual=actual
    )
    told = {name: value for name, value in given.items() if value is not None}
    return REFUSALS.get(reason, OrderFailed)(**told)


def _has_values(record: Order, command: Command) -> bool:
    return (
        command.price in (0, record.price)
        and command.quantity in (0, record.quantity)
        and command.trigger_price in (None, record.trigger_price)
    )
