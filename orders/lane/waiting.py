"""Who waits for the engine: all requests of this event loop, told by one reader.

The reader of the event log (exchange/lanes/news.py) tells what a batch did to orders. An
order that a batch has seen for the first time has all its fills in that batch, so a request
that placed it can be answered with nothing else; what cannot be told so is looked up.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from orders.commands import LIVE, CommandKind
from orders.models import OrderRow, TradeRow

#: Decisions about orders of which nobody has said yet that he waits for them.
EARLY_MAX: Final = 20_000
MILLISECOND: Final = 0.001


class Told(NamedTuple):
    """What a batch did to one order.

    trades      its trades in this batch, in the order of their numbers
    is_answered  whether a request to change or cancel it was answered, though it lives
    """

    order: OrderRow
    trades: Sequence[TradeRow]
    is_answered: bool


@dataclass(slots=True, eq=False)
class Waiter:
    """One request, with what was told so far.

    kinds  {order: kind of the command about it}
    told   {order: what decided the command}
    """

    waiting: "Waiting"
    deadline: float
    future: "asyncio.Future[None]"
    kinds: dict[int, int] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)

    def __enter__(self) -> "Waiter":
        return self

    def __exit__(self, *_: object) -> None:
        self.waiting.forget(self)

    def hear(self, told: Told) -> None:
        """Take what decides the command about this order, and end when all are decided."""
        kind = self.kinds[told.order.pk]
        if kind != CommandKind.PLACE and told.order.status in LIVE and not told.is_answered:
            return
        self.told[told.order.pk] = told
        if len(self.told) == len(self.kinds) and not self.future.done():
            self.future.set_result(None)

    def is_over(self) -> bool:
        return self.deadline <= time.monotonic()

    async def all_told(self) -> None:
        """Wait until all are decided, or the time is over."""
        if not self.is_over():
            await self.future


class Waiting:
    """The requests that wait, by the orders that they are about."""

    def __init__(self) -> None:
        self._by_order: dict[int, list[Waiter]] = {}
        self._by_deadline: deque[Waiter] = deque()
        self._early: dict[int, Told] = {}
        self._newest = 0

    def __bool__(self) -> bool:
        """Whether anybody waits, or is about to."""
        return bool(self._by_deadline)

    def waiter(self, *, wait_ms: int) -> Waiter:
        """Somebody who waits so long for the orders that are added to him, in a `with`."""
        future = asyncio.get_running_loop().create_future()
        waiter = Waiter(self, time.monotonic() + wait_ms * MILLISECOND, future)
        if wait_ms:
            self._by_deadline.append(waiter)
        return waiter

    def add(self, waiter: Waiter, kinds: dict[int, int]) -> None:
        """Let him wait for what becomes of commands about these orders as well.

        Orders that are placed are added when they have been numbered, in that order: a
        higher number of which news came earlier may still be one of ours.
        """
        waiter.kinds |= kinds
        is_patient = not waiter.is_over()
        for order_id, kind in kinds.items():
            if is_patient:
                self._by_order.setdefault(order_id, []).append(waiter)
            if kind == CommandKind.PLACE:
                self._newest = max(self._newest, order_id)
                if self._early and (told := self._early.pop(order_id, None)):
                    waiter.hear(told)

    def listen_again(self, waiter: Waiter) -> None:
        """Wait on: what was told did not decide it."""
        waiter.told.clear()
        waiter.future = asyncio.get_running_loop().create_future()
        self._by_deadline.appendleft(waiter)

    def is_awaited(self, order_id: int) -> bool:
        """Whether somebody waits for the order, or may be about to."""
        return order_id in self._by_order or order_id > self._newest

    def tell(self, told: Told) -> None:
        """Tell what a batch did to an order."""
        order_id = told.order.pk
        waiters = self._by_order.get(order_id)
        if waiters is None:
            self._early[order_id] = told
            if len(self._early) > EARLY_MAX:
                del self._early[next(iter(self._early))]
            return
        for waiter in waiters:
            waiter.hear(told)

    def expire(self) -> None:
        """End the waiting of those whose time is over."""
        line = self._by_deadline
        while line and (line[0].is_over() or line[0].future.done()):
            waiter = line.popleft()
            if not waiter.future.done():
                waiter.future.set_result(None)

    def forget(self, waiter: Waiter) -> None:
        """Tell him no more."""
        for order_id in waiter.kinds:
            others = self._by_order.get(order_id)
            if others and waiter in others:
                others.remove(waiter)
                if not others:
                    del self._by_order[order_id]
