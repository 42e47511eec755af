"""Who reads slowly sees the present less often; who does not read is dropped."""

import asyncio
import json

import pytest

from marketdata.commands import Channel, Topic
from marketdata.hub import hub
from marketdata.hub.outbox import LINE_MAX, Outbox
from marketdata.tests.sockets import Client, away, engine_works, trading_couple
from tests.stories import place

DEPTH, TRADES = Topic(Channel.DEPTH, 1), Topic(Channel.TRADES, 1)


class Reader:
    """Takes messages when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.outbox = Outbox(self.ask)
        self.read: list[str] = []
        self._reads = asyncio.Event()

    def ask(self, outbox: Outbox) -> None:
        self.asked += 1

    async def take(self, text: str) -> None:
        await self._reads.wait()
        self.read.append(text)

    async def read_all(self) -> list[str]:
        """Read what is in line; what was read."""
        self._reads.set()
        pump = asyncio.create_task(self.outbox.pump(self.take))
        await asyncio.sleep(0.01)
        pump.cancel()
        self._reads.clear()
        read, self.read = self.read, []
        return read


async def test_updates_before_the_snapshot_and_those_in_it_are_left_out():
    reader = Reader()
    reader.outbox.follow(DEPTH)
    reader.outbox.update(DEPTH, 4, "4")
    reader.outbox.snapshot(DEPTH, 5, "snapshot at 5")
    for sequence in (5, 6, 7):
        reader.outbox.update(DEPTH, sequence, str(sequence))

    assert await reader.read_all() == ["snapshot at 5", "6", "7"]


async def test_a_full_line_turns_into_one_snapshot():
    reader = Reader()
    reader.outbox.follow(DEPTH)
    reader.outbox.snapshot(DEPTH, 0, "snapshot at 0")
    for sequence in range(1, LINE_MAX + 50):
        reader.outbox.update(DEPTH, sequence, str(sequence))

    assert reader.outbox.owed() == [DEPTH]
    reader.outbox.snapshot(DEPTH, LINE_MAX + 49, "snapshot")
    assert await reader.read_all() == ["snapshot"]


async def test_a_full_line_of_one_channel_drops_nothing_of_another():
    reader = Reader()
    for topic in (DEPTH, TRADES):
        reader.outbox.follow(topic)
        reader.outbox.snapshot(topic, 0, topic.channel)
    reader.outbox.update(TRADES, 1, "trade")
    for sequence in range(1, LINE_MAX + 1):
        reader.outbox.update(DEPTH, sequence, str(sequence))

    assert reader.outbox.owed() == [DEPTH]
    assert await reader.read_all() == ["trades", "trade"]


async def test_a_snapshot_is_asked_for_when_there_is_room_again():
    reader = Reader()
    reader.outbox.follow(TRADES)
    reader.outbox.snapshot(TRADES, 0, "trades")
    for sequence in range(1, LINE_MAX):
        reader.outbox.update(TRADES, sequence, str(sequence))
    asked = reader.asked
    reader.outbox.follow(DEPTH)
    assert (reader.outbox.owed(), reader.asked) == ([], asked)

    await reader.read_all()

    assert (reader.outbox.owed(), reader.asked) == ([DEPTH], asked + 1)


async def test_who_asks_without_reading_is_closed():
    reader = Reader()
    for _ in range(LINE_MAX + 1):
        reader.outbox.answer("pong")

    code = await asyncio.wait_for(reader.outbox.pump(reader.take), 1)

    assert (code, reader.read) == (1013, [])


@pytest.mark.usefixtures("committed_db")
async def test_a_slow_reader_delays_nobody_and_ends_with_the_same_book(monkeypatch):
    monkeypatch.setattr("marketdata.hub.outbox.LINE_MAX", 4)
    market, alice, _ = await away(trading_couple)
    async with Client(inbox=1) as slow, Client() as quick:
        assert (await slow.subscribe("depth", "BTC-USDT"))["sequence"] == 0
        await quick.subscribe("depth", "BTC-USDT")
        for number in range(1, 21):
            await away(place, alice, market, "sell", "0.1", at=str(60_000 + number))
            await engine_works()
            assert (await quick.next())["sequence"] == number

        told = await slow.all()

        assert len(told) < 20
        *_, snapshot = [it for it in told if it["type"] == "snapshot"]
        after = told[told.index(snapshot) + 1 :]
        assert [it["sequence"] for it in after] == list(range(snapshot["sequence"] + 1, 21))
        asks = len(snapshot["asks"]) + sum(len(it["asks"]) for it in after)
        assert asks == 20


@pytest.mark.usefixtures("committed_db")
async def test_who_reads_nothing_is_dropped_with_1013(monkeypatch):
    monkeypatch.setattr("marketdata.hub.PATIENCE_SECONDS", 1)
    market, alice, _ = await away(trading_couple)
    async with Client(inbox=1) as deaf, Client() as other:
        await deaf.subscribe("depth", "BTC-USDT")
        await other.subscribe("depth", "BTC-USDT")
        for number in range(1, 4):
            await away(place, alice, market, "sell", "0.1", at=str(60_000 + number))
            await engine_works()
        assert len(hub().board.outboxes) == 2

        await asyncio.sleep(3)

        assert len(hub().board.outboxes) == 1
        assert await deaf.close_code() == 1013
        await away(place, alice, market, "sell", "0.1", at="60010")
        await engine_works()
        assert [it["sequence"] for it in await other.all()] == [1, 2, 3, 4]


async def test_a_hub_without_sockets_rests():
    outbox = hub().join()
    hub().subscribe(outbox, DEPTH)
    tasks = set(hub()._tasks)

    hub().leave(outbox)
    _, pending = await asyncio.wait(tasks, timeout=3)

    assert pending == set()
    assert json.dumps([len(hub().board.outboxes), hub()._tasks]) == "[0, []]"
