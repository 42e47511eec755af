"""Every order answers why: its story with reasons and figures; and what was prevented."""

import pytest

from orders.commands import EventKind, Reason
from orders.models import Market
from orders.serializers.timeline import _REASONS, _SENTENCES
from tests.stories import person, place, settle

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
PREVENTED = "/api/v1/prevented-matches"
BUY = {
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20000",
    "quantity": "0.1",
}
SELL = BUY | {"side": "sell"}


@pytest.fixture(autouse=True)
def _engine(engine_at_work) -> None:
    pass


def story(client, order_id: str) -> list[tuple]:
    """(what, reason, limit, actual, unit) of each entry, without trailing zeros."""
    answer = client.get(f"{ORDERS}/{order_id}/timeline")
    assert answer.status_code == 200
    entries = answer.json()["entries"]
    assert [it["at"] for it in entries] == sorted(it["at"] for it in entries)
    assert all(it["text"].endswith(".") for it in entries)
    names = ("what", "reason", "limit", "actual", "unit")
    return [tuple(short(it[name]) for name in names) for it in entries]


def short(text: str | None) -> str | None:
    return text.rstrip("0").rstrip(".") if text and "." in text else text


def plain(*words: str) -> list[tuple]:
    return [(word, None, None, None, None) for word in words]


def order_id_of(answer) -> str:
    told = answer.json()
    return told["id"] if "id" in told else told["order"]["id"]


def trade_at(market: Market, price: str) -> None:
    """Bob and Alice trade a little at a price."""
    place(person("bob"), market, "sell", "0.001", at=price)
    place(person("alice"), market, "buy", "0.001", at=price)
    settle()


def test_a_filled_order_was_received_accepted_and_filled(alice, bob):
    order = order_id_of(alice.post(ORDERS, BUY))
    bob.post(ORDERS, SELL | {"quantity": "0.04"})
    bob.post(ORDERS, SELL | {"quantity": "0.06"})

    told = alice.get(f"{ORDERS}/{order}/timeline").json()

    assert (told["order_id"], told["status"]) == (order, "filled")
    assert story(alice, order) == plain("received", "accepted", "fill", "fill", "filled")
    assert [it["text"] for it in told["entries"]] == [
        "Received: buy limit.",
        "The engine took it.",
        "Bought 0.04000000 at 20000.00000000 as maker.",
        "Bought 0.06000000 at 20000.00000000 as maker.",
        "All of it is filled.",
    ]
    assert [it["quantity"] for it in told["entries"]][2:4] == ["0.04000000", "0.06000000"]
    assert told["entries"][0]["command_id"] == order


def test_a_rejected_order_tells_what_was_there_and_what_was_needed(alice):
    order = order_id_of(alice.post(ORDERS, BUY | {"quantity": "6"}))

    assert story(alice, order) == [
        *plain("received"),
        ("rejected", "insufficient_funds", "100000", "120000", "quote"),
    ]
    entry = alice.get(f"{ORDERS}/{order}/timeline").json()["entries"][1]
    assert entry["text"] == (
        "Rejected: 120000.00000000 was needed, 100000.00000000 was available."
    )


def test_a_stop_tells_when_it_was_armed_and_what_set_it_off(alice, bob, market):
    trade_at(market, "20000")
    bob.post(ORDERS, BUY | {"price": "18500", "quantity": "0.05"})
    order = order_id_of(
        alice.post(
            ORDERS,
            {
                "market": "BTC-USDT",
                "side": "sell",
                "type": "stop",
                "trigger_price": "19000",
                "quantity": "0.1",
            },
        )
    )
    trade_at(market, "18900")

    assert story(alice, order) == [
        *plain("received", "accepted"),
        ("armed", None, "19000", "20000", "price"),
        ("triggered", None, "19000", "18900", "price"),
        *plain("fill"),
        ("cancelled", "no_liquidity", None, None, None),
    ]


