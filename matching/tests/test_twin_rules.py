"""The naive twin is no better than its author: these examples were worked out by hand."""

from dataclasses import replace
from random import Random

from matching.tests.twin import Twin
from matching.tests.twin.markets import market_of
from matching.tests.twin.streams import Stream
from orders.commands import (
    PLAIN,
    Amend,
    Cancel,
    Clock,
    Configure,
    EventKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    Reason,
    SelfTrade,
    TimeInForce,
    Unit,
    UnitKind,
)

BUY, SELL = OrderSide.BUY, OrderSide.SELL
ALICE, BOB, CAROL = 1, 2, 3
SECOND = 1_000_000


class Story:
    """A market with tick value 10 and lot size 1,000 where everybody is rich."""

    def __init__(self, **settings: int) -> None:
        rules = replace(
            market_of(Random(0)),
            price_max=10**6,
            lot_size=1_000,
            tick_value=10,
            band_ppm=0,
            band_caps=False,
            halt_ppm=0,
            halt_seconds=60,
            max_open_orders=0,
        )
        self.twin = Twin(replace(rules, **settings))
        self.twin.owns = {
            (user, asset): 10**12 for user in (1, 2, 3) for asset in ("base", "quote")
        }
        self.last = 0

    def leg(
        self,
        user: int,
        side: int,
        lots: int,
        *,
        at: int = 0,
        kind_of: OrderType | None = None,
        kind: TimeInForce = TimeInForce.GTC,
        mode: SelfTrade = SelfTrade.CANCEL_TAKER,
        budget: int = 0,
        slippage: int = 100_000,
        **extra: int,
    ) -> Place:
        self.last += 1
        default = OrderType.LIMIT if at else OrderType.MARKET
        terms = PLAIN._replace(slippage_ppm=slippage, **extra)
        return Place(
            self.last,
            1,
            user,
            side,
            kind_of or default,
            kind,
            mode,
            at,
            lots,
            budget,
            0,
            0,
            terms,
        )

    def place(self, *args, **terms) -> int:
        self.run(leg := self.leg(*args, **terms))
        return leg.id

    def run(self, unit, at: int = 0) -> None:
        self.twin.run(unit, at)

    def unit(self, kind: UnitKind, *commands) -> None:
        self.run(Unit(kind, commands))

    def amend(self, user: int, order: int, *, price=0, lots=0, trigger=0) -> None:
        self.last += 1
        self.run(Amend(self.last, 1, user, order, price, lots, trigger))

    def cancel(self, user: int, order: int) -> None:
        self.last += 1
        self.run(Cancel(self.last, 1, user, order))

    def configure(self, **settings: int) -> None:
        self.last += 1
        self.run(Configure(self.last, 1, 9, settings))

    def wait(self, until: int) -> None:
        self.last += 1
        self.run(Clock(self.last, 1, 9), until)

    def trades(self) -> list[tuple[int, int, int, int]]:
        """(maker, taker, price, lots)"""
        return [(t.maker, t.taker, t.price, t.lots) for t in self.twin.trades]

    def end(self, order: int) -> tuple[OrderStatus, Reason, int]:
        """(status, reason, filled)"""
        order = self.twin.orders[order]
        return order.status, order.reason, order.filled

    def held(self, user: int) -> tuple[int, int]:
        return self.twin.held(user, "base"), self.twin.held(user, "quote")


FILLED, CANCELLED = OrderStatus.FILLED, OrderStatus.CANCELLED
OPEN, ARMED, WAITING = OrderStatus.OPEN, OrderStatus.ARMED, OrderStatus.WAITING


def test_the_better_price_comes_first_and_then_the_older_order():
    story = Story()
    high = story.place(ALICE, SELL, 1, at=101)
    older = story.place(ALICE, SELL, 1, at=100)
    younger = story.place(CAROL, SELL, 1, at=100)

    taker = story.place(BOB, BUY, 3, at=101)

    assert story.trades() == [
        (older, taker, 100, 1),
        (younger, taker, 100, 1),
        (high, taker, 101, 1),
    ]


def test_an_iceberg_comes_back_behind_the_others():
    story = Story()
    iceberg = story.place(ALICE, SELL, 5, at=100, display=2)
    plain = story.place(CAROL, SELL, 2, at=100)

    taker = story.place(BOB, BUY, 5, at=100)

    assert story.trades() == [
        (iceberg, taker, 100, 2),
        (plain, taker, 100, 2),
        (iceberg, taker, 100, 1),
    ]
    assert story.twin.depth() == {(False, 100): [(iceberg, 1)]}
    assert story.held(ALICE) == (2_000, 0)


