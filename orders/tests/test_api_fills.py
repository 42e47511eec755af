"""My fills: one side each of a trade, the newest first."""

import pytest

from orders.models import Market
from tests.stories import caller, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db
FILLS = "/api/v1/fills"


def pages(client, query: str) -> list[list[dict]]:
    """All pages of a list of fills."""
    page = client.get(f"{FILLS}?{query}").json()
    found = [page["results"]]
    while page["next_cursor"]:
        page = client.get(f"{FILLS}?{query}&cursor={page['next_cursor']}").json()
        found.append(page["results"])
    return found


def test_both_sides_see_their_own_half_of_a_trade():
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "10000")
    sell = place(alice, market, "sell", "0.1", at="20000")
    buy = place(bob, market, "buy", "0.1", at="20000")
    settle()

    [maker] = caller(alice).get(FILLS).json()["results"]
    [taker] = caller(bob).get(FILLS).json()["results"]

    shared = {
        key: maker[key] for key in maker.keys() & taker.keys() if maker[key] == taker[key]
    }
    assert shared == {
        "trade_id": maker["trade_id"],
        "market": "BTC-USDT",
        "price": "20000.00000000",
        "quantity": "0.10000000",
        "quote_amount": "2000.00000000",
        "created_at": maker["created_at"],
    }
    assert maker == shared | {
        "order_id": str(sell.pk), "side": "sell", "role": "maker",
        "fee": "2.00000000", "fee_asset": "USDT",
    }  # fmt: skip
    assert taker == shared | {
        "order_id": str(buy.pk), "side": "buy", "role": "taker",
        "fee": "0.00020000", "fee_asset": "BTC",
    }  # fmt: skip


def test_fills_of_all_markets_come_in_the_order_in_which_they_happened():
    bitcoin, ether = make_market("BTC-USDT"), make_market("ETH-USDT")
    alice, bob = person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(alice, "ETH", "1")
    fund(bob, "USDT", "10000")
    happened = []
    for market in (ether, bitcoin, bitcoin, ether, bitcoin):
        place(alice, market, "sell", "0.01", at="1000")
        happened.append(str(place(bob, market, "buy", "0.01", at="1000").pk))
        settle()

    by_two = pages(caller(bob), "limit=2")

    assert [[fill["order_id"] for fill in page] for page in by_two] == [
        [happened[4], happened[3]],
        [happened[2], happened[1]],
        [happened[0]],
    ]
    assert [
        fill["order_id"]
        for page in pages(caller(bob), "limit=1&market=ETH-USDT")
        for fill in page
    ] == [happened[3], happened[0]]


def test_no_fill_is_skipped_when_an_old_order_takes_after_a_new_one():
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "100000")
    place(alice, market, "sell", "0.02", at="20000")
    stop = place(bob, market, "buy", "0.01", type="stop", trigger="20000")
    now = place(bob, market, "buy", "0.01", at="20000")
    settle()

    by_one = pages(caller(bob), "limit=1")

    assert [page[0]["order_id"] for page in by_one] == [str(stop.pk), str(now.pk)]


def test_who_trades_with_himself_has_two_fills_of_one_trade():
    market, alice = make_market(), person("alice")
    Market.objects.filter(pk=market.pk).update(self_trade_allowed=True)
    market.refresh_from_db()
    fund(alice, "BTC", "1")
    fund(alice, "USDT", "10000")
    sell = place(alice, market, "sell", "0.1", at="20000")
    buy = place(alice, market, "buy", "0.1", at="20000", self_trade="none")
    settle()

    by_one = pages(caller(alice), "limit=1")

    assert [(page[0]["role"], page[0]["order_id"]) for page in by_one] == [
        ("taker", str(buy.pk)),
        ("maker", str(sell.pk)),
    ]


def test_an_order_shows_its_own_fills_among_many_others(monkeypatch):
    monkeypatch.setattr("orders.selectors.fills._WALK", 2)
    monkeypatch.setattr("orders.selectors.fills.RECENT_TRADES", 1)
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "100000")
    old = place(alice, market, "sell", "0.03", at="20000")
    for _ in range(3):
        place(bob, market, "buy", "0.01", at="20000")
        place(alice, market, "sell", "0.02", at="19000")
        place(bob, market, "buy", "0.02", at="20000")
    settle()

    order = caller(alice).get(f"/api/v1/orders/{old.pk}").json()

    assert order["filled"] == "0.03000000"
    assert [fill["quantity"] for fill in order["fills"]] == ["0.01000000"] * 3
    assert {fill["order_id"] for fill in order["fills"]} == {order["id"]}
