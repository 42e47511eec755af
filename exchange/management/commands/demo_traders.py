"""Trade on a running exchange, as ordinary users, through its public REST API."""

import asyncio
import contextlib
import logging
import signal
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from exchange.demo.traders import trade


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C. Its users are made by `manage.py demo`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)
        asyncio.run(_until_told_to_stop(options["url"].rstrip("/")))


async def _until_told_to_stop(url: str) -> None:
    chance = Random()  # noqa: S311  prices of a demo, not secrets
    trading = asyncio.create_task(trade(url, chance))
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, trading.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await trading
