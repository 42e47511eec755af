"""What the API says of markets and assets, to anybody."""

import pytest

from tests.stories import caller, make_market

pytestmark = pytest.mark.django_db

BTC_USDT = {
    "symbol": "BTC-USDT",
    "base": "BTC",
    "quote": "USDT",
    "tick_size": "0.01000000",
    "lot_size": "0.00001000",
    "price_max": "10000000.00000000",
    "quantity_min": "0.00001000",
    "quantity_max": "1000.00000000",
    "notional_min": "0.01000000",
    "maker_fee": "0.001000",
    "taker_fee": "0.002000",
    "state": "open",
}


def test_anybody_may_see_the_markets():
    make_market()

    assert caller().get("/api/v1/markets").json() == [BTC_USDT]
    assert caller().get("/api/v1/markets/BTC-USDT").json() == BTC_USDT


def test_anybody_may_see_the_assets():
    make_market()

    assert caller().get("/api/v1/assets").json() == [
        {"code": "BTC", "name": "BTC", "scale": 8, "kind": "coin"},
        {"code": "USDT", "name": "USDT", "scale": 8, "kind": "coin"},
    ]


@pytest.mark.parametrize(
    "symbol", ["NOPE-USDT", "btc-usdt", "%00", "BTC-USDT%00", "%ED%A0%80"]
)
def test_an_unknown_market_is_not_found(symbol):
    make_market()

    answer = caller().get(f"/api/v1/markets/{symbol}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_market")
