"""Who sends what when: as fast as answers come, or at a rate whatever comes back."""

import asyncio
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from exchange.bench.load.traffic import Step
from exchange.bench.load.wire import ORDER_IDS, Answer, Line

TICK_SECONDS = 0.001
#: So long after the end, what is still to be sent is given up; later, what was sent, too.
PATIENCE_SECONDS, LONGEST_ANSWER_SECONDS = 3.0, 30.0


@dataclass(slots=True)
class Tally:
    """What came back.

    latencies  seconds from the moment at which a request was due to its answer
    statuses   HTTP status -> answers
    acked      ids of the orders that the exchange has acknowledged
    lost       requests whose connection ended before their answer
    unsent     requests that were due and never sent, for want of a free connection; how
               long they had waited is among the latencies
    """

    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    statuses: Counter[bytes] = field(default_factory=Counter)
    acked: "array[int]" = field(default_factory=lambda: array("q"))
    lost: int = 0
    unsent: int = 0
    began: float = 0.0
    ended: float = 0.0


class Source:
    """Steps as requests; a cancel waits until the id of its order is known.

    tokens  of the users, by their places
    extra   more header lines of each request
    """

    def __init__(
        self, steps: Iterator[Step], *, tokens: Sequence[str], host: str, extra: bytes
    ) -> None:
        self._steps = steps
        self._heads = [
            b"Host: %b\r\nAuthorization: Bearer %b\r\n%b"
            % (host.encode(), token.encode(), extra)
            for token in tokens
        ]
        self._ids: dict[int, int] = {}
        self._parked: dict[int, Step] = {}
        self._ready: deque[Step] = deque()

    def next(self) -> tuple[bytes, int] | None:
        """The next request and its number; None when there is none now."""
        while True:
            step = self._ready.popleft() if self._ready else next(self._steps, None)
            if step is None:
                return None
            line, user, rest, number = step
            if number < 0:
                order = self._ids.get(-number)
                if order is None:
                    self._parked[-number] = step
                    continue
                line %= order
            return line + self._heads[user] + rest, number

    def acknowledge(self, number: int, order: int) -> None:
        self._ids[number] = order
        if number in self._parked:
            self._ready.append(self._parked.pop(number))


class Crew:
    """Some connections and what they get.

    cancels  whether ids are kept for later cancels
    """

    def __init__(self, source: Source, *, cancels: bool = False) -> None:
        self._source, self._cancels = source, cancels
        self._loop = asyncio.get_running_loop()
        self._free: list[Line] = []
        self._due: deque[float] = deque()
        self._under_way = 0
        self._deadline = 0.0
        self._interval = 0.0
        self._is_ticking = False
        self._done = asyncio.Event()
        self.tally = Tally()

    async def connect(self, host: str, port: int, *, connections: int) -> None:
        for _ in range(connections):
            await self._open(host, port)
        self._place = host, port

    async def _open(self, host: str, port: int) -> None:
        _, line = await self._loop.create_connection(
            lambda: Line(self._answered, self._lost), host, port
        )
        self._free.append(line)

    async def run(self, *, seconds: float, rate: float) -> Tally:
        """Send for so long, then wait for the answers that are still to come.

        rate  requests a second, whatever comes back (latency counts from the moment when
              a request was due); 0: each connection sends again as soon as it is answered
        """
        began = perf_counter()
        self.tally.began = began
        self._deadline = began + seconds
        if rate:
            self._interval, self._is_ticking = 1 / rate, True
            self._tick(began)
        else:
            while self._free and self._send(began):
                pass
        self._loop.call_later(seconds + PATIENCE_SECONDS, self._give_up)
        async with asyncio.timeout(seconds + LONGEST_ANSWER_SECONDS):
            await self._done.wait()
        return self.tally

    def _give_up(self) -> None:
        now = perf_counter()
        self.tally.latencies.extend(now - due for due in self._due)
        self.tally.unsent += len(self._due)
        self._due.clear()
        self._end_if_idle()

    def _tick(self, due: float) -> None:
        """Everything that has become due goes out, or waits for a free connection."""
        now = perf_counter()
        while due <= now:
            self._due.append(due)
            due += self._interval
        while self._free and self._due:
            if not self._send(self._due.popleft()):
                self._due.clear()
                due = self._deadline
        if due < self._deadline:
            self._loop.call_later(TICK_SECONDS, self._tick, due)
        else:
            self._is_ticking = False
            self._end_if_idle()

    def _send(self, scheduled: float) -> bool:
        request = self._source.next()
        if request is None:
            return False
        self._under_way += 1
        self._free.pop().send(request[0], scheduled=scheduled, number=request[1])
        return True

    def _answered(self, line: Line, answer: Answer) -> None:
        now, tally = perf_counter(), self.tally
        tally.latencies.append(now - line.scheduled)
        tally.statuses[answer.status] += 1
        tally.ended = now
        self._under_way -= 1
        self._free.append(line)
        if line.number > 0:
            ids = [int(found) for found in ORDER_IDS.findall(answer.body)]
            tally.acked.extend(ids)
            if self._cancels and ids:
                self._source.acknowledge(line.number, ids[0])
        if self._due:
            self._send(self._due.popleft())
        elif not self._interval and now < self._deadline:
            while self._free and self._send(now):
                pass
        self._end_if_idle()

    def _lost(self, line: Line) -> None:
        """A server may close what was idle; a request that was under way counts."""
        if line.waits:
            self.tally.lost += 1
            self._under_way -= 1
        else:
            self._free = [other for other in self._free if other is not line]
        if not self._done.is_set():
            self._end_if_idle()
            self._reopening = self._loop.create_task(self._open(*self._place))

    def _end_if_idle(self) -> None:
        if not (self._under_way or self._due or self._is_ticking):
            self._done.set()
