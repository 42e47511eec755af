"""`manage.py verify`: replay the command log and compare; exit 1 when something differs."""

import itertools
import sys
from typing import Any

from django.core.management.base import BaseCommand

from exchange.audit import one_snapshot
from matching.verify import differences
from orders.models import Order, Trade
from orders.selectors import shards


class Command(BaseCommand):
    help = "Replays the command log from empty; compares trades, order states and books."

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[str] = []
        with one_snapshot():
            for shard in shards():
                found += itertools.islice(differences(shard=shard), 20)
            counts = f"{Order.objects.count()} orders and {Trade.objects.count()} trades"
        for line in found:
            self.stdout.write(self.style.ERROR(f"differs: {line}"))
        if found:
            self.stderr.write(
                self.style.ERROR("verify: the replay differs from the record.")
            )
            sys.exit(1)
        self.stdout.write(f"verify: {counts} follow from the command log.")
