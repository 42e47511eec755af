"""What a user is told of orders that are more than a price and a quantity."""

import pytest

from kernel import clock
from marketdata.tests.sockets import (
    Client,
    away,
    couple_who_logs_in,
    engine_works,
    log_in,
)
from orders.models import Command
from orders.selectors import markets_by_id
from orders.services import amend_order, cancel_all, request_cancel
from tests.stories import caller, fund, person, place, place_together, terms

pytestmark = pytest.mark.usefixtures("committed_db")


async def follow_mine(socket: Client, name: str) -> dict:
    await log_in(socket, name)
    return await socket.subscribe("orders", "BTC-USDT")


async def as_rest_shows(user, *orders: Command) -> list[dict]:
    """The orders as REST shows them, without their fills."""
    shown = []
    for order in orders:
        answer = (await away(caller(user).get, f"/api/v1/orders/{order.pk}")).json()
        answer.pop("fills")
        shown.append(answer)
    return shown


def told(message: dict) -> list[tuple[str, str | None]]:
    return [(it["status"], it["reason"]) for it in message["orders"]]


async def test_the_snapshot_has_all_that_is_live():
    market, alice, _ = await away(couple_who_logs_in)
    await away(fund, alice, "USDT", "100000")
    resting = await away(place, alice, market, "sell", "0.1", at="60000")
    armed = await away(place, alice, market, "sell", "0.1", type="stop", trigger="50000")
    bracket = await away(
        place_together,
        alice,
        market,
        "bracket",
        terms(market, "buy", "0.1", at="55000"),
        terms(market, "sell", "0.1", at="58000"),
        terms(market, "sell", "0.1", type="stop", trigger="54000"),
    )
    ended = await away(place, alice, market, "sell", "0.1", at="61000")
    await engine_works()
    await away(request_cancel, user_id=alice.pk, order_id=ended.pk, now=clock.now())
    await engine_works()
    async with Client() as socket:
        snapshot = await follow_mine(socket, "alice")

    assert told(snapshot) == [
        ("waiting", None),
        ("waiting", None),
        ("open", None),
        ("armed", None),
        ("open", None),
    ]
    live = [*reversed(bracket), armed, resting]
    assert snapshot["orders"] == await as_rest_shows(alice, *live)


async def test_a_stop_is_told_when_it_is_armed_and_when_it_is_triggered():
    market, alice, bob = await away(couple_who_logs_in)
    carol = await away(person, "carol")
    await away(fund, carol, "BTC", "1")
    async with Client() as socket:
        await follow_mine(socket, "alice")
        stop = await away(
            place,
            alice,
            market,
            "sell",
            "0.1",
            at="49000",
            type="stop_limit",
            trigger="50000",
        )
        await engine_works()
        armed = await socket.next()
        assert armed["orders"] == await as_rest_shows(alice, stop)

        await away(place, carol, market, "sell", "0.1", at="50000")
        await away(place, bob, market, "buy", "0.1", at="50000")
        await engine_works()
        triggered = await socket.next()

    assert (told(armed), armed["events"]) == ([("armed", None)], [])
    assert armed["orders"][0]["trigger_price"] == "50000.00000000"
    assert triggered["orders"] == await as_rest_shows(alice, stop)
    assert (told(triggered), triggered["events"]) == (
        [("open", None)],
        [
            {
                "order_id": str(stop.pk),
                "what": "triggered",
                "reason": None,
                "limit": "50000.00000000",
                "actual": "50000.00000000",
                "unit": "price",
            }
        ],
    )


async def test_an_amended_order_is_told_as_it_is_now():
    market, alice, _ = await away(couple_who_logs_in)
    order = await away(place, alice, market, "sell", "0.1", at="60000")
    await engine_works()
    async with Client() as socket:
        await follow_mine(socket, "alice")
        await away(amend, alice, order, price="61000.00")
        await engine_works()
        amended = await socket.next()
        fresh = await socket.subscribe("orders", "BTC-USDT")

    [shown] = amended["orders"]
    assert (shown["price"], shown["quantity"]) == ("61000.00000000", "0.10000000")
    assert amended["orders"] == await as_rest_shows(alice, order) == fresh["orders"]
    assert [(it["what"], it["limit"], it["actual"]) for it in amended["events"]] == [
        ("price_amended", "60000.00000000", "61000.00000000")
    ]


async def test_an_amendment_that_is_refused_is_told_with_its_reason():
    market, alice, _ = await away(couple_who_logs_in)
    order = await away(place, alice, market, "sell", "10", at="60000")
    await engine_works()
    async with Client() as socket:
        await follow_mine(socket, "alice")
        await away(amend, alice, order, quantity="11")  # has 10
        await engine_works()

        refused = await socket.next()

    assert told(refused) == [("open", None)]
    assert refused["events"] == [
        {
            "order_id": str(order.pk),
            "what": "amend_refused",
            "reason": "insufficient_funds",
            "limit": "0.00000000",
            "actual": "1.00000000",
            "unit": "base",
        }
    ]


async def test_the_other_leg_of_an_oco_is_told_why_it_ended():
    market, alice, bob = await away(couple_who_logs_in)
    limit, stop = await away(
        place_together,
        alice,
        market,
        "oco",
        terms(market, "sell", "0.1", at="60000"),
        terms(market, "sell", "0.1", type="stop", trigger="50000"),
    )
    await engine_works()
    async with Client() as socket:
        await follow_mine(socket, "alice")
        await away(place, bob, market, "buy", "0.1", at="60000")
        await engine_works()

        update = await socket.next()

    ends = {it["id"]: (it["status"], it["reason"]) for it in update["orders"]}
    assert ends == {
        str(limit.pk): ("filled", None),
        str(stop.pk): ("cancelled", "other_leg"),
    }
    assert {it["list_id"] for it in update["orders"]} == {str(limit.pk)}


async def test_cancelling_all_is_told_of_every_order():
    market, alice, _ = await away(couple_who_logs_in)
    await away(place, alice, market, "sell", "0.1", at="60000")
    await away(place, alice, market, "sell", "0.1", type="stop", trigger="50000")
    await engine_works()
    async with Client() as socket:
        await follow_mine(socket, "alice")
        await away(
            cancel_all, user_id=alice.pk, market_id=market.pk, side=None, now=clock.now()
        )
        await engine_works()

        update = await socket.next()

    assert told(update) == [("cancelled", "cancelled_all")] * 2


async def test_what_happens_to_others_orders_is_not_told():
    market, alice, _ = await away(couple_who_logs_in)
    order = await away(place, alice, market, "sell", "0.1", at="60000")
    await engine_works()
    async with Client() as socket:
        await follow_mine(socket, "bob")
        await away(amend, alice, order, price="61000.00")
        await engine_works()

        assert await socket.all() == []


def amend(user, order: Command, *, price: str = "", quantity: str = "") -> None:
    rules = markets_by_id()[order.market_id].rules
    amend_order(
        user_id=user.pk,
        order_id=order.pk,
        price=rules.read_price(price) if price else None,
        quantity=rules.read_quantity(quantity) if quantity else None,
        trigger=None,
        now=clock.now(),
    )
