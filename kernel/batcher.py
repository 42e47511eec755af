"""Many who wait, one who goes: what arrives while one batch is carried out is the next.

There is no timer. When nothing else waits an item goes at once and alone; under load the
batches grow by themselves, as large as what arrives during one round trip.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from kernel.errors import Busy

Item = TypeVar("Item")
Found = TypeVar("Found")


class Batcher(Generic[Item, Found]):
    """A bounded queue before one function of the event loop.

    carry_out  answers a batch, in its order; if it raises, everybody in the batch is told,
               and nothing is tried again. An answer that is an exception is raised for its
               item alone
    limit      how much may wait; what is beyond is refused before it is accepted
    most       how much goes at a time; a heavier item goes alone
    """

    def __init__(
        self,
        carry_out: Callable[[list[Item]], Awaitable[Sequence[Found | BaseException]]],
        *,
        limit: int,
        most: int,
    ) -> None:
        self._carry_out, self._limit, self._most = carry_out, limit, most
        self._waiting: deque[tuple[Item, int, asyncio.Future[Found]]] = deque()
        self._runner: asyncio.Task[None] | None = None
        self.weight = 0

    def ask(self, item: Item, *, weight: int = 1) -> "asyncio.Future[Found]":
        """Let an item go with the next batch. Who stops waiting does not take it back.

        raises  Busy when too much waits; the item was not accepted
        """
        if self.weight + weight > self._limit:
            raise Busy
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, weight, answer))
        self.weight += weight
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        return answer

    async def _run(self) -> None:
        while self._waiting:
            batch = self._take()
            items = [item for item, _, _ in batch]
            try:
                found = await self._carry_out(items)
            except Exception as failure:  # noqa: BLE001  told to everybody who waits
                found = [failure] * len(items)
            for (_, _, answer), one in zip(batch, found, strict=True):
                _tell(answer, one)
        self._runner = None

    def _take(self) -> list[tuple[Item, int, "asyncio.Future[Found]"]]:
        taken = [self._waiting.popleft()]
        weight = taken[0][1]
        while self._waiting and weight + self._waiting[0][1] <= self._most:
            taken.append(self._waiting.popleft())
            weight += taken[-1][1]
        self.weight -= weight
        return taken


def _tell(answer: "asyncio.Future[Found]", one: Found | BaseException) -> None:
    if answer.done():  # nobody waits for it any more
        return
    if isinstance(one, BaseException):
        answer.set_exception(one)
    else:
        answer.set_result(one)
