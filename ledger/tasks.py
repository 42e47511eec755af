"""What the house does by itself, started by beat."""

from celery import shared_task

from ledger.services import index_movements


@shared_task
def list_movements() -> None:
    index_movements()
