"""`manage.py seals`: what is sealed, and what an auditor needs; also seals and exports."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.audit import one_snapshot
from exchange.seal_heads import export_heads, last_export
from exchange.seals import broken_seals, seal_lags, streams
from kernel import clock
from kernel.invariants import EVERYTHING
from ledger.models import Seal
from ledger.selectors import content_queries, seal_heads
from ledger.services import seal_stream, take_snapshot


class Command(BaseCommand):
    help = "Shows how far the logs are sealed; one line each."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--seal", action="store_true", help="seal everything that waits, however little"
        )
        what.add_argument(
            "--export", action="store_true", help="export the heads now, to SEALS_DIR"
        )
        what.add_argument(
            "--verify", action="store_true", help="look at every seal and every sealed row"
        )
        what.add_argument(
            "--show",
            metavar="LOG:NUMBER",
            help="print a seal, and the shell commands by which anybody verifies it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seal"]:
            self._seal()
        elif options["export"]:
            self.stdout.write(f"seals: the heads are in {export_heads(now=clock.now())}.")
        elif options["verify"]:
            self._verify()
        elif options["show"] is not None:
            self._show(options["show"])
        else:
            self._tell()

    def _tell(self) -> None:
        heads = {seal.log: seal for seal in seal_heads()}
        for lag in seal_lags(now=clock.now()):
            head = heads.get(lag.log)
            told = f"{head.number:>7,}  {head.last:>20,}  {head.sha256}" if head else "-"
            self.stdout.write(f"{lag.log:<20} {lag.rows:>7,} waiting  {told}")
        self.stdout.write(
            f"seals: {len(heads)} chains (log, rows that wait, number, last id, hash); "
            f"heads were exported {last_export() or 'never'}."
        )

    def _seal(self) -> None:
        count = rows = 0
        for stream in streams():
            while seal := seal_stream(stream=stream, now=clock.now(), least=1):
                count, rows = count + 1, rows + seal.rows
                take_snapshot(now=clock.now())
        self.stdout.write(f"seals: {count:,} seals over {rows:,} rows.")

    def _verify(self) -> None:
        with one_snapshot():
            broken = list(broken_seals(EVERYTHING))
        for line in broken:
            self.stdout.write(self.style.ERROR(line))
        if broken:
            self.stderr.write(self.style.ERROR(f"seals: {len(broken)} are BROKEN."))
            sys.exit(1)
        self.stdout.write(f"seals: all {Seal.objects.count():,} seals are as they were.")

    def _show(self, name: str) -> None:
        """raises  CommandError when there is no such seal"""
        log, _, number = name.rpartition(":")
        seal = (
            Seal.objects.filter(log=log, number=number).first()
            if number.isdecimal()
            else None
        )
        chains = {it.name: it for it in streams()}
        if seal is None or seal.log not in chains:
            raise CommandError(f"There is no seal {name}; say e.g. transfers:1.")
        for field in ("log", "number", "first", "last", "rows", "earliest", "latest"):
            self.stdout.write(f"{field:<9} {getattr(seal, field)}")
        for field in ("content", "previous", "sha256", "sealed_at"):
            self.stdout.write(f"{field:<9} {getattr(seal, field)}")
        queries = content_queries(chains[seal.log].log, first=seal.first, last=seal.last)
        copies = "; ".join(f'psql -X -q -c "COPY ({it}) TO STDOUT"' for it in queries)
        self.stdout.write("\nThe content:")
        self.stdout.write("export PGTZ=UTC PGDATESTYLE=ISO PGCLIENTENCODING=UTF8")
        self.stdout.write(f"({copies}) | sha256sum")
        self.stdout.write("\nThe link:")
        self.stdout.write(f"printf %s '{seal.own_text()}' | sha256sum")
