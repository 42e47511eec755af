"""Cancel-on-disconnect: the sockets whose end takes back all orders of their user.

Each has a switch in the database with a deadline, which this process pushes ahead while the
socket is there. When the socket ends, for whatever reason, the deadline is now. A process
that was killed pushes nothing, so the deadline passes by itself.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple, TypeVar

from django.db import Error, close_old_connections

from kernel import clock
from marketdata.hub.outbox import Outbox
from orders.services import fire_cancel_after, renew_cancel_after, set_cancel_after

log = logging.getLogger(__name__)
T = TypeVar("T")

#: How far ahead a deadline is, and how often it is pushed: two may fail in between.
DEADLINE_SECONDS: Final = 15
RENEW_SECONDS: Final = 5

# One thread, so that the database hears of a switch in the order in which it was turned.
# At the end of the process it finishes what it was given.
_thread: Final = ThreadPoolExecutor(1, "marketdata-switches")


class Switch(NamedTuple):
    """Of one socket.

    source  names it in the database, and is never used again
    """

    source: str
    user_id: int


class Switches:
    """The switches of this process' sockets."""

    def __init__(self) -> None:
        self._held: dict[Outbox, Switch] = {}
        self._fired: deque[Switch] = deque()

    async def turn_on(self, outbox: Outbox, *, user_id: int) -> None:
        """Cancel the user's orders when the socket ends; durable when this returns."""
        held = outbox in self._held
        if not held:
            # Before it is written, so that a socket that ends meanwhile fires it.
            self._held[outbox] = Switch(f"socket:{secrets.token_hex(16)}", user_id)
        try:
            await _in_turn(partial(_renew, [self._held[outbox]]))
        except Error:
            if not held and (refused := self._held.pop(outbox, None)):
                # `run` may have asked meanwhile for it to be pushed ahead.
                _thread.submit(_forget, refused)
            raise

    async def turn_off(self, outbox: Outbox) -> None:
        """Let the orders stay when the socket ends."""
        switch = self._held.pop(outbox, None)
        if switch is None:
            return
        try:
            await _in_turn(partial(_remove, switch))
        except Error:
            self._held[outbox] = switch
            raise

    def fire(self, outbox: Outbox) -> None:
        """Cancel the orders of a socket that has ended, if it asked for it. Waits for
        nothing, since the task of the socket may be at its end too.
        """
        switch = self._held.pop(outbox, None)
        if switch is not None:
            self._fired.append(switch)
            _thread.submit(self._tell_fired)

    async def run(self) -> None:
        """Push the deadlines ahead for ever, in one query however many they are.

        A switch whose deadline passed all the same, since we or the database were away, has
        fired and is set again: its socket lives and counts on it.
        """
        while True:
            if self._held:
                await _in_turn(partial(_renew, list(self._held.values())))
            await asyncio.sleep(RENEW_SECONDS)

    def _tell_fired(self) -> None:
        """All that were fired by now together: a process that ends closes many sockets."""
        fired: dict[str, int] = {}
        while self._fired:
            fired.update([self._fired.popleft()])
        if not fired:
            return
        try:
            _with_a_connection(lambda: fire_cancel_after(sources=fired, now=clock.now()))
        except Error as away:
            log.warning("the database is away; orders are cancelled later: %s", away)


def _renew(switches: Iterable[Switch]) -> None:
    renew_cancel_after(sources=dict(switches), seconds=DEADLINE_SECONDS, now=clock.now())


def _remove(switch: Switch) -> None:
    set_cancel_after(
        user_id=switch.user_id, seconds=None, source=switch.source, now=clock.now()
    )


def _forget(switch: Switch) -> None:
    """Undo what may have been written of a switch that was refused."""
    try:
        _with_a_connection(partial(_remove, switch))
    except Error as away:
        log.warning("a refused switch may fire: %s", away)


async def _in_turn(work: Callable[[], T]) -> T:
    """Do it in the thread of the switches, after what was asked before."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_thread, _with_a_connection, work)


def _with_a_connection(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
