"""Create the demo's markets, people and money, and print where to go and who to be."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.demo.banner import banner
from exchange.demo.opening import open_demo
from kernel import clock
from kernel.errors import ExchangeError


class Command(BaseCommand):
    """A repetition adds what is missing and prints the same."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--url", default=f"http://127.0.0.1:{port}")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            staff = open_demo(now=clock.now())
        except ExchangeError as refused:
            raise CommandError(refused.detail) from refused
        self.stdout.write(banner(url=options["url"].rstrip("/"), staff=staff))
