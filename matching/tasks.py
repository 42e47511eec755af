"""Celery starts the engines and rings them again. A lost message costs at most a second."""

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.core.cache import cache

from matching.drain import awake_key, stop
from matching.drain import drain as drain_shard
from orders.selectors import shards

#: A bell may wait; drained late is harmless. Long enough for clocks that differ.
BELL_SECONDS = 20.0


@shared_task
def drain(*, shard: int) -> None:
    drain_shard(shard=shard)


@shared_task
def ring_shards() -> None:
    """Beat's sweep: start every engine that is not at work; a stale bell expires."""
    for shard in shards():
        _ring(shard)


def wake(*, shard: int, **_: Any) -> None:
    """Ring a shard's engine, unless it is awake or was rung within the last second."""
    if cache.add(awake_key(shard), 1, timeout=1):
        _ring(shard)


def _ring(shard: int) -> None:
    drain.apply_async(
        kwargs={"shard": shard}, queue=f"matching.{shard}", expires=BELL_SECONDS
    )


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    stop()
