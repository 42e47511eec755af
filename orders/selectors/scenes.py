"""What an order would meet, for a dry run."""

from datetime import datetime

from ledger.selectors import balances_of
from orders.commands import OrderSide, OrderStatus
from orders.models import Market, Order
from orders.preview import Scene
from orders.selectors.fees import first_trade_since, rates_of
from orders.selectors.fills import trades_in
from orders.selectors.markets import price_levels
from orders.selectors.stories import live_count


def scene_of(*, user_id: int, market: Market, side: OrderSide, now: datetime) -> Scene:
    """The other side of the book, the user's own part in it, funds, prices and rates."""
    levels = price_levels(market_id=market.pk)
    last, reference = prices_of(market_id=market.pk, now=now)
    found = {it.asset.pk: it for it in balances_of(owner_id=user_id)}
    base, quote = found.get(market.base_id), found.get(market.quote_id)
    _, taker_ppm = rates_of(user_id=user_id, market=market.rules)
    return Scene(
        levels=[(price, lots) for that, price, lots in levels if that == side.other],
        own=own_levels(user_id=user_id, market_id=market.pk, side=side.other),
        available=(base.available if base else 0, quote.available if quote else 0),
        held=(base.held if base else 0, quote.held if quote else 0),
        live=live_count(user_id=user_id, market_id=market.pk),
        last=last,
        reference=reference,
        taker_ppm=taker_ppm,
    )


def own_levels(*, user_id: int, market_id: int, side: OrderSide) -> dict[int, int]:
    """Price in ticks -> lots that a user's own orders show there."""
    found: dict[int, int] = {}
    mine = Order.objects.filter(user_id=user_id, market_id=market_id, side=side)
    for order in mine.filter(status=OrderStatus.OPEN):
        shown = order.remaining - (order.hidden or 0)
        found[order.price] = found.get(order.price, 0) + shown
    return found


def prices_of(*, market_id: int, now: datetime) -> tuple[int | None, int | None]:
    """(last price, reference price) of a market in ticks; None before its first trade.

    The reference is the last price before this minute, or that of an auction or of the
    first trade since (docs/orders.md).
    """
    trades = trades_in(market_id=market_id)
    last = trades.first()
    if last is None:
        return None, None
    minute = now.replace(second=0, microsecond=0)
    first = first_trade_since(market_id=market_id, since=minute)
    if first is None:
        return last.price, last.price
    auction = trades.filter(id__gte=first, auction=True).first()
    before = trades.filter(id__lt=first).first() or trades.get(pk=first)
    return last.price, (auction or before).price
