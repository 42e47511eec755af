"""Opens the groups of the staff, or sets their rights back to what the code says."""

from typing import Any

from django.core.management.base import BaseCommand

from exchange.staff_groups import RIGHTS, open_group


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        for name in RIGHTS:
            group = open_group(name)
            self.stdout.write(f"{group}: {', '.join(RIGHTS[name])}")
