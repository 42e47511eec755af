"""Tickers and balances: told whole, and read anew when they may have changed."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from channels.db import database_sync_to_async

from kernel import clock
from marketdata.commands import Channel, Topic
from marketdata.feed import Body
from marketdata.hub.outbox import Outbox
from marketdata.hub.switchboard import Switchboard, either, encode

#: All that is followed is read this often, whether anything was heard or not: balances
#: have no log, and a day goes on without trades.
SWEEP_SECONDS: Final = 10

# Counting a day of trades takes long enough to keep others waiting.
_threads: Final = {
    channel: ThreadPoolExecutor(1, f"marketdata-{channel}")
    for channel in (Channel.TICKER, Channel.BALANCES)
}


class Refresher:
    """All topics of one channel.

    read   makes a topic's message; returns it and the moment that it shows
    pause  seconds between two rounds, so that quick changes become one
    """

    def __init__(
        self,
        board: Switchboard,
        channel: Channel,
        *,
        read: Callable[[Topic], tuple[Body, datetime]],
        pause: float,
    ) -> None:
        self._board = board
        self._channel = channel
        self._read = read
        self._pause = pause
        self._stirred = asyncio.Event()
        self._stale: dict[Topic, datetime] = {}
        self._told: dict[Topic, Body] = {}

    def spoil(self, topics: Iterable[Topic]) -> None:
        """Read these anew, as far as somebody follows them."""
        for topic in topics:
            if self._board.follows(topic):
                self._stale[topic] = clock.now()
                self._stirred.set()

    def spoil_all(self) -> None:
        self.spoil(self._board.topics(self._channel))

    def pay(self, outbox: Outbox, topic: Topic) -> None:
        """Give what was told last, or read it first."""
        if topic in self._told:
            outbox.snapshot(topic, 0, encode(self._told[topic]))
        else:
            self.spoil([topic])

    def forget(self, topic: Topic) -> None:
        """Nobody follows it any more."""
        self._told.pop(topic, None)
        self._stale.pop(topic, None)

    async def run(self) -> None:
        """Read for ever what may have changed."""
        swept_at = time.monotonic()
        self.spoil_all()
        while True:
            await either(self._stirred, seconds=SWEEP_SECONDS)
            if time.monotonic() - swept_at >= SWEEP_SECONDS:
                swept_at = time.monotonic()
                self.spoil_all()
            for topic, since in list(self._stale.items()):
                await self._renew(topic, since)
            if self._stale:
                self._stirred.set()
            await asyncio.sleep(self._pause)

    async def _renew(self, topic: Topic, since: datetime) -> None:
        body, moment = await database_sync_to_async(
            self._read, thread_sensitive=False, executor=_threads[self._channel]
        )(topic)
        # What was counted before the last news of it is told, and counted again.
        if moment >= since and self._stale.get(topic) == since:
            del self._stale[topic]
        if not self._board.follows(topic):
            return
        told = self._told.get(topic)
        self._told[topic] = body
        is_same = told is not None and told | {"time": None} == body | {"time": None}
        self._board.replace(topic, body, only_owed=is_same)
