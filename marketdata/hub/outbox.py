"""What waits for one socket: a bounded line of messages, and the snapshots it is owed.

A subscription is either *owed* a snapshot or *live*. It begins owed; it is owed again when
the line is full or the log has a gap; the hub pays with a snapshot, from which on it is
live and gets the updates that follow. So a slow reader costs a bounded amount of memory
and sees the present less often, but never a wrong picture.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from accounts.selectors import Credential
from marketdata.commands import Topic

LINE_MAX: Final = 256
TRY_AGAIN_LATER: Final = 1013


class Outbox:
    """One socket's share of the hub.

    credential  by which it may follow private channels
    """

    def __init__(self, ask: Callable[["Outbox"], None]) -> None:
        """ask  called when snapshots are owed and there is room for them"""
        self.credential: Credential | None = None
        self._ask = ask
        self._line: deque[tuple[Topic | None, str]] = deque()
        self._owed: dict[Topic, None] = {}
        self._live: dict[Topic, int] = {}
        self._stirred = asyncio.Event()
        self._close_code: int | None = None
        self._sending_since: float | None = None

    # What the socket follows ------------------------------------------------------------

    @property
    def topics(self) -> set[Topic]:
        return self._owed.keys() | self._live.keys()

    def follow(self, topic: Topic) -> None:
        """Subscribe, or ask for a fresh snapshot of what is followed already."""
        self._drop(topic)
        self._owed[topic] = None
        if self._has_room:
            self._ask(self)

    def forget(self, topic: Topic) -> None:
        self._drop(topic)
        self._owed.pop(topic, None)

    def owed(self) -> list[Topic]:
        """The topics that wait for a snapshot, if there is room for one."""
        return list(self._owed) if self._has_room else []

    def is_owed(self, topic: Topic) -> bool:
        return topic in self._owed

    # What is put in line ----------------------------------------------------------------

    def answer(self, text: str) -> None:
        """Put in line what belongs to no topic. Who asks but does not read is closed."""
        if len(self._line) >= LINE_MAX:
            self.close(TRY_AGAIN_LATER)
            return
        self._append(None, text)

    def snapshot(self, topic: Topic, sequence: int, text: str) -> None:
        """Pay what is owed; only updates after `sequence` will follow."""
        if topic not in self._owed and topic not in self._live:
            return
        if len(self._line) >= LINE_MAX:
            self.follow(topic)
            return
        self._owed.pop(topic, None)
        self._live[topic] = sequence
        self._append(topic, text)

    def update(self, topic: Topic, sequence: int, text: str) -> None:
        """Put in line what follows the snapshot; when the line is full, owe a new one."""
        if self._live.get(topic, sequence) >= sequence:
            return
        if len(self._line) >= LINE_MAX:
            self.follow(topic)
            return
        self._append(topic, text)

    def close(self, code: int) -> None:
        """Close the socket after what is in line; with 1013, instead of it."""
        if code == TRY_AGAIN_LATER:
            self._line.clear()
        self._close_code = code
        self._stirred.set()

    # What is sent -----------------------------------------------------------------------

    async def pump(self, send: Callable[[str], Awaitable[None]]) -> int:
        """Send what is in line, as fast as the socket takes it.

        returns  the code with which to close
        """
        while True:
            while self._line:
                _, text = self._line.popleft()
                self._sending_since = time.monotonic()
                await send(text)
            self._sending_since = None
            if self._close_code is not None:
                return self._close_code
            if self._owed:
                self._ask(self)
            self._stirred.clear()
            await self._stirred.wait()

    def is_stuck(self, seconds: int) -> bool:
        """Whether the socket has not taken a message for so long."""
        since = self._sending_since
        return since is not None and time.monotonic() - since > seconds

    @property
    def _has_room(self) -> bool:
        return len(self._line) < LINE_MAX // 2

    def _append(self, topic: Topic | None, text: str) -> None:
        if self._close_code is None:
            self._line.append((topic, text))
            self._stirred.set()

    def _drop(self, topic: Topic) -> None:
        if self._live.pop(topic, None) is not None:
            self._line = deque(it for it in self._line if it[0] != topic)