def test_amendments_are_told_with_old_and_new(alice):
    order = order_id_of(alice.post(ORDERS, BUY))
    alice.patch(f"{ORDERS}/{order}", {"price": "19000", "quantity": "0.2"})
    alice.patch(f"{ORDERS}/{order}", {"quantity": "9"})
    alice.delete(f"{ORDERS}/{order}")

    assert story(alice, order) == [
        *plain("received", "accepted"),
        ("price_amended", None, "20000", "19000", "price"),
        ("quantity_amended", None, "0.1", "0.2", "quantity"),
        ("amend_refused", "insufficient_funds", "96200", "167200", "quote"),
        ("cancelled", "cancelled_by_user", None, None, None),
    ]


def test_an_order_that_is_filled_in_one_batch_tells_it_in_order(alice, bob, market):
    """Placed, partly taken, amended into the market, filled: before the engine looks."""
    order = str(place(person("alice"), market, "buy", "0.1", at="20000").pk)
    place(person("bob"), market, "sell", "0.04", at="20000")
    place(person("bob"), market, "sell", "0.06", at="20500")
    alice.patch(f"{ORDERS}/{order}", {"price": "20500"})

    assert [it[0] for it in story(alice, order)] == [
        "received", "accepted", "fill", "price_amended", "fill", "filled",
    ]  # fmt: skip


def test_a_bracket_tells_how_its_exits_came_alive(alice, bob):
    told = alice.post(
        f"{ORDERS}/bracket",
        {
            "market": "BTC-USDT",
            "entry": {
                "side": "buy",
                "type": "limit",
                "price": "20000",
                "quantity": "0.1",
            },
            "take_profit": {"price": "21000"},
            "stop_loss": {"trigger_price": "19000"},
        },
    ).json()
    bob.post(ORDERS, SELL)
    bob.post(ORDERS, BUY | {"price": "21000"})

    _, profit, loss = (order["id"] for order in told["orders"])
    # The entry paid its fee in BTC, so there is a little less to exit.
    assert story(alice, profit) == [
        *plain("received", "accepted", "waiting"),
        ("activated", None, "0.1", "0.0999", "quantity"),
        *plain("fill", "filled"),
    ]
    assert story(alice, loss) == [
        *plain("received", "accepted", "waiting"),
        ("activated", None, "0.1", "0.0999", "quantity"),
        ("armed", None, "19000", "20000", "price"),
        ("cancelled", "other_leg", None, None, None),
    ]


def test_an_order_that_waits_for_the_engine_was_received(alice):
    order = order_id_of(alice.post(ORDERS, BUY, HTTP_PREFER="respond-async"))

    told = alice.get(f"{ORDERS}/{order}/timeline").json()

    assert (told["status"], story(alice, order)) == ("pending", plain("received"))


def test_there_is_a_sentence_for_everything_that_the_engine_may_say():
    assert set(_SENTENCES) == set(EventKind)
    assert set(_REASONS) == set(Reason)


# Prevented matches ----------------------------------------------------------------------


def test_orders_of_one_user_that_met_are_told_to_their_user_only(alice, bob):
    maker = order_id_of(alice.post(ORDERS, BUY))
    taker = order_id_of(
        alice.post(ORDERS, SELL | {"quantity": "0.03", "self_trade": "cancel_maker"})
    )

    [match] = alice.get(PREVENTED).json()["results"]

    assert match == {
        "id": match["id"],
        "market": "BTC-USDT",
        "taker_order_id": taker,
        "maker_order_id": maker,
        "price": "20000.00000000",
        "quantity": "0.03000000",
        "self_trade": "cancel_maker",
        "created_at": match["created_at"],
    }
    assert bob.get(PREVENTED).json() == {"results": [], "next_cursor": None}
    assert alice.get(f"{ORDERS}/{maker}").json()["reason"] == "self_trade"


def test_prevented_matches_come_page_by_page_the_newest_first(alice):
    takers = []
    alice.post(ORDERS, BUY)
    for _ in range(3):
        takers.append(order_id_of(alice.post(ORDERS, SELL)))

    first = alice.get(f"{PREVENTED}?limit=2&market=BTC-USDT").json()
    second = alice.get(f"{PREVENTED}?limit=2&cursor={first['next_cursor']}").json()

    pages = [[it["taker_order_id"] for it in page["results"]] for page in (first, second)]
    assert pages == [[takers[2], takers[1]], [takers[0]]]
    assert second["next_cursor"] is None
