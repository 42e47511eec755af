"""A market's picture, and the words in which it is told."""

import pytest

from kernel.units import Atoms, Lots, Ppm, Ticks
from marketdata.feed import (
    Batch,
    GapInLog,
    Picture,
    Standing,
    Ticker,
    TradeSeen,
    depth_update,
    state_update,
    ticker_body,
    trades_update,
)
from matching.events import Events, LoggedTrade
from orders.commands import MarketState, OrderSide
from orders.rules import MarketRules
from tests.stories import NOON

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value
#: Tick 0.01 quote, lot 0.00001 base.
RULES = MarketRules(
    id=3,
    symbol="BTC-USDT",
    base=1,
    quote=2,
    base_scale=8,
    quote_scale=8,
    tick_size=Atoms(1_000_000),
    lot_size=Atoms(1_000),
    tick_value=Atoms(10),
    price_max=Ticks(10**9),
    quantity_min=Lots(1),
    quantity_max=Lots(10**9),
    notional_min=Atoms(1),
    maker_ppm=Ppm(0),
    taker_ppm=Ppm(0),
)
OPEN = Standing(MarketState.OPEN, None)
AUCTION = Standing(MarketState.AUCTION, NOON)


STILL = {"sequence": 7, "standing": OPEN, "levels": [], "trades": []}


def picture(**given) -> Picture:
    return Picture(RULES, **STILL | given)


def batch(sequence: int, *, depth=(), trades=(), auction=(), standing=None) -> Batch:
    events = Events(list(depth), list(trades), [], 0, auction=list(auction))
    return Batch(sequence, NOON, events, standing)


def trade(sequence: int, price: int = 6_000_000, quantity: int = 10_000) -> LoggedTrade:
    return LoggedTrade(sequence, price, quantity, SELL, 1, 2, 10, 20, 0, 0)


def test_a_picture_shows_the_best_prices_first():
    seen = picture(levels=[(BUY, 100, 5), (BUY, 102, 1), (SELL, 110, 3), (SELL, 105, 2)])

    assert seen.depth() == {
        "type": "snapshot",
        "channel": "depth",
        "market": "BTC-USDT",
        "sequence": 7,
        "state": "open",
        "bids": [["1.02000000", "0.00001000"], ["1.00000000", "0.00005000"]],
        "asks": [["1.05000000", "0.00002000"], ["1.10000000", "0.00003000"]],
    }


def test_a_batch_sets_and_removes_levels():
    seen = picture(levels=[(BUY, 100, 5), (SELL, 105, 2)])

    seen.apply(batch(8, depth=[(BUY, 100, 3), (BUY, 99, 4), (SELL, 105, 0)]))

    assert (seen.sequence, seen.book.bids(), seen.book.asks()) == (
        8,
        [(100, 3), (99, 4)],
        [],
    )


@pytest.mark.parametrize("sequence", [6, 7, 9])
def test_a_batch_that_is_not_the_next_one_changes_nothing(sequence):
    seen = picture(levels=[(BUY, 100, 5)])

    with pytest.raises(GapInLog):
        seen.apply(batch(sequence, depth=[(BUY, 100, 0)], trades=[trade(1)]))

    assert (seen.sequence, seen.book.bids(), seen.trade_sequence) == (7, [(100, 5)], 0)


def test_a_picture_keeps_the_last_fifty_trades():
    seen = picture(trades=[TradeSeen(1, 100, 1, BUY, False, NOON)])

    seen.apply(batch(8, trades=[trade(number) for number in range(2, 62)]))

    told = seen.last_trades()
    assert told["sequence"] == 61
    assert [each["sequence"] for each in told["trades"]] == list(range(12, 62))


def test_a_batch_without_changed_levels_is_told_all_the_same():
    assert depth_update(RULES, batch(8)) == {
        "type": "update",
        "channel": "depth",
        "market": "BTC-USDT",
        "sequence": 8,
        "time": NOON,
        "bids": [],
        "asks": [],
    }


