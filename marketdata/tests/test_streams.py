"""What everybody is told, on real PostgreSQL and Redis, with the engine at work."""

import pytest

from kernel import clock
from marketdata.tests.sockets import Client, away, engine_works, trading_couple
from orders.services import request_cancel
from tests.stories import caller, fund, make_market, place

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
            "state": "open",
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


async def test_a_book_kept_by_the_updates_is_the_books_of_rest_after_every_batch():
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        book = KeptBook(await socket.subscribe("depth", "BTC-USDT"))
        for number in range(1, 21):
            await away(act, number, market, alice, bob)
            assert await engine_works()

            book.update(await socket.next())

            shown = (await away(caller().get, "/api/v1/markets/BTC-USDT/depth")).json()
            assert book.shown() == shown
            assert shown["sequence"] == number


async def test_a_batch_that_changes_no_level_is_told_too():
    market, alice, _ = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("depth", "BTC-USDT")
        await away(place, alice, market, "sell", "1")  # nobody buys
        await engine_works()

        update = await socket.next()

        assert (update["sequence"], update["bids"], update["asks"]) == (1, [], [])


async def test_trades_arrive_with_gapless_numbers():
    market, alice, bob = await away(trading_couple)
    await away(place, alice, market, "sell", "5", at="60000")
    await away(place, bob, market, "buy", "0.1", at="60000")
    await engine_works()
    async with Client() as socket:
        snapshot = await socket.subscribe("trades", "BTC-USDT")
        for _ in range(3):
            await away(place, bob, market, "buy", "0.1", at="60000")
            await away(place, bob, market, "buy", "0.2", at="60000")
            await engine_works()
        told = [snapshot, *await socket.all()]

    assert [message["type"] for message in told] == ["snapshot", *["update"] * 3]
    assert [message["sequence"] for message in told] == [1, 3, 5, 7]
    trades = [trade for message in told for trade in message["trades"]]
    assert [trade["sequence"] for trade in trades] == [1, 2, 3, 4, 5, 6, 7]
    page = (await away(caller().get, "/api/v1/markets/BTC-USDT/trades")).json()
    assert trades == page["results"][::-1]


async def test_the_ticker_follows_the_trades():
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        silent = await socket.subscribe("ticker", "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000")
        await away(place, alice, market, "sell", "1", at="61500")
        await away(place, bob, market, "buy", "1.5", at="62000")
        await engine_works()

        told = await socket.next()

    assert (silent["last"], silent["volume"]) == (None, "0.00000000")
    assert told.pop("time")
    assert told == {
        "type": "snapshot",
        "channel": "ticker",
        "market": "BTC-USDT",
        "last": "61500.00000000",
        "open": "60000.00000000",
        "high": "61500.00000000",
        "low": "60000.00000000",
        "change": "1500.00000000",
        "change_percent": "2.50",
        "volume": "1.50000000",
        "quote_volume": "90750.00000000",
        "state": "open",
        "state_until": None,
    }


async def test_who_unsubscribed_hears_nothing_more():
    market, alice, _ = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("depth", "BTC-USDT")
        await socket.ask("unsubscribe", "depth", "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000")
        await engine_works()

        assert await socket.all() == []


async def test_subscribing_again_gives_a_fresh_snapshot():
    market, alice, _ = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("depth", "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000")
        await engine_works()
        await socket.all()

        again = await socket.subscribe("depth", "BTC-USDT")

    assert (again["type"], again["sequence"], len(again["asks"])) == ("snapshot", 1, 1)


async def test_markets_do_not_mix():
    bitcoin, alice, _ = await away(trading_couple)
    ether = await away(make_market, "ETH-USDT")
    await away(fund, alice, "ETH", "10")
    async with Client() as socket, Client() as other:
        await socket.subscribe("depth", "BTC-USDT")
        await other.subscribe("depth", "ETH-USDT")
        await away(place, alice, bitcoin, "sell", "1", at="60000")
        await away(place, alice, ether, "sell", "1", at="3000")
        await engine_works()

        told, told_other = await socket.all(), await other.all()

    assert [(it["market"], it["sequence"]) for it in told] == [("BTC-USDT", 1)]
    assert [(it["market"], it["sequence"]) for it in told_other] == [("ETH-USDT", 1)]


class KeptBook:
    """A client's own book, as docs/websocket.md says to keep it."""

    def __init__(self, snapshot: dict) -> None:
        self.sequence = snapshot["sequence"]
        self.market = snapshot["market"]
        self.state = snapshot["state"]
        self.sides = {side: dict(snapshot[side]) for side in ("bids", "asks")}

    def update(self, message: dict) -> None:
        assert message["sequence"] == self.sequence + 1
        self.sequence += 1
        self.state = message.get("state", self.state)
        for side, levels in self.sides.items():
            for price, quantity in message[side]:
                levels[price] = quantity
                if quantity == "0":
                    del levels[price]

    def shown(self) -> dict:
        """As REST shows it: the best price first."""
        bids, asks = (
            sorted(self.sides[side].items(), key=lambda level: float(level[0]))
            for side in ("bids", "asks")
        )
        return {
            "market": self.market,
            "sequence": self.sequence,
            "state": self.state,
            "bids": [list(level) for level in reversed(bids)],
            "asks": [list(level) for level in asks],
        }


def act(number: int, market, alice, bob) -> None:
    """Something different in every batch: rest, cross, sweep, cancel."""
    if number % 5 == 4:
        order = place(alice, market, "sell", "0.3", at=f"{60_020 + number}")
        request_cancel(user_id=alice.pk, order_id=order.pk, now=clock.now())
    elif number % 5 == 3:
        place(bob, market, "buy", "0.25", at="60050")
    elif number % 2:
        place(alice, market, "sell", "0.2", at=f"{60_000 + number}")
    else:
        place(bob, market, "buy", "0.1", at=f"{59_990 - number}")
