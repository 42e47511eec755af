"""What the house does by itself, started by beat."""

from celery import shared_task

from bookkeeping.services import close_days
from kernel import clock


@shared_task
def close_the_days() -> None:
    close_days(now=clock.now())
