"""Redis is only the bell: without it nothing is lost, and little is late."""

import asyncio
import logging
import time

import pytest
import redis
from django.conf import settings

from ledger.signals import balances_changed
from marketdata.hub import bell
from marketdata.tests.sockets import Client, away, engine_works, trading_couple
from matching.models import EventBatch
from matching.signals import events_logged
from tests.attempts import run, the_owner
from tests.stories import place

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def server():
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def no_bell():
    """Nobody rings; balances neither."""
    events_logged.disconnect(dispatch_uid="marketdata.ring_log")
    balances_changed.disconnect(dispatch_uid="marketdata.ring_balances")
    yield
    events_logged.connect(bell.ring_log, dispatch_uid="marketdata.ring_log")
    balances_changed.connect(bell.ring_balances, dispatch_uid="marketdata.ring_balances")


async def trade(market, alice, bob) -> None:
    await away(place, alice, market, "sell", "0.1", at="60000")
    await away(place, bob, market, "buy", "0.1", at="60000")
    await engine_works()


async def test_a_bell_is_heard_at_once():
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("trades", "BTC-USDT")
        await asyncio.sleep(0.2)  # let the hub begin to wait
        await trade(market, alice, bob)
        rung = time.monotonic()

        await socket.next()

        assert time.monotonic() - rung < 0.5


async def test_a_lost_bell_costs_a_second_at_most(no_bell):
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("trades", "BTC-USDT")
        for number in range(1, 4):
            await trade(market, alice, bob)

            assert (await socket.next(seconds=1.5))["sequence"] == number


async def test_a_flushed_redis_loses_nothing(server):
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("trades", "BTC-USDT")
        for number in range(1, 6):
            server.flushall()
            await trade(market, alice, bob)

            assert (await socket.next())["sequence"] == number


async def test_a_redis_that_drops_everybody_loses_nothing(server):
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("trades", "BTC-USDT")
        for number in range(1, 4):
            server.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await trade(market, alice, bob)

            assert (await socket.next())["sequence"] == number


async def test_streams_go_on_while_redis_is_away(settings, caplog):
    caplog.set_level(logging.WARNING)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    bell._ringer, ringer = None, bell._ringer
    market, alice, bob = await away(trading_couple)
    try:
        async with Client() as socket:
            await socket.subscribe("trades", "BTC-USDT")
            await trade(market, alice, bob)

            assert (await socket.next(seconds=1.5))["sequence"] == 1
    finally:
        bell._ringer, bell._quiet_until = ringer, 0
    assert "redis is away; streams are up to a second late" in caplog.text
    assert "a bell was not heard" in caplog.text


async def test_a_hole_in_the_log_is_answered_by_a_snapshot():
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("depth", "BTC-USDT")
        await asyncio.sleep(0.2)
        await away(lose_a_batch, market, alice, bob)

        told = await socket.next()

    assert (told["type"], told["sequence"]) == ("snapshot", 2)


def lose_a_batch(market, alice, bob) -> None:
    """Two batches, of which nobody can ever read the first."""
    from django.db import transaction

    from tests.stories import settle

    with transaction.atomic():
        place(alice, market, "sell", "0.1", at="60000")
        settle()
        with the_owner():
            run("SET session_replication_role = replica")
            EventBatch.objects.all().delete()
            run("SET session_replication_role = DEFAULT")
        place(bob, market, "buy", "0.1", at="59000")
        settle()
