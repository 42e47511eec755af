"""`manage.py refill_history`: list what is recorded, without a pause between the slices."""

import time
from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from ledger.selectors import movement_lag
from ledger.services import forget_movements, index_movements
from orders.selectors import history_lags
from orders.services import forget_history, index_fills, index_orders

#: Until a transaction that is writing, or whoever else adds a slice, is looked at again.
PAUSE: Final = 0.1


class Command(BaseCommand):
    help = (
        "Lists orders and fills by user, and movements by account, until less than a slice "
        "of each is left. The exchange may be running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from-scratch", action="store_true", help="empty the lists first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_scratch"]:
            forget_history()
            forget_movements()
        for what, index, is_late in (
            ("commands", index_orders, lambda: _is_late("orders")),
            ("trades", index_fills, lambda: _is_late("fills")),
            ("transfers", index_movements, lambda: bool(movement_lag().age)),
        ):
            self.stdout.write(f"refill_history: {_fill(index, is_late):,} {what} listed.")


def _is_late(log: str) -> bool:
    return any(lag.age for lag in history_lags() if lag.name.startswith(log))


def _fill(index: Callable[[], int], is_late: Callable[[], bool]) -> int:
    total = 0
    while (listed := index()) or is_late():
        total += listed
        if not listed:
            time.sleep(PAUSE)
    return total