def test_decrement_takes_the_smaller_off_the_larger():
    story = Story()
    maker = story.place(ALICE, SELL, 5, at=100, display=2)

    taker = story.place(ALICE, BUY, 4, at=100, mode=SelfTrade.DECREMENT)

    assert story.trades() == []
    assert story.end(taker) == (CANCELLED, Reason.SELF_TRADE, 0)
    assert story.twin.orders[maker].quantity == 1
    assert story.twin.told == [
        (maker, EventKind.DECREMENTED, Reason.NONE, 5, 1),
        (taker, EventKind.CANCELLED, Reason.SELF_TRADE, 0, 0),
    ]


def test_fill_or_kill_counts_what_others_offer():
    story = Story()
    story.place(ALICE, SELL, 5, at=100, display=2)
    story.place(BOB, SELL, 5, at=101)

    killed = story.place(BOB, BUY, 6, at=101, kind=TimeInForce.FOK)
    filled = story.place(BOB, BUY, 5, at=101, kind=TimeInForce.FOK)

    assert story.end(killed) == (CANCELLED, Reason.FOK_NOT_FILLED, 0)
    assert story.end(filled) == (FILLED, Reason.NONE, 5)


def test_a_budget_buys_what_it_can():
    story = Story()
    story.place(ALICE, SELL, 1, at=100)
    story.place(ALICE, SELL, 5, at=101)

    taker = story.place(BOB, BUY, 0, budget=3_000)

    assert story.end(taker) == (FILLED, Reason.NONE, 2)
    assert story.twin.orders[taker].filled_quote == 2_010
    assert story.held(BOB) == (0, 0)


def test_a_market_order_stops_at_its_cap():
    story = Story()
    story.place(ALICE, SELL, 1, at=100)
    story.place(ALICE, SELL, 1, at=111)

    taker = story.place(BOB, BUY, 2)

    assert story.end(taker) == (CANCELLED, Reason.SLIPPAGE, 1)
    assert story.twin.told[-1] == (taker, EventKind.CANCELLED, Reason.SLIPPAGE, 110, 111)


def test_stops_go_off_by_their_trigger_and_set_off_others():
    story = Story()
    story.place(CAROL, BUY, 1, at=90)
    story.place(CAROL, BUY, 9, at=80)
    low = story.place(ALICE, SELL, 1, kind_of=OrderType.STOP, trigger=85, slippage=500_000)
    high = story.place(ALICE, SELL, 2, kind_of=OrderType.STOP, trigger=90, slippage=500_000)

    sale = story.place(BOB, SELL, 1, at=90)

    assert [trade[1:] for trade in story.trades()] == [
        (sale, 90, 1),
        (high, 80, 2),
        (low, 80, 1),
    ]


def test_a_trailing_stop_follows_each_price():
    story = Story()
    story.place(CAROL, SELL, 1, at=100)
    story.place(CAROL, SELL, 1, at=110)
    story.place(BOB, BUY, 1, at=100)
    stop = story.place(ALICE, SELL, 1, kind_of=OrderType.TRAILING_STOP, trail=5)
    story.place(BOB, BUY, 1, at=110)
    assert story.twin.trigger_of(story.twin.orders[stop]) == 105

    story.place(CAROL, BUY, 1, at=106)
    story.place(BOB, SELL, 1, at=106)
    assert story.end(stop) == (ARMED, Reason.NONE, 0)

    story.place(CAROL, BUY, 2, at=105)
    story.place(BOB, SELL, 1, at=105)
    assert story.end(stop) == (FILLED, Reason.NONE, 1)


def test_a_fill_of_one_leg_cancels_the_other():
    story = Story()
    limit = story.leg(ALICE, BUY, 4, at=95)
    stop = story.leg(ALICE, BUY, 4, kind_of=OrderType.STOP_LIMIT, at=106, trigger=105)
    story.unit(UnitKind.OCO, limit, stop)
    assert story.held(ALICE) == (0, 4 * 106 * 10)

    story.place(BOB, SELL, 1, at=95)

    assert story.end(limit.id) == (OPEN, Reason.NONE, 1)
    assert story.end(stop.id) == (CANCELLED, Reason.OTHER_LEG, 0)
    assert story.held(ALICE) == (0, 3 * 95 * 10)


def test_the_exits_of_a_bracket_are_for_what_the_entry_brought():
    story = Story()
    entry = story.leg(ALICE, BUY, 4, at=100)._replace(maker_ppm=1)
    limit = story.leg(ALICE, SELL, 4, at=110)
    stop = story.leg(ALICE, SELL, 4, kind_of=OrderType.STOP, trigger=90)
    story.unit(UnitKind.BRACKET, entry, limit, stop)

    story.place(BOB, SELL, 3, at=100)
    assert story.end(limit.id) == (WAITING, Reason.NONE, 0)
    story.cancel(ALICE, entry.id)

    assert story.end(entry.id) == (CANCELLED, Reason.CANCELLED_BY_USER, 3)
    # The fee of one atom leaves no third whole lot.
    assert [story.twin.orders[leg.id].quantity for leg in (limit, stop)] == [2, 2]
    assert story.held(ALICE) == (2_000, 0)
    assert (story.end(limit.id)[0], story.end(stop.id)[0]) == (OPEN, ARMED)


