"""What one user is told, and nobody else."""

import json

import pytest

from kernel import clock
from marketdata.tests.sockets import (
    Client,
    away,
    couple_who_logs_in,
    engine_works,
    log_in,
    trading_couple,
)
from orders.models import Market
from orders.services import request_cancel
from tests.stories import caller, fund, person_who_logs_in, place

pytestmark = pytest.mark.usefixtures("committed_db")


async def test_my_orders_arrive_as_rest_shows_them():
    market, alice, bob = await away(couple_who_logs_in)
    order = await away(
        place, alice, market, "sell", "0.5", at="60000", client_order_id="mine-1"
    )
    await engine_works()
    async with Client() as socket:
        await log_in(socket, "alice")
        snapshot = await socket.subscribe("orders", "BTC-USDT")
        shown = (await away(caller(alice).get, "/api/v1/orders")).json()
        assert snapshot == {
            "type": "snapshot",
            "channel": "orders",
            "market": "BTC-USDT",
            "sequence": 1,
            "orders": shown["results"],
        }

        await away(place, bob, market, "buy", "0.2", at="61000")
        await engine_works()

        update = await socket.next()
        detail = (await away(caller(alice).get, f"/api/v1/orders/{order.pk}")).json()
        fills = detail.pop("fills")
        assert update.pop("time")
        assert update == {
            "type": "update",
            "channel": "orders",
            "market": "BTC-USDT",
            "sequence": 2,
            "orders": [detail],
            "fills": fills,
            "events": [],
        }
        assert detail["status"] == "partially_filled"
        assert len(fills) == 1


async def test_my_new_order_its_rejection_and_its_end_are_told():
    market, alice, _ = await away(couple_who_logs_in)
    async with Client() as socket:
        await log_in(socket, "alice")
        assert (await socket.subscribe("orders", "BTC-USDT"))["orders"] == []
        order = await away(place, alice, market, "sell", "1", at="60000")
        await away(place, alice, market, "sell", "100", at="60000")  # has 10
        await engine_works()
        await away(request_cancel, user_id=alice.pk, order_id=order.pk, now=clock.now())
        await engine_works()

        told = await socket.all()

    assert [
        [(it["status"], it["reason"]) for it in message["orders"]] for message in told
    ] == [
        [("open", None), ("rejected", "insufficient_funds")],
        [("cancelled", "cancelled_by_user")],
    ]


async def test_who_trades_with_himself_has_two_fills():
    market, alice, _ = await away(couple_who_logs_in)
    await away(Market.objects.update, self_trade_allowed=True)
    await away(market.refresh_from_db)
    await away(fund, alice, "USDT", "100000")
    async with Client() as socket:
        await log_in(socket, "alice")
        await socket.subscribe("orders", "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000", self_trade="none")
        await away(place, alice, market, "buy", "1", at="60000", self_trade="none")
        await engine_works()

        update = await socket.next()

    assert [fill["role"] for fill in update["fills"]] == ["maker", "taker"]


async def test_balances_arrive_after_trades_and_after_bookings():
    market, _, bob = await away(couple_who_logs_in)
    async with Client() as socket:
        await log_in(socket, "bob")
        first = await socket.subscribe("balances")
        shown = (await away(caller(bob).get, "/api/v1/balances")).json()
        assert first == {"type": "snapshot", "channel": "balances", "balances": shown}

        await away(fund, bob, "BTC", "2")
        booked = await socket.next()

        await away(place, bob, market, "buy", "1", at="50000")
        await engine_works()
        held = await socket.next()

    assert {it["asset"]: it["available"] for it in booked["balances"]} == {
        "BTC": "2.00000000",
        "USDT": "1000000.00000000",
    }
    [dollars] = [it for it in held["balances"] if it["asset"] == "USDT"]
    assert (dollars["available"], dollars["held"]) == (
        "950000.00000000",
        "50000.00000000",
    )


async def test_balances_follow_markets_that_the_socket_does_not():
    market, alice, bob = await away(couple_who_logs_in)
    await away(place, alice, market, "sell", "1", at="60000")
    await engine_works()
    async with Client() as socket:
        await log_in(socket, "alice")
        await socket.subscribe("balances")
        await away(place, bob, market, "buy", "1", at="60000")
        await engine_works()

        told = await socket.next()

    assert {it["asset"]: it["total"] for it in told["balances"]} == {
        "BTC": "9.00000000",
        "USDT": "59940.00000000",
    }


async def test_nothing_of_mine_reaches_anybody_else():
    market, alice, bob = await away(couple_who_logs_in)
    await away(person_who_logs_in, "mallory")
    async with Client() as mallory, Client() as stranger, Client() as both:
        await log_in(mallory, "mallory")
        await log_in(both, "bob")
        for socket in (mallory, both):
            await socket.subscribe("orders", "BTC-USDT")
            await socket.subscribe("balances")
        for channel in ("depth", "trades"):
            await stranger.subscribe(channel, "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000", client_order_id="secret")
        await away(place, bob, market, "buy", "1", at="60000")
        await engine_works()

        assert await mallory.all() == []
        told = await both.all()
        public = await stranger.all()

    [mine] = [message for message in told if message["channel"] == "orders"]
    assert [order["side"] for order in mine["orders"]] == ["buy"]
    assert [fill["role"] for fill in mine["fills"]] == ["taker"]
    assert "secret" not in json.dumps(told)
    assert {message["channel"] for message in public} == {"depth", "trades"}
    assert {key for it in public for key in it} == {
        "type", "channel", "market", "sequence", "time", "bids", "asks", "trades",
    }  # fmt: skip


@pytest.mark.parametrize("channel", [("orders", "BTC-USDT"), ("balances",)])
async def test_a_stranger_gets_no_private_channel(channel):
    await away(trading_couple)
    async with Client() as socket:
        refusal = await socket.ask("subscribe", *channel)

        assert (refusal["type"], refusal["code"]) == ("error", "not_authenticated")
        assert await socket.all() == []
