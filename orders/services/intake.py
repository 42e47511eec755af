"""The event loop's way into the command log: many requests, one durable commit.

It writes what `append_commands` writes, by the same statements, and what it may not decide
it leaves to the services: a request whose client order id is taken is not written.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from django.db import DataError, IntegrityError

from kernel.batcher import Batcher
from kernel.doorbell import ring_committed
from kernel.failpoint import failpoint
from kernel.wire import Wire
from orders.models import NewCommand
from orders.services.log import LAST_ID, copies_of
from orders.signals import commands_logged

log = logging.getLogger(__name__)

#: Commands that may wait for a commit; beyond that clients are told to come back.
WAITING_MAX: Final = 10_000
#: As many as an engine takes at a time.
COMMIT_MAX: Final = 2_000
#: A shard is rung so often at most; the engine hears of each commit by NOTIFY anyway.
RING_SECONDS: Final = 0.2


class Lot(NamedTuple):
    """Commands that go together or not at all, in their order.

    numbered  is called when they are durable and have their ids, before anybody goes on
    """

    commands: Sequence[NewCommand]
    numbered: Callable[[], None]


class Intake:
    """The command log, for the requests of this event loop."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._batcher = Batcher(self._commit, limit=WAITING_MAX, most=COMMIT_MAX)
        self._bell = _Bell()

    async def append(
        self, *, commands: Sequence[NewCommand], numbered: Callable[[], None]
    ) -> bool:
        """Append what one request asks for, with what others ask for at this moment.

        Once it returns, the commands are durable and have their ids. Place commands have
        passed `check_order`. Who stops waiting does not take them back.

        numbered  is called as soon as that is so, whoever waits
        returns  False when a client order id among them is taken; nothing of them was
                 written
        raises   Busy when too much waits, and nothing was written; django.db.Error
        """
        return await self._batcher.ask(Lot(commands, numbered), weight=len(commands))

    async def _commit(self, lots: list[Lot]) -> list[bool | BaseException]:
        """Write the lots; whether each was written."""
        fresh, answers = self._first_of_each_name(lots)
        while fresh:
            try:
                await self._write([lots[number] for number in fresh])
                break
            except (IntegrityError, DataError) as failure:
                taken = await self._taken([lots[number] for number in fresh])
                again = [it for it in fresh if not taken & _names(lots[it])]
                if again == fresh:  # not a client order id: somebody's row is wrong
                    return await self._one_by_one(lots, fresh, failure)
                fresh = again
        for number in fresh:
            answers[number] = True
        return [*answers]

    def _first_of_each_name(self, lots: list[Lot]) -> tuple[list[int], list[bool]]:
        """The numbers of the lots whose client order ids come for the first time."""
        seen: set[tuple[int, str]] = set()
        fresh = []
        for number, lot in enumerate(lots):
            names = _names(lot)
            if not names & seen:
                fresh.append(number)
                seen |= names
        return fresh, [False] * len(lots)

    async def _write(self, lots: Sequence[Lot]) -> None:
        """Write all of these lots in one transaction, and give the commands their ids."""
        commands, statements, copies = copies_of(lots=[lot.commands for lot in lots])
        [last] = await self._wire.copy_in("; ".join([*statements, LAST_ID]), copies)
        failpoint("after_commit")
        for number, command in enumerate(commands, last - len(commands) + 1):
            command.pk = number
        for lot in lots:
            lot.numbered()
        self._bell.ring({command.shard for command in commands})

    async def _taken(self, lots: Sequence[Lot]) -> set[tuple[int, str]]:
        """Those (user, client order id) of the lots that stand in the log."""
        names = list(set().union(*map(_names, lots)))
        rows = await self._wire.fetch(
            "SELECT c.user_id, c.client_order_id FROM orders_command c "
            "JOIN unnest(%s::bigint[], %s::text[]) AS n(user_id, name) "
            "ON c.user_id = n.user_id AND c.client_order_id = n.name",
            [[user for user, _ in names], [name for _, name in names]],
        )
        return set(rows)

    async def _one_by_one(
        self, lots: list[Lot], fresh: Sequence[int], failure: BaseException
    ) -> list[bool | BaseException]:
        """Write each lot by itself, so that only who is wrong is told so."""
        log.error("a commit was refused; its requests go one by one", exc_info=failure)
        answers: list[bool | BaseException] = [False] * len(lots)
        for number in fresh:
            try:
                await self._write([lots[number]])
                answers[number] = True
            except Exception as own:  # noqa: BLE001  told to who asked
                answers[number] = own
        return answers


class _Bell:
    """Rings the engines in a thread of its own, so that nobody waits for Redis."""

    def __init__(self) -> None:
        self._rung: dict[int, float] = {}
        self._due: set[int] = set()

    def ring(self, shards: set[int]) -> None:
        """Ring soon: at once, or at the end of the pause after the last time."""
        now = time.monotonic()
        for shard in shards - self._due:
            self._due.add(shard)
            pause = self._rung.get(shard, 0) + RING_SECONDS - now
            asyncio.get_running_loop().call_later(max(pause, 0), self._ring, shard)

    def _ring(self, shard: int) -> None:
        self._due.discard(shard)
        self._rung[shard] = time.monotonic()
        asyncio.get_running_loop().run_in_executor(
            None, ring_committed, commands_logged, {"shard": shard}
        )


def _names(lot: Lot) -> set[tuple[int, str]]:
    return {
        (command.user_id, command.client_order_id)
        for command in lot.commands
        if command.client_order_id is not None
    }
