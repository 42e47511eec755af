"""When a socket that asked for it ends, for whatever reason, its user's orders end."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.tokens import AccessToken

from kernel import clock
from marketdata.hub import hub, switches
from marketdata.hub.outbox import Outbox
from marketdata.hub.switches import Switches
from marketdata.tests.sockets import (
    Client,
    away,
    couple_who_logs_in,
    engine_works,
    log_in,
)
from orders.commands import CommandKind
from orders.models import CancelAfter, Command, Market, Order
from orders.serializers import status_word
from orders.services import run_clock
from tests.attempts import run
from tests.stories import person, place

pytestmark = pytest.mark.usefixtures("committed_db")

SECOND = timedelta(seconds=1)
CANCEL_ALL = CommandKind.CANCEL_ALL


async def switch_on(socket: Client, name: str) -> None:
    await log_in(socket, name)
    answer = await socket.ask("cancel_on_disconnect", enabled=True, id=5)
    assert answer == {"type": "cancel_on_disconnect", "enabled": True, "id": 5}


async def deadlines() -> list[datetime]:
    return await away(lambda: [it.deadline for it in CancelAfter.objects.order_by("id")])


async def who_is_cancelled(*, now: datetime | None = None) -> list[str]:
    """Let the clock run; of whom all orders are to be cancelled since the beginning."""
    await away(run_clock, now=now or clock.now())
    asked = await away(lambda: list(Command.objects.filter(kind=CANCEL_ALL).order_by("id")))
    people = {(await away(person, name)).pk: name for name in ("alice", "bob")}
    return [people[it.user_id] for it in asked]


async def until(found: Callable[[], Any], seconds: float = 3) -> None:
    """Wait until the database has it."""
    async with asyncio.timeout(seconds):
        while not await away(found):
            await asyncio.sleep(0.02)


async def until_due() -> None:
    """Wait until the hub has said that a socket ended."""
    await until(lambda: CancelAfter.objects.filter(deadline__lte=clock.now()).exists())


def orders_of(name: str, market: Market) -> list[str]:
    rows = Order.objects.filter(market_id=market.pk, user_id=person(name).pk)
    return [status_word(it) for it in rows.order_by("id")]


# When it ends ---------------------------------------------------------------------------


async def test_who_closes_the_socket_has_no_orders_left():
    market, alice, bob = await away(couple_who_logs_in)
    for price in ("60000", "61000"):
        await away(place, alice, market, "sell", "0.5", at=price)
    await away(place, bob, market, "buy", "0.5", at="59000")
    await engine_works()
    async with Client() as socket:
        await switch_on(socket, "alice")
        assert await who_is_cancelled() == []

    await until_due()
    assert await who_is_cancelled() == ["alice"]
    await engine_works()

    assert await away(orders_of, "alice", market) == ["cancelled", "cancelled"]
    assert await away(orders_of, "bob", market) == ["open"]
    assert await deadlines() == []


async def test_orders_of_a_killed_process_go_when_nobody_pushes_the_deadline():
    market, alice, _ = await away(couple_who_logs_in)
    await away(place, alice, market, "sell", "0.5", at="60000")
    await engine_works()
    async with Client() as socket:
        await switch_on(socket, "alice")
        hub()._switches._held.clear()  # what a killed process knew is gone, without a word
        before = clock.now()

    assert await who_is_cancelled(now=before + 14 * SECOND) == []
    assert await who_is_cancelled(now=before + 15 * SECOND) == ["alice"]
    await engine_works()

    assert await away(orders_of, "alice", market) == ["cancelled"]


async def test_who_is_dropped_for_not_reading_has_disconnected(monkeypatch):
    monkeypatch.setattr("marketdata.hub.PATIENCE_SECONDS", 0)
    market, alice, _ = await away(couple_who_logs_in)
    async with Client(inbox=1) as deaf:
        await switch_on(deaf, "alice")
        await deaf.subscribe("depth", "BTC-USDT")
        for number in range(3):
            await away(place, alice, market, "sell", "0.1", at=str(60_000 + number))
            await engine_works()

        await until_due()

        assert await who_is_cancelled() == ["alice"]


async def test_a_login_that_ends_is_a_disconnect():
    _, alice, _ = await away(couple_who_logs_in)
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=2 * SECOND)
    async with Client() as socket:
        await socket.ask("auth", token=str(token))
        await socket.ask("cancel_on_disconnect", enabled=True)

        assert (await socket.next(seconds=7))["type"] == "deauthenticated"

        await until_due()
        assert await who_is_cancelled() == ["alice"]


async def test_another_login_on_the_socket_is_a_disconnect_of_the_first():
    await away(couple_who_logs_in)
    async with Client() as socket:
        await switch_on(socket, "alice")

        assert (await socket.ask("auth", token="none"))["code"] == "invalid_token"
        assert await who_is_cancelled() == []
        await socket.ask("auth", token=str(AccessToken.for_user(await away(person, "bob"))))

        await until_due()
        assert await who_is_cancelled() == ["alice"]


# As long as it lives --------------------------------------------------------------------


async def test_a_living_socket_keeps_its_deadline_ahead(monkeypatch):
    monkeypatch.setattr(switches, "RENEW_SECONDS", 0.1)
    await away(couple_who_logs_in)
    async with Client() as socket:
        await switch_on(socket, "alice")
        [first] = await deadlines()

        await until(lambda: CancelAfter.objects.filter(deadline__gt=first).exists())

        assert await who_is_cancelled() == []


async def test_a_switch_that_fired_while_its_socket_lives_is_set_again(monkeypatch):
    monkeypatch.setattr(switches, "RENEW_SECONDS", 0.1)
    await away(couple_who_logs_in)
    async with Client() as socket:
        await switch_on(socket, "alice")
        await who_is_cancelled(now=clock.now() + 60 * SECOND)

        await until(CancelAfter.objects.exists)

        assert len(await deadlines()) == 1


async def test_all_sockets_of_a_process_are_renewed_in_one_query():
    _, alice, bob = await away(couple_who_logs_in)
    held = Switches()
    for user in (alice, bob, alice):
        await held.turn_on(Outbox(lambda _: None), user_id=user.pk)

    statements = await away(statements_of_renewing, held)

    assert (len(statements), len(await deadlines())) == (1, 3)


def statements_of_renewing(held: Switches) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        switches._renew(held._held.values())
    return [it["sql"] for it in queries if "orders_cancelafter" in it["sql"]]


async def test_switched_off_the_orders_stay():
    await away(couple_who_logs_in)
    async with Client() as socket:
        await switch_on(socket, "alice")

        answer = await socket.ask("cancel_on_disconnect", enabled=False)

        assert answer == {"type": "cancel_on_disconnect", "enabled": False}
        assert await deadlines() == []
    assert await who_is_cancelled(now=clock.now() + 60 * SECOND) == []


async def test_asking_twice_is_asking_once():
    await away(couple_who_logs_in)
    async with Client() as socket:
        await switch_on(socket, "alice")
        await socket.ask("cancel_on_disconnect", enabled=True)

        assert len(await deadlines()) == 1

    await until_due()
    assert await who_is_cancelled() == ["alice"]


async def test_each_socket_has_a_switch_of_its_own():
    await away(couple_who_logs_in)
    async with Client() as first:
        await switch_on(first, "alice")
        async with Client() as second:
            await switch_on(second, "alice")
            assert len(await deadlines()) == 2

        await until_due()

        assert await who_is_cancelled() == ["alice"]
        assert len(await deadlines()) == 1


# Who may ask ----------------------------------------------------------------------------


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_stranger_is_refused(enabled):
    async with Client() as socket:
        refusal = await socket.ask("cancel_on_disconnect", enabled=enabled, id=1)

        assert (refusal["type"], refusal["code"]) == ("error", "not_authenticated")
        assert refusal["id"] == 1
    assert await deadlines() == []


@pytest.mark.slow
async def test_a_switch_that_cannot_be_written_is_refused_and_not_held():
    await away(couple_who_logs_in)
    async with Client() as socket:
        await log_in(socket, "alice")
        locked, done = threading.Event(), threading.Event()
        # Not in the thread that sockets share for their reads.
        locking = asyncio.create_task(asyncio.to_thread(hold_the_table, locked, done))
        await asyncio.to_thread(locked.wait)
        await socket.say('{"op":"cancel_on_disconnect","enabled":true}')

        refusal = await socket.next(seconds=15)

        done.set()
        await locking
        assert (refusal["type"], refusal["code"]) == ("error", "unavailable")
        assert hub()._switches._held == {}
        # What was asked of the database meanwhile is undone in its turn.
        await asyncio.wrap_future(switches._thread.submit(bool))
        assert await deadlines() == []


def hold_the_table(locked: threading.Event, done: threading.Event) -> None:
    """Let nobody write a switch: whoever waits for it is refused by PostgreSQL in time."""
    with transaction.atomic():
        run("LOCK TABLE orders_cancelafter")
        locked.set()
        done.wait(20)
    connection.close()
