"""The event log's shape: what one batch did to one market, net. Pure.

`{"depth": [[side, price, lots], …],          levels as they are now; 0 lots: gone
  "trades": [[sequence, price, lots, taker_side, maker_order, taker_order, maker_user,
              taker_user, maker_fee, taker_fee], …],
  "orders": [[id, user, side, type, price, quantity, budget, filled, filled_quote,
              status, reason], …],
  "time": milliseconds since 1970,
  "state": [state, until],                    of the market, when a batch set it
  "auction": [sequence, …],                   the trades that an auction made
  "special": [[id, trigger, cap], …],         of the orders above that have one of them
  "events": [[order, kind, reason, limit, actual], …]}`

The last four are left out when there is nothing to say, so that a plain batch's payload
does not grow, and payloads from before they were known are read all the same.

Prices, triggers and caps are ticks, quantities lots (of depth: those shown), quote amounts
and fees atoms, `until` as kernel.pgcopy.timestamp or 0; side, type, status, reason, kind
and state are the numbers of orders.commands. `events` has those that an order's status
does not show.
"""

from typing import Any, Final, NamedTuple

import msgspec

from matching.book import Book
from matching.outcome import Outcome
from orders.commands import SEQUENCE_BITS, EventKind

#: An order in one of these states says so itself, with its reason.
_SHOWN_BY_STATUS: Final = frozenset(
    {EventKind.REJECTED.value, EventKind.CANCELLED.value, EventKind.ARMED.value}
)


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


class LoggedState(NamedTuple):
    state: int
    until: int


class LoggedSpecial(NamedTuple):
    """What few orders have; 0 for what this one has not."""

    id: int
    trigger: int
    cap: int


class LoggedEvent(NamedTuple):
    order: int
    kind: int
    reason: int
    limit: int
    actual: int


class Events(msgspec.Struct):
    """One decoded payload."""

    depth: list[tuple[int, int, int]]
    trades: list[LoggedTrade]
    orders: list[LoggedOrder]
    time: int
    state: LoggedState | None = None
    auction: list[int] = []
    special: list[LoggedSpecial] = []
    events: list[LoggedEvent] = []


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Events)


def encode(outcome: Outcome, book: Book, *, time_ms: int) -> str:
    """The payload of an outcome; `book` is the market's book after it."""
    mask = (1 << SEQUENCE_BITS) - 1
    depth = [
        (side, price, book.lots_at(side, price)) for side, price in sorted(outcome.levels)
    ]
    trades = [
        (number & mask, price, quantity, *sides_and_fees)
        for number, price, quantity, _, *sides_and_fees, _ in outcome.trades
    ]
    orders = [
        (
            order.id, order.user, order.side, order.type, order.price, order.quantity,
            order.budget, order.quantity - order.remaining - order.hidden,
            order.filled_quote, order.status, order.reason,
        )
        for order in outcome.orders.values()
    ]  # fmt: skip
    payload = {"depth": depth, "trades": trades, "orders": orders, "time": time_ms}
    return _encoder.encode(payload | _rarities(outcome, mask)).decode()


def _rarities(outcome: Outcome, mask: int) -> dict[str, Any]:
    """What a plain batch has nothing of."""
    last = outcome.changes[-1] if outcome.changes else None
    rarities = {
        "state": last and (last.state, last.until),
        "auction": [number & mask for number, *_, auction in outcome.trades if auction],
        "special": [
            (order.id, order.trigger, order.cap)
            for order in outcome.orders.values()
            if order.trigger or order.cap
        ],
        "events": [
            (event.order, event.kind, event.reason, event.limit, event.actual)
            for event in outcome.events
            if event.kind not in _SHOWN_BY_STATUS and event.order in outcome.orders
        ],
    }
    return {name: rarity for name, rarity in rarities.items() if rarity}


def decode(payload: str) -> Events:
    return _decoder.decode(payload)
