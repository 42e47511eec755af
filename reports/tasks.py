"""Exports are made when the bell rings, and looked after once a minute."""

from typing import Any

from celery import shared_task

from kernel import clock
from reports.services import (
    expire_exports,
    fix_rates,
    make_exports,
    take_up_lost_exports,
)

QUEUE = "reports"
#: A bell may wait behind a long export; who hears it late finds nothing to do.
BELL_SECONDS = 600


@shared_task
def make_waiting_exports() -> None:
    make_exports(now=clock.now)


@shared_task
def look_after_exports() -> None:
    """Beat's sweep: whose worker died is made again, and old files go."""
    now = clock.now()
    take_up_lost_exports(now=now)
    expire_exports(now=now)
    make_exports(now=clock.now)


@shared_task
def state_rates() -> None:
    """Once an hour; beat looks each minute, so that a new exchange has rates at once."""
    fix_rates(now=clock.now())


def wake(**_: Any) -> None:
    """Have the exports made that wait."""
    make_waiting_exports.apply_async(queue=QUEUE, expires=BELL_SECONDS)
