"""What the house does by itself, started by beat."""

import logging
import secrets
from datetime import timedelta

from celery import shared_task

from kernel import clock
from proofs.errors import NothingSealed
from proofs.services import take_proof

log = logging.getLogger(__name__)


@shared_task
def take_weekly_proof() -> None:
    """Once a week, under the week's Monday; staff looks at it and publishes it."""
    now = clock.now()
    monday = now.date() - timedelta(days=now.weekday())
    try:
        take_proof(
            key=f"scheduled:{monday}", seed=secrets.token_bytes(32), actor=None, now=now
        )
    except NothingSealed:
        log.info("no proof of liabilities: no transfer has been sealed yet")
