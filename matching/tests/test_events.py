"""The event log's payload: lean for what is plain, and readable for ever."""

import msgspec

from matching.book import Book, BookOrder, new_order
from matching.events import (
    Events,
    LoggedEvent,
    LoggedOrder,
    LoggedSpecial,
    LoggedState,
    LoggedTrade,
    decode,
    encode,
)
from matching.outcome import Change, Event, Outcome, TradeMade
from orders.commands import (
    SEQUENCE_BITS,
    EventKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    Reason,
    SelfTrade,
    TimeInForce,
)

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value
OPEN, ARMED = OrderStatus.OPEN.value, OrderStatus.ARMED.value
LIMIT = OrderType.LIMIT.value
MARKET_ID = 3

#: As it was written before special orders were known.
OLD = (
    '{"depth":[[1,100,5],[2,105,0]],'
    '"trades":[[41,105,2,1,7,8,70,80,1,3]],'
    '"orders":[[8,80,1,2,105,7,0,2,2100,1,0]],'
    '"time":1763726400000}'
)


def order(number: int, *, lots: int = 7) -> BookOrder:
    command = Place(
        number, MARKET_ID, number * 10, BUY, LIMIT, TimeInForce.GTC, SelfTrade.CANCEL_TAKER,
        105, lots, 0, 1_000, 2_000,
    )  # fmt: skip
    return new_order(command, 0)


def trade(sequence: int, *, auction: bool = False) -> TradeMade:
    number = MARKET_ID << SEQUENCE_BITS | sequence
    return TradeMade(number, 105, 2, 2_100, BUY, 7, 8, 70, 80, 1, 3, auction)


def test_a_plain_batch_says_nothing_of_what_it_has_not():
    resting = order(8)
    resting.remaining, resting.filled_quote = 5, 2_100
    book = Book()
    outcome = Outcome(trades=[trade(41)], orders={8: resting}, placed={8})

    payload = encode(outcome, book, time_ms=1_763_726_400_000)

    assert msgspec.json.decode(payload) == {
        "depth": [[BUY, 105, 0]],
        "trades": [[41, 105, 2, BUY, 7, 8, 70, 80, 1, 3]],
        "orders": [[8, 80, BUY, LIMIT, 105, 7, 0, 2, 2_100, OPEN, 0]],
        "time": 1_763_726_400_000,
    }


def test_a_payload_of_old_is_read():
    assert decode(OLD) == Events(
        depth=[(BUY, 100, 5), (SELL, 105, 0)],
        trades=[LoggedTrade(41, 105, 2, BUY, 7, 8, 70, 80, 1, 3)],
        orders=[LoggedOrder(8, 80, BUY, LIMIT, 105, 7, 0, 2, 2_100, OPEN, 0)],
        time=1_763_726_400_000,
        state=None,
        auction=[],
        special=[],
        events=[],
    )


def test_hidden_lots_are_not_filled():
    iceberg = order(8)
    iceberg.remaining, iceberg.hidden = 2, 4

    read = decode(encode(Outcome(orders={8: iceberg}), Book(), time_ms=0))

    assert [(it.quantity, it.filled) for it in read.orders] == [(7, 1)]


def test_the_last_state_of_a_batch_is_logged():
    changes = [
        Change(MarketState.AUCTION, 99, 0, 5, {}, "volatility_halt"),
        Change(MarketState.OPEN, 0, 1, 6, {"state": 1}, "all is well"),
    ]

    halted = decode(encode(Outcome(changes=changes[:1]), Book(), time_ms=0))
    opened = decode(encode(Outcome(changes=changes), Book(), time_ms=0))

    assert halted.state == LoggedState(MarketState.AUCTION, 99)
    assert opened.state == LoggedState(MarketState.OPEN, 0)


def test_the_trades_of_an_auction_are_marked():
    outcome = Outcome(trades=[trade(41, auction=True), trade(42, auction=True), trade(43)])

    assert decode(encode(outcome, Book(), time_ms=0)).auction == [41, 42]


def test_triggers_and_caps_are_logged_of_orders_that_have_them():
    stop, plain = order(8), order(9)
    stop.status, stop.trigger, stop.cap = ARMED, 110, 121

    read = decode(encode(Outcome(orders={8: stop, 9: plain}), Book(), time_ms=0))

    assert read.special == [LoggedSpecial(8, 110, 121)]


def test_events_that_a_status_shows_are_left_out():
    amended, none = EventKind.PRICE_AMENDED.value, Reason.NONE.value
    events = [
        Event(8, 5, EventKind.ARMED.value, none, 110, 0),
        Event(8, 5, amended, none, 104, 105),
        Event(8, 6, EventKind.CANCELLED.value, Reason.EXPIRED.value, 0, 0),
        Event(7, 6, EventKind.CANCEL_REFUSED.value, Reason.INTERNAL_ERROR.value, 0, 0),
    ]

    read = decode(encode(Outcome(orders={8: order(8)}, events=events), Book(), time_ms=0))

    assert read.events == [LoggedEvent(8, amended, none, 104, 105)]
