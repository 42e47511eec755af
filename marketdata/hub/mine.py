"""What is told to one user only: orders, fills, balances, shaped as in the REST API."""

from ledger.selectors import balances_of
from ledger.serializers import balance_body
from marketdata.commands import Channel
from marketdata.feed import Batch, Body, snapshot, update
from marketdata.selectors import News, open_orders_of
from matching.events import LoggedEvent, LoggedOrder, LoggedSpecial, LoggedTrade
from orders.commands import SEQUENCE_BITS, EventKind, Reason
from orders.models import Market, Order, Trade
from orders.selectors import Fill, PlacedOrder
from orders.serializers import fill_body, order_body
from orders.serializers.figures import figures
from orders.serializers.words import word


def users_of(batch: Batch) -> set[int]:
    """Whose orders or balances a batch may have changed."""
    return {order.user for order in batch.events.orders}


def orders_snapshot(*, user_id: int, market: Market) -> tuple[int, Body]:
    """(event sequence, the open orders at it, the newest first)."""
    sequence, placed = open_orders_of(user_id=user_id, market_id=market.pk)
    orders = [order_body(it, market) for it in placed]
    body = {"market": market.symbol, "sequence": sequence, "orders": orders}
    return sequence, snapshot(Channel.ORDERS, body)


def orders_update(news: News, *, user_id: int, market: Market) -> Body:
    """The user's orders that a batch touched, as they are now, and what led there: his
    fills, and what their states do not tell.
    """
    batch = news.batch
    special = {it.id: it for it in batch.events.special}
    own = {order.id: order for order in batch.events.orders if order.user == user_id}
    return update(
        Channel.ORDERS,
        {
            "market": market.symbol,
            "sequence": batch.sequence,
            "time": batch.time,
            "orders": [
                order_body(_placed(order, special.get(order.id), news), market)
                for order in own.values()
            ],
            "fills": [
                fill_body(fill, market)
                for trade in batch.events.trades
                for fill in _fills(trade, news, user_id, market)
            ],
            "events": [
                _event_body(event, own[event.order], market)
                for event in batch.events.events
                if event.order in own
            ],
        },
    )


def balances_snapshot(*, user_id: int) -> Body:
    balances = [balance_body(it) for it in balances_of(owner_id=user_id)]
    return snapshot(Channel.BALANCES, {"balances": balances})


def _placed(order: LoggedOrder, special: LoggedSpecial | None, news: News) -> PlacedOrder:
    record = Order(
        id=order.id,
        market_id=news.market_id,
        user_id=order.user,
        side=order.side,
        type=order.type,
        price=order.price,
        quantity=order.quantity,
        budget=order.budget,
        filled=order.filled,
        filled_quote=order.filled_quote,
        status=order.status,
        reason=order.reason,
        trigger_price=(special and special.trigger) or None,
        cap=(special and special.cap) or None,
        updated_at=news.batch.time,
    )
    return PlacedOrder(news.commands[order.id], record)


def _event_body(event: LoggedEvent, order: LoggedOrder, market: Market) -> Body:
    """As an entry of the order's timeline, as far as the log has it."""
    given = figures(
        market,
        order.side,
        kind=event.kind,
        reason=event.reason,
        limit=event.limit,
        actual=event.actual,
    )
    return {
        "order_id": str(event.order),
        "what": word(EventKind(event.kind)),
        "reason": word(Reason(event.reason)) if event.reason else None,
    } | given


def _fills(logged: LoggedTrade, news: News, user_id: int, market: Market) -> list[Fill]:
    """The user's sides of a trade: none, one, or both."""
    sides = ((logged.maker_user, False), (logged.taker_user, True))
    mine = [is_taker for user, is_taker in sides if user == user_id]
    if not mine:
        return []
    trade = Trade(
        id=market.pk << SEQUENCE_BITS | logged.sequence,
        market_id=market.pk,
        price=logged.price,
        quantity=logged.quantity,
        quote_amount=logged.price * logged.quantity * market.tick_value,
        taker_side=logged.taker_side,
        maker_order_id=logged.maker_order,
        taker_order_id=logged.taker_order,
        maker_user_id=logged.maker_user,
        taker_user_id=logged.taker_user,
        maker_fee=logged.maker_fee,
        taker_fee=logged.taker_fee,
        created_at=news.batch.time,
    )
    return [Fill(trade, is_taker=is_taker) for is_taker in mine]