def test_a_batch_that_sets_the_state_says_so_beside_its_levels():
    seen = picture(levels=[(BUY, 100, 5)])
    halted = batch(8, depth=[(SELL, 99, 2)], standing=AUCTION)

    seen.apply(halted)

    assert depth_update(RULES, halted) == {
        "type": "update",
        "channel": "depth",
        "market": "BTC-USDT",
        "sequence": 8,
        "time": NOON,
        "state": "auction",
        "bids": [],
        "asks": [["0.99000000", "0.00002000"]],
    }
    # The book is crossed now, and that is no mistake.
    assert seen.depth()["state"] == "auction"
    assert (seen.book.bids(), seen.book.asks()) == ([(100, 5)], [(99, 2)])


def test_a_state_is_told_with_the_end_of_its_auction():
    seen = picture()
    body = {
        "channel": "state",
        "market": "BTC-USDT",
        "sequence": 8,
        "state": "auction",
        "state_until": NOON,
    }

    seen.apply(batch(8, standing=AUCTION))

    assert seen.state() == body | {"type": "snapshot"}
    assert state_update(RULES, batch(8, standing=AUCTION), AUCTION) == body | {
        "type": "update",
        "time": NOON,
    }


def test_a_state_stays_until_a_batch_sets_another():
    seen = picture(standing=AUCTION)

    seen.apply(batch(8, depth=[(BUY, 100, 1)]))
    assert seen.standing == AUCTION
    seen.apply(batch(9, standing=OPEN))

    assert seen.standing == OPEN


def test_trades_of_an_auction_are_marked():
    told = trades_update(RULES, batch(8, trades=[trade(41), trade(42)], auction=[42]))

    assert [(it["sequence"], it["auction"]) for it in told["trades"]] == [
        (41, False),
        (42, True),
    ]


def test_a_level_that_is_gone_has_the_quantity_0():
    told = depth_update(RULES, batch(8, depth=[(BUY, 100, 0), (SELL, 105, 2)]))

    assert (told["bids"], told["asks"]) == (
        [["1.00000000", "0"]],
        [["1.05000000", "0.00002000"]],
    )


def test_a_trade_is_told_without_people_orders_and_fees():
    assert trades_update(RULES, batch(8, trades=[trade(41)])) == {
        "type": "update",
        "channel": "trades",
        "market": "BTC-USDT",
        "sequence": 41,
        "trades": [
            {
                "sequence": 41,
                "trade_id": str(3 * 2**40 + 41),
                "price": "60000.00000000",
                "quantity": "0.10000000",
                "quote_amount": "6000.00000000",
                "taker_side": "sell",
                "auction": False,
                "created_at": NOON,
            }
        ],
    }


@pytest.mark.parametrize(
    ("last", "opening", "change", "percent"),
    [
        (6_000_000, 5_800_000, "2000.00000000", "3.44"),
        (5_800_000, 6_000_000, "-2000.00000000", "-3.33"),
        (5_999_999, 6_000_000, "-0.01000000", "0.00"),
        (6_000_000, 6_000_000, "0.00000000", "0.00"),
        (3, 1, "0.02000000", "200.00"),
    ],
)
def test_a_change_is_exact_and_its_percentage_cut_off(last, opening, change, percent):
    day = Ticker(last, opening, last, opening, 1, 1, NOON)

    told = ticker_body(RULES, day, OPEN)

    assert (told["change"], told["change_percent"]) == (change, percent)


def test_a_day_without_trades_has_a_last_price_only():
    assert ticker_body(RULES, Ticker(100, None, None, None, 0, 0, NOON), AUCTION) == {
        "market": "BTC-USDT",
        "last": "1.00000000",
        "open": None,
        "high": None,
        "low": None,
        "change": None,
        "change_percent": None,
        "volume": "0.00000000",
        "quote_volume": "0.00000000",
        "state": "auction",
        "state_until": NOON,
        "time": NOON,
    }
