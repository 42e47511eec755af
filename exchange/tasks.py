"""What the house does by itself, started by beat."""

import logging
import time
from typing import Final

from celery import shared_task

from exchange.audit_runs import AuditAtWork, run_audit
from exchange.seal_heads import export_heads_of_the_day
from exchange.seals import seal_due
from kernel import clock

log = logging.getLogger(__name__)

#: Where much waits, the general worker gives it so many seconds, and then its other ticks.
SECONDS: Final = 1.0


@shared_task
def seal_logs() -> None:
    until = time.monotonic() + SECONDS
    while seal_due(now=clock.now(), until=until) and time.monotonic() < until:
        pass


@shared_task
def export_seals() -> None:
    export_heads_of_the_day(now=clock.now())


@shared_task
def audit_recent() -> None:
    _audit(full=False)


@shared_task
def audit_everything() -> None:
    _audit(full=True)


def _audit(*, full: bool) -> None:
    try:
        run_audit(full=full)
    except AuditAtWork:
        log.warning("another audit is at work", extra={"full": full})
