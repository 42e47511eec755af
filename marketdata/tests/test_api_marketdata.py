"""Depth, trades and tickers by REST."""

from datetime import timedelta

import pytest

from marketdata import selectors
from marketdata.selectors import ticker_of
from orders.commands import SEQUENCE_BITS, OrderSide
from orders.models import Market, Trade
from tests.stories import NOON, caller, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db

DEPTH = "/api/v1/markets/BTC-USDT/depth"
TRADES = "/api/v1/markets/BTC-USDT/trades"


@pytest.fixture
def market() -> Market:
    selectors._tickers.clear()
    market = make_market()
    fund(person("alice"), "BTC", "10")
    fund(person("bob"), "USDT", "1000000")
    return market


def test_depth_shows_the_best_levels_first(market):
    for price in ("60000", "60002", "60001", "60001"):
        place(person("alice"), market, "sell", "0.1", at=price)
    for price in ("59000", "59001"):
        place(person("bob"), market, "buy", "0.2", at=price)
    settle()

    assert caller().get(DEPTH, {"limit": 2}).json() == {
        "market": "BTC-USDT",
        "sequence": 1,
        "state": "open",
        "bids": [["59001.00000000", "0.20000000"], ["59000.00000000", "0.20000000"]],
        "asks": [["60000.00000000", "0.10000000"], ["60001.00000000", "0.20000000"]],
    }


def test_depth_of_an_empty_market_is_empty(market):
    assert caller().get(DEPTH).json() == {
        "market": "BTC-USDT",
        "sequence": 0,
        "state": "open",
        "bids": [],
        "asks": [],
    }


def test_trades_are_paged_the_newest_first(market):
    place(person("alice"), market, "sell", "1", at="60000")
    for _ in range(5):
        place(person("bob"), market, "buy", "0.1", at="60000")
    settle()

    first = caller().get(TRADES, {"limit": 3}).json()
    second = caller().get(TRADES, {"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [trade["sequence"] for trade in first["results"]] == [5, 4, 3]
    assert [trade["sequence"] for trade in second["results"]] == [2, 1]
    assert second["next_cursor"] is None
    trade = Trade.objects.get(pk=market.pk << SEQUENCE_BITS | 1)
    assert second["results"][-1] == {
        "sequence": 1,
        "trade_id": str(trade.pk),
        "price": "60000.00000000",
        "quantity": "0.10000000",
        "quote_amount": "6000.00000000",
        "taker_side": "buy",
        "auction": False,
        "created_at": trade.created_at.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize(
    ("address", "query", "status", "code"),
    [
        (DEPTH, {"limit": "0"}, 400, "invalid_request"),
        (DEPTH, {"limit": "201"}, 400, "invalid_request"),
        (DEPTH, {"limit": "１０"}, 400, "invalid_request"),
        (DEPTH, {"level": "1"}, 400, "unknown_field"),
        (TRADES, {"cursor": "x"}, 400, "invalid_cursor"),
        (TRADES, {"cursor": "1-2"}, 400, "invalid_cursor"),
        (DEPTH.replace("BTC", "DOGE"), {}, 404, "unknown_market"),
        (TRADES.replace("BTC", "DOGE"), {}, 404, "unknown_market"),
        ("/api/v1/markets/btc-usdt/ticker", {}, 404, "unknown_market"),
    ],
)
def test_what_makes_no_sense_is_refused(market, address, query, status, code):
    answer = caller().get(address, query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_largest_cursor_is_harmless(market):
    answer = caller().get(TRADES, {"cursor": str(2**63 - 1)})

    assert answer.json() == {"results": [], "next_cursor": None}


def test_tickers_are_those_of_all_markets(market):
    make_market("ETH-USDT")

    tickers = caller().get("/api/v1/tickers").json()

    assert [ticker["market"] for ticker in tickers] == ["BTC-USDT", "ETH-USDT"]
    shown = caller().get("/api/v1/markets/BTC-USDT/ticker").json()
    assert shown == tickers[0]


def test_a_ticker_counts_the_last_24_hours(market):
    hours_ago = {40: 100, 30: 900, 24: 200, 23: 250, 5: 190, 1: 240}
    for number, (hours, price) in enumerate(hours_ago.items(), start=1):
        trade_at(market, number, price=price, hours_ago=hours)

    ticker = ticker_of(market_id=market.pk, now=NOON)

    assert (ticker.last, ticker.open, ticker.high, ticker.low) == (240, 200, 250, 190)
    assert (ticker.volume, ticker.quote_volume) == (40, 40_000)


def test_a_day_without_trades_shows_the_last_price_alone(market):
    trade_at(market, 1, price=100, hours_ago=25)

    ticker = ticker_of(market_id=market.pk, now=NOON)

    assert (ticker.last, ticker.open, ticker.volume) == (100, None, 0)


def test_a_ticker_is_shared_for_a_second(market, django_assert_num_queries):
    trade_at(market, 1, price=100, hours_ago=1)
    first = ticker_of(market_id=market.pk, now=NOON)
    trade_at(market, 2, price=120, hours_ago=0)

    with django_assert_num_queries(0):
        again = ticker_of(market_id=market.pk, now=NOON + timedelta(seconds=0.9))

    assert again == first
    assert ticker_of(market_id=market.pk, now=NOON + timedelta(seconds=1)).last == 120


def trade_at(market: Market, number: int, *, price: int, hours_ago: int) -> None:
    Trade.objects.create(
        id=market.pk << SEQUENCE_BITS | number,
        market=market,
        price=price,
        quantity=10,
        quote_amount=10_000,
        taker_side=OrderSide.BUY,
        maker_order_id=1,
        taker_order_id=2,
        maker_user_id=1,
        taker_user_id=2,
        maker_fee=0,
        taker_fee=0,
        created_at=NOON - timedelta(hours=hours_ago),
    )
