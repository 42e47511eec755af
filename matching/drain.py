"""The engine's loop in its process: settle what waits, linger for what comes."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from matching.worker import LOST, RENEW_SECONDS, Worker

log = logging.getLogger(__name__)

FROZEN_SECONDS = 10
#: A batch costs a millisecond or two beside its commands. Where they come in crowds, the
#: engine waits this long for more of them; a single one is never made to wait.
CROWD, LINGER_SECONDS = range(4, 500), 0.002

_workers: dict[int, Worker] = {}
_stopping = threading.Event()
_listening: object = None


def drain(*, shard: int, seconds: float = 30.0, idle_seconds: float = 5.0) -> int:
    """Work on a shard: settle what waits, then linger for what comes.

    Returns after `seconds`, or when nothing came for `idle_seconds`, or when the database
    went away; whoever rings next starts again where the cursor stands. While Redis is
    away nobody can ring, so it stays. While another engine holds the shard, this one
    stands by and takes over when its lease ends. `stop` ends it early.

    returns  how many commands were settled
    """
    worker, sign = _workers.setdefault(shard, Worker(shard=shard)), AwakeSign(shard=shard)
    done, started = 0, time.monotonic()
    last = now = started
    try:
        with collected_when_idle() as collect:
            wait_for_commands(0)
            while not _stopping.is_set() and (
                not sign.seen or (now - started < seconds and now - last < idle_seconds)
            ):
                settled = worker.step()
                now = time.monotonic()
                if settled is None:
                    time.sleep(0.1)
                    last = now
                    continue
                sign.hang()
                if settled:
                    done += settled
                    last = now
                    time.sleep(LINGER_SECONDS if settled in CROWD else 0)
                else:
                    collect()
                    wait_for_commands(0.2)
        if _stopping.is_set():
            worker.release()
    except LOST as lost:
        log.warning(
            "the database went away; the engine starts afresh", extra={"why": str(lost)}
        )
        connection.close()
    return done


@contextmanager
def collected_when_idle() -> Iterator[Callable[[], None]]:
    """Keep Python's garbage collector from looking at the books while they are worked on.

    They are hundreds of thousands of objects that live long and are freed without it.
    What it gives is called when there is nothing to do: it collects what is new since the
    last time and lets the rest be.
    """

    def collect() -> None:
        if gc.get_count()[0] > _YOUNG:
            gc.collect(0)
            gc.freeze()

    gc.freeze()
    gc.disable()
    try:
        yield collect
    finally:
        gc.enable()


_YOUNG = 10_000


def stop() -> None:
    """Let a `drain` that is at work in this process end after its batch, and its shard be
    taken over at once."""
    _stopping.set()


def awake_key(shard: int) -> str:
    """The cache key that says: this shard's engine is awake, or was rung a moment ago."""
    return f"matching:{shard}:awake"


class AwakeSign:
    """Spares the API a Celery message while the engine listens. Only a hint.

    seen  whether Redis took the sign the last time: if not, nobody could ring either
    """

    def __init__(self, *, shard: int) -> None:
        self.shard = shard
        self.seen = True
        self._hung = 0.0

    def hang(self) -> None:
        """Renew the sign, a few times a second at most."""
        if time.monotonic() - self._hung < RENEW_SECONDS:
            return
        self._hung = time.monotonic()
        try:
            cache.set(awake_key(self.shard), 1, timeout=1)
        except RedisError as away:
            if self.seen:
                log.warning("Redis is away; the engine stays", extra={"why": str(away)})
            self.seen = False
        else:
            self.seen = True


def wait_for_commands(seconds: float) -> None:
    """Sleep until the database says that commands arrived, or for `seconds`."""
    global _listening
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        if _listening is not raw:
            # An engine that freezes within a batch loses its transaction, and with it the
            # lock on the cursor that another one waits for.
            raw.execute(f"SET idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
            raw.execute("LISTEN commands")
            _listening = raw
            return  # something may have arrived before we listened
        list(raw.notifies(timeout=seconds, stop_after=1))
