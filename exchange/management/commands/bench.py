"""`manage.py bench`: each stage beside the limit that was measured in the same run."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.bench import engine, flows, peers, report, tables
from exchange.bench.limits import Limits
from exchange.bench.machine import machine
from exchange.bench.rows import Row
from exchange.bench.sections import SECTIONS, Bench
from exchange.embedded import var_dir

#: What `--quick` leaves out unless it is asked for.
LONG = ("engine", "peers")


class Command(BaseCommand):
    help = "Measures the exchange beside what the machine and others make of the same."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write it there")
        parser.add_argument(
            "--quick", action="store_true", help="fewer and shorter runs: 90 seconds"
        )
        parser.add_argument(
            "--only",
            nargs="+",
            choices=(*SECTIONS, *LONG),
            help="limits: pgbench and the disk; core: matching alone; settle: a backlog; "
            "http: what clients see; recovery: a book is rebuilt; books: millions of "
            "transfers; audits: of everything, and each minute; memory: a fresh "
            "exchange; engine: what makes matching dearer; peers: order books from "
            "PyPI, which are installed for it",
        )
        parser.add_argument(
            "--sustained",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="also keep up live load for so long",
        )
        parser.add_argument(
            "--docs",
            action="store_true",
            help="write table and chart into docs/performance.md and .svg",
        )
        parser.add_argument(
            "--from-json",
            type=Path,
            metavar="FILE",
            help="measure nothing: show what an earlier run has written there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("matching").setLevel(logging.WARNING)
        if options["from_json"]:
            document = json.loads(options["from_json"].read_text())
        else:
            document = self._measure(**options)
        rows = [Row(**row) for row in document["rows"]]
        self._show(rows, document)
        if options["json"]:
            options["json"].write_text(json.dumps(document, indent=2) + "\n")
        if options["docs"]:
            report.write_docs(rows, document["stages"])
        if document["failures"]:
            raise CommandError("; ".join(document["failures"]))

    def _measure(
        self, *, quick: bool, only: Sequence[str] | None, sustained: float, **_: Any
    ) -> dict[str, Any]:
        wanted = only or (*SECTIONS, *(() if quick else LONG))
        about, say = machine(), self._say
        bench = Bench(quick, sustained, Limits(quick=quick, say=say), say)
        for name in SECTIONS:
            if name in wanted:
                bench.section(name)
        document: dict[str, Any] = {
            "quick": quick,
            "machine": about,
            "rows": [row.as_json() for row in bench.rows],
            "stages": bench.stages,
            "proofs": bench.proofs,
            "failures": bench.failures,
        }
        if "engine" in wanted:
            document["engine"] = self._engine(quick=quick)
        if "peers" in wanted:
            document["peers"] = self._peers(quick=quick)
        return document

    def _show(self, rows: list[Row], document: dict[str, Any]) -> None:
        self.stdout.write("")
        for line in tables.row_lines(rows):
            self.stdout.write(line)
        if stages := document.get("stages"):
            self.stdout.write("\nwhere a cycle's time goes, in microseconds:")
            for stage, spent in stages.items():
                self.stdout.write(f"  {stage:<32}{spent:>8.1f}")
        for proof, told in document.get("proofs", {}).items():
            self.stdout.write(f"{proof}: {told}")

    def _engine(self, *, quick: bool) -> list[dict[str, Any]]:
        measures = engine.measure_all(quick=quick, say=self._say)
        self.stdout.write("\nthe engine without money, nanoseconds of the processor:")
        for line in tables.engine_lines(measures):
            self.stdout.write(line)
        return [asdict(measure) for measure in measures]

    def _peers(self, *, quick: bool) -> list[dict[str, Any]]:
        count = 20_000 if quick else 50_000
        measured = peers.measure_all(
            directory=var_dir() / "peers",
            steps=flows.mixed(count, seed=7),
            runs=3 if quick else 5,
            say=self._say,
        )
        self.stdout.write(
            f"\norder books on one mixed stream of {count:,} steps, nanoseconds of the "
            "processor:"
        )
        for line in tables.peer_lines(measured):
            self.stdout.write(line)
        return [asdict(peer) for peer in measured]

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
