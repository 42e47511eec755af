"""What the house does by itself, started by beat."""

from celery import shared_task

from kernel import clock
from orders.services import count_volumes, index_fills, index_orders, run_clock


@shared_task
def tell_time() -> None:
    run_clock(now=clock.now())


@shared_task
def count_traded() -> None:
    count_volumes(now=clock.now())


@shared_task
def list_history() -> None:
    index_orders()
    index_fills()
