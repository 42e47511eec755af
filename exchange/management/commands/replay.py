"""`manage.py replay FILE`: a recorded day through the whole write path, and its proof."""

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.replay import replay
from exchange.scratch import as_app, scratch_database
from kernel.errors import ExchangeError


class Command(BaseCommand):
    help = (
        "Replays a recorded day in a database of its own; prints trades, proves the ledger."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, or CSV in .xz")
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write it there")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        logging.getLogger("matching").setLevel(logging.WARNING)
        with scratch_database(f"fairbook_replay_{os.getpid()}"):
            as_app()
            self.stdout.write(f"replaying {path.name} …")
            try:
                report = replay(path)
            except ExchangeError as refused:
                raise CommandError(str(refused)) from refused
            self.stdout.write(
                f"{report.orders} orders, {report.cancels} cancels, "
                f"{report.trades} trades, {report.open_orders} open, "
                f"volume {report.volume_atoms} atoms, "
                f"notional {report.notional}, last price {report.last_price}, "
                f"{report.seconds} s"
            )
            self.stdout.write(f"trades sha256 {report.trades_sha256}")
            call_command(
                "audit", without_replay=True, stdout=self.stdout, stderr=self.stderr
            )
            call_command("verify", stdout=self.stdout, stderr=self.stderr)
        if options["json"]:
            options["json"].write_text(json.dumps(asdict(report), indent=2) + "\n")
        self.stdout.write(self.style.SUCCESS("replay: done; the ledger is proved."))