def test_an_entry_without_a_fill_takes_its_exits_along():
    story = Story()
    entry = story.leg(ALICE, BUY, 4, at=100, kind=TimeInForce.IOC)
    limit = story.leg(ALICE, SELL, 4, at=110)
    stop = story.leg(ALICE, SELL, 4, kind_of=OrderType.STOP, trigger=90)

    story.unit(UnitKind.BRACKET, entry, limit, stop)

    assert story.end(entry.id) == (CANCELLED, Reason.IOC_REMAINDER, 0)
    assert story.end(limit.id) == (CANCELLED, Reason.ENTRY_NOT_FILLED, 0)
    assert story.end(stop.id) == (CANCELLED, Reason.ENTRY_NOT_FILLED, 0)


def test_an_auction_trades_all_at_the_price_with_the_largest_volume():
    story = Story()
    story.configure(state=MarketState.AUCTION, until=5 * SECOND)
    high = story.place(ALICE, BUY, 3, at=105)
    ask = story.place(BOB, SELL, 4, at=99)
    low = story.place(CAROL, BUY, 2, at=101)
    assert story.trades() == []

    story.wait(5 * SECOND)

    # 4 lots change hands from 99 to 101, always with one left over; the middle of best
    # bid and best ask, (105 + 99) // 2, is 102, and 101 is nearest to it.
    assert story.trades() == [(high, ask, 101, 3), (ask, low, 101, 1)]
    assert story.twin.depth() == {(True, 101): [(low, 1)]}
    assert story.twin.reference == 101


def test_a_taker_that_would_run_away_halts_the_market():
    story = Story(halt_ppm=50_000)
    story.place(ALICE, SELL, 1, at=100)
    story.place(ALICE, SELL, 1, at=106)
    story.place(BOB, BUY, 1, at=100)

    taker = story.place(BOB, BUY, 1, at=110)

    assert story.twin.changes == [(MarketState.AUCTION, 60 * SECOND)]
    assert story.end(taker) == (OPEN, Reason.NONE, 0)
    story.wait(60 * SECOND)
    assert story.trades()[-1] == (2, taker, 106, 1)
    assert story.twin.open


def test_less_keeps_its_place_and_more_loses_it():
    story = Story()
    first = story.place(ALICE, BUY, 5, at=100)
    second = story.place(BOB, BUY, 5, at=100)
    story.amend(ALICE, first, lots=3)
    assert story.twin.depth() == {(True, 100): [(first, 3), (second, 5)]}

    story.amend(ALICE, first, lots=6)

    assert story.twin.depth() == {(True, 100): [(second, 5), (first, 6)]}


def test_an_amended_price_takes_what_it_can():
    story = Story()
    ask = story.place(BOB, SELL, 2, at=105)
    bid = story.place(ALICE, BUY, 5, at=100)

    story.amend(ALICE, bid, price=105)

    assert story.trades() == [(ask, bid, 105, 2)]
    assert story.held(ALICE) == (0, 3 * 105 * 10)


def test_of_a_unit_all_is_done_or_nothing():
    story = Story()
    bid = story.place(ALICE, BUY, 1, at=100)
    poor = story.leg(ALICE, BUY, 10**10, at=100)
    story.last += 1
    cancel = Cancel(story.last, 1, ALICE, bid)

    story.unit(UnitKind.ALL_OR_NONE, cancel, story.leg(ALICE, BUY, 1, at=99), poor)

    assert story.end(bid) == (OPEN, Reason.NONE, 0)
    assert story.twin.told[-3:] == [
        (bid, EventKind.CANCEL_REFUSED, Reason.UNIT_REFUSED, 0, 0),
        (4, EventKind.REJECTED, Reason.UNIT_REFUSED, 0, 0),
        (2, EventKind.REJECTED, Reason.INSUFFICIENT_FUNDS, 10**12 - 1_000, 10**13 - 10),
    ]


def test_the_order_of_time_decides_between_an_expiry_and_an_auction():
    story = Story()
    story.configure(state=MarketState.AUCTION, until=5 * SECOND)
    early = story.place(ALICE, BUY, 1, at=100, kind=TimeInForce.GTD, expires=5 * SECOND)
    late = story.place(CAROL, BUY, 1, at=100, kind=TimeInForce.GTD, expires=5 * SECOND + 1)
    ask = story.place(BOB, SELL, 2, at=100)

    story.wait(9 * SECOND)

    assert story.trades() == [(late, ask, 100, 1)]
    assert story.end(early) == (CANCELLED, Reason.EXPIRED, 0)


def test_a_stream_is_made_again_from_its_seed():
    streams = [Stream.begun(7) for _ in range(2)]

    first, second = ([s.next(n) for n in range(50)] for s in streams)

    assert first == second
