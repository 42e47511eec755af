"""The bell between processes: a tiny message on one Redis channel, never data.

It may be lost. The hub reads the log every second anyway, and after every new connection.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import redis
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

CHANNEL: Final = "marketdata"
LOG: Final = "log"
BALANCES: Final = "balances"
#: Said by `listen` itself: whatever was rung before this moment may have been missed.
CONNECTED: Final = "connected"
#: For this long nobody tries again after Redis was away, so that no engine waits for it.
REST_SECONDS: Final = 1

_ringer: "redis.Redis | None" = None
_quiet_until = time.monotonic()


def ring_log(**_: Any) -> None:
    """Tell every hub that event batches were logged.

    raises  RedisError when Redis is away; the bell that rings this says so in one line
    """
    _ring(LOG)


def ring_balances(*, user_id: int, **_: Any) -> None:
    """Tell every hub that a user's balances changed.

    raises  RedisError when Redis is away
    """
    _ring(f"{BALANCES} {user_id}")


def _ring(message: str) -> None:
    global _ringer, _quiet_until
    if time.monotonic() < _quiet_until:
        return
    if _ringer is None:
        _ringer = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        )
    try:
        _ringer.publish(CHANNEL, message)
    except RedisError:
        _quiet_until = time.monotonic() + REST_SECONDS
        raise


async def listen() -> AsyncIterator[str]:
    """Hear every bell, for ever; CONNECTED first, and again whenever Redis came back."""
    while True:
        try:
            # With a timeout the client would wait by asyncio.wait_for, which up to Python
            # 3.11 can swallow a cancellation: the hub would then never end.
            async with (
                Redis.from_url(settings.REDIS_URL, socket_timeout=None) as client,
                client.pubsub(ignore_subscribe_messages=True) as ears,
            ):
                await ears.subscribe(CHANNEL)
                yield CONNECTED
                async for message in ears.listen():
                    yield message["data"].decode()
        except (RedisError, OSError) as away:
            log.warning("redis is away; streams are up to a second late: %s", away)
        await asyncio.sleep(REST_SECONDS)
