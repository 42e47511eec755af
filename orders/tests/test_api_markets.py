"""What the API says of markets and assets, to anybody."""

import pytest

from orders.models import Market
from tests.stories import NOON, caller, make_market

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
    "state_until": None,
    "price_band": None,
    "price_band_action": "reject",
    "halt_band": None,
    "halt_seconds": 120,
    "max_slippage": "0.100000",
    "max_open_orders": None,
    "self_trade_allowed": False,
}


def test_anybody_may_see_the_markets():
    make_market()

    assert caller().get("/api/v1/markets").json() == [BTC_USDT]
    assert caller().get("/api/v1/markets/BTC-USDT").json() == BTC_USDT


def test_a_market_says_what_it_takes_for_the_moment():
    market = make_market()
    Market.objects.filter(pk=market.pk).update(
        state="auction",
        until=NOON,
        band_ppm=50_000,
        band_caps=True,
        halt_ppm=100_000,
        max_open_orders=200,
        slippage_ppm=10_000,
    )

    assert caller().get("/api/v1/markets/BTC-USDT").json() == BTC_USDT | {
        "state": "auction",
        "state_until": "2026-11-21T12:00:00Z",
        "price_band": "0.050000",
        "price_band_action": "cap",
        "halt_band": "0.100000",
        "max_slippage": "0.010000",
        "max_open_orders": 200,
    }


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
