"""Celery: starts and supervises the engine, and is the fallback bell. Never a log."""

import gc
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")

from django.conf import settings

SHARDS = 1
_QUEUES = ("general", "reports", *(f"matching.{shard}" for shard in range(SHARDS)))


def _broker(url: str) -> str:
    """Celery spells a Redis unix socket `redis+socket://`."""
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


app = Celery("fairbook", broker=_broker(settings.REDIS_URL))
app.conf.update(
    task_default_queue="general",
    # The default exchange routes by queue name and keeps no bindings in Redis, so that
    # a flushed Redis loses messages (the sweep covers those) but no routes.
    task_queues=[
        Queue(name, Exchange("", type="direct"), routing_key=name) for name in _QUEUES
    ],
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    timezone="UTC",
    beat_schedule={
        "ring-every-shard": {
            "task": "matching.tasks.ring_shards",
            "schedule": 1.0,
            "options": {"queue": "general", "expires": 1.0},
        },
        "tell-the-time": {
            "task": "orders.tasks.tell_time",
            "schedule": 1.0,
            "options": {"queue": "general", "expires": 1.0},
        },
        "list-the-history": {
            "task": "orders.tasks.list_history",
            "schedule": 1.0,
            "options": {"queue": "general", "expires": 1.0},
        },
        "list-the-movements": {
            "task": "ledger.tasks.list_movements",
            "schedule": 1.0,
            "options": {"queue": "general", "expires": 1.0},
        },
        "seal-the-logs": {
            "task": "exchange.tasks.seal_logs",
            "schedule": 5.0,
            "options": {"queue": "general", "expires": 5.0},
        },
        # Each hour, for a day that was slept through; once a day it does something.
        "export-the-seals": {
            "task": "exchange.tasks.export_seals",
            "schedule": crontab(minute="10"),
            "options": {"queue": "general"},
        },
        "take-a-proof": {
            "task": "proofs.tasks.take_weekly_proof",
            "schedule": crontab(day_of_week="1", hour="0", minute="30"),
            "options": {"queue": "reports"},
        },
        "look-after-exports": {
            "task": "reports.tasks.look_after_exports",
            "schedule": 60.0,
            "options": {"queue": "reports", "expires": 60.0},
        },
        "state-the-rates": {
            "task": "reports.tasks.state_rates",
            "schedule": 60.0,
            "options": {"queue": "reports", "expires": 60.0},
        },
        "audit-what-came": {
            "task": "exchange.tasks.audit_recent",
            "schedule": 60.0,
            "options": {"queue": "reports", "expires": 60.0},
        },
        "audit-everything": {
            "task": "exchange.tasks.audit_everything",
            "schedule": crontab(hour="3", minute="20"),
            # After days without its worker, one is enough.
            "options": {"queue": "reports", "expires": 12 * 3_600.0},
        },
        # Each hour, for a day that was slept through; the day is closed once.
        "close-the-days": {
            "task": "bookkeeping.tasks.close_the_days",
            "schedule": crontab(minute="5"),
            "options": {"queue": "general"},
        },
        # A day that was slept through is made up for when beat starts again.
        "count-what-was-traded": {
            "task": "orders.tasks.count_traded",
            "schedule": crontab(hour="0", minute="5"),
            "options": {"queue": "general"},
        },
    },
)
app.autodiscover_tasks()


@worker_init.connect
def _boot(**_: Any) -> None:
    from exchange import embedded, supervised
    from exchange.checks import refuse_unsafe_database

    supervised.follow_if_asked()
    embedded.hold()
    refuse_unsafe_database()
    # What is loaded stays for good. Looked at by the collector no more, it stays shared
    # with the fork that runs beat, instead of being copied.
    gc.collect()
    gc.freeze()
