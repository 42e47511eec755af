"""A trader's first day, by nothing but the REST API; only the deposits are fixtures."""

from typing import Any

import pytest

from accounts.models import User
from tests.stories import PASSWORD, Caller, caller, fund, make_market, person, settle

pytestmark = pytest.mark.django_db

BUY = {"market": "BTC-USDT", "side": "buy", "type": "limit", "client_order_id": "first"}
SELL = {"market": "BTC-USDT", "side": "sell", "type": "limit"}


@pytest.fixture(autouse=True)
def no_waiting(settings):
    settings.ORDER_WAIT_MS = 0


@pytest.fixture
def alice() -> Caller:
    """She signs up, logs in and gets 10,000 USDT; bob sells 0.1 BTC at 20,000."""
    make_market()
    fund(person("bob"), "BTC", "1")
    caller(person("bob")).post(
        "/api/v1/orders", SELL | {"price": "20000", "quantity": "0.1"}
    )
    credentials = {"email": "alice@example.com", "password": PASSWORD}
    client = caller()
    client.post("/api/v1/auth/register", credentials)
    pair = client.post("/api/v1/auth/token", credentials).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    fund(User.objects.get(email="alice@example.com"), "USDT", "10000")
    return client


def buy_a_quarter(alice: Caller) -> dict[str, Any]:
    answer = alice.post("/api/v1/orders", BUY | {"price": "20001.5", "quantity": "0.25"})
    assert answer.status_code == 202
    return answer.json()


def test_a_trader_signs_up_buys_and_sees_the_fill(alice):
    accepted = buy_a_quarter(alice)
    settle()

    order = alice.get(f"/api/v1/orders/{accepted['id']}").json()

    assert accepted["status"] == "pending"
    assert order == accepted | {
        "status": "partially_filled",
        "filled": "0.10000000",
        "filled_quote": "2000.00000000",
        "remaining": "0.15000000",
        "average_price": "20000.00000000",
        "updated_at": order["updated_at"],
        "fills": order["fills"],
    }
    assert order["fills"] == [
        {
            "trade_id": order["fills"][0]["trade_id"],
            "order_id": order["id"],
            "market": "BTC-USDT",
            "side": "buy",
            "role": "taker",
            "price": "20000.00000000",
            "quantity": "0.10000000",
            "quote_amount": "2000.00000000",
            "fee": "0.00020000",
            "fee_asset": "BTC",
            "created_at": order["updated_at"],
        }
    ]
    fills = alice.get("/api/v1/fills").json()
    assert fills == {"results": order["fills"], "next_cursor": None}


def test_a_trader_cancels_the_rest_and_gets_it_back(alice):
    address = f"/api/v1/orders/{buy_a_quarter(alice)['id']}"
    settle()

    cancel = alice.delete(address)
    settle()

    order = alice.get(address).json()
    assert cancel.status_code == 202
    assert (order["status"], order["reason"]) == ("cancelled", "cancelled_by_user")
    assert order["remaining"] == "0.00000000"
    assert alice.get("/api/v1/orders?status=open").json()["results"] == []
    del order["fills"]
    assert alice.get("/api/v1/orders?status=closed").json()["results"] == [order]
    assert alice.get("/api/v1/balances").json() == [
        {"asset": "BTC", "available": "0.09980000", "held": "0.00000000",
         "withdrawing": "0.00000000", "total": "0.09980000"},
        {"asset": "USDT", "available": "8000.00000000", "held": "0.00000000",
         "withdrawing": "0.00000000", "total": "8000.00000000"},
    ]  # fmt: skip
