"""The event log's shape: what one batch did to one market, net. Pure.

`{"depth": [[side, price, lots], …],          levels as they are now; 0 lots: gone
  "trades": [[sequence, price, lots, taker_side, maker_order, taker_order, maker_user,
              taker_user, maker_fee, taker_fee], …],
  "orders": [[id, user, side, type, price, quantity, budget, filled, filled_quote,
              status, reason], …],
  "time": milliseconds since 1970}`

Prices are ticks, quantities lots, quote amounts and fees atoms; side, type, status and
reason are the numbers of orders.commands.
"""

from typing import NamedTuple

import msgspec

from matching.book import Book
from matching.engine import Outcome
from orders.commands import SEQUENCE_BITS


class LoggedTrade(NamedTuple):
    sequence: int
    price: int
    quantity: int
    taker_side: int
    maker_order: int
    taker_order: int
    maker_user: int
    taker_user: int
    maker_fee: int
    taker_fee: int


class LoggedOrder(NamedTuple):
    id: int
    user: int
    side: int
    type: int
    price: int
    quantity: int
    budget: int
    filled: int
    filled_quote: int
    status: int
    reason: int


class Events(msgspec.Struct):
    """One decoded payload."""

    depth: list[tuple[int, int, int]]
    trades: list[LoggedTrade]
    orders: list[LoggedOrder]
    time: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Events)


def encode(outcome: Outcome, book: Book, *, time_ms: int) -> str:
    """The payload of an outcome; `book` is the market's book after it."""
    mask = (1 << SEQUENCE_BITS) - 1
    depth = [
        (side, price, book.lots_at(side, price)) for side, price in sorted(outcome.levels)
    ]
    trades = [
        (
            trade.id & mask, trade.price, trade.quantity, trade.taker_side,
            trade.maker_order, trade.taker_order, trade.maker_user, trade.taker_user,
            trade.maker_fee, trade.taker_fee,
        )
        for trade in outcome.trades
    ]  # fmt: skip
    orders = [
        (
            order.id, order.user, order.side, order.type, order.price, order.quantity,
            order.budget, order.quantity - order.remaining, order.filled_quote,
            order.status, order.reason,
        )
        for order in outcome.orders.values()
    ]  # fmt: skip
    payload = {"depth": depth, "trades": trades, "orders": orders, "time": time_ms}
    return _encoder.encode(payload).decode()


def decode(payload: str) -> Events:
    return _decoder.decode(payload)
