"""The engine's loop in its process: settle what waits, linger for what comes."""

import logging
import threading
import time
from typing import Any

import psycopg
from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from matching.worker import LOST, RENEW_SECONDS, Worker

log = logging.getLogger(__name__)

FROZEN_SECONDS = 10

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
            else:
                wait_for_commands(0.2)
        if _stopping.is_set():
            worker.release()
    except LOST as lost:
        log.warning(
            "the database went away; the engine starts afresh", extra={"why": str(lost)}
        )
        connection.close()
    return done


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
