"""What sockets are told, on real PostgreSQL and Redis, with the engine at work."""

import pytest

from marketdata.tests.sockets import Client, away, engine_works, trading_couple
from tests.stories import place

pytestmark = pytest.mark.usefixtures("committed_db")


async def test_the_book_arrives_whole_and_then_what_changed():
    market, alice, bob = await away(trading_couple)
    await away(place, alice, market, "sell", "0.5", at="60000")
    await engine_works()

    async with Client() as socket:
        assert await socket.subscribe("depth", "BTC-USDT") == {
            "type": "snapshot",
            "channel": "depth",
            "market": "BTC-USDT",
            "sequence": 1,
            "bids": [],
            "asks": [["60000.00000000", "0.50000000"]],
        }

        await away(place, bob, market, "buy", "0.5", at="60000")
        await away(place, bob, market, "buy", "0.1", at="59000")
        await engine_works()

        update = await socket.next()
        assert update.pop("time")
        assert update == {
            "type": "update",
            "channel": "depth",
            "market": "BTC-USDT",
            "sequence": 2,
            "bids": [["59000.00000000", "0.10000000"]],
            "asks": [["60000.00000000", "0"]],
        }
