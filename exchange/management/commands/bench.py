"""`manage.py bench`: each stage beside the limit that was measured in the same run."""

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from exchange.bench import engine, flows, peers, tables
from exchange.bench.setting import make_setting
from exchange.bench.stages import (
    CycleRun,
    Row,
    engine_alone,
    median,
    raw_copy_rate,
    run_cycles,
)
from exchange.embedded import var_dir
from exchange.scratch import as_app, as_owner, scratch_database

USERS = 1_000
BATCH = 2_000
SECTIONS = ("engine", "peers", "cycles")


class Command(BaseCommand):
    help = (
        "Measures the engine alone, order books of others beside it, full cycles, their "
        "stages, and raw COPY beside them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write it there")
        parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
        parser.add_argument(
            "--only",
            nargs="+",
            choices=SECTIONS,
            default=SECTIONS,
            help="engine: the engine alone; peers: order books from PyPI, which are "
            "installed for it; cycles: the whole path, in a database of its own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("matching").setLevel(logging.WARNING)
        quick, document = options["quick"], dict[str, Any]()
        if "engine" in options["only"]:
            document["engine"] = self._engine(quick=quick)
        if "peers" in options["only"]:
            document["peers"] = self._peers(quick=quick)
        if "cycles" in options["only"]:
            document |= self._cycles(quick=quick)
        if options["json"]:
            options["json"].write_text(json.dumps(document, indent=2) + "\n")

    def _engine(self, *, quick: bool) -> list[dict[str, Any]]:
        measures = engine.measure_all(quick=quick, say=self.stdout.write)
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
            say=self.stdout.write,
        )
        self.stdout.write(
            f"\norder books on one mixed stream of {count:,} steps, nanoseconds of the "
            "processor:"
        )
        for line in tables.peer_lines(measured):
            self.stdout.write(line)
        return [asdict(peer) for peer in measured]

    def _cycles(self, *, quick: bool) -> dict[str, Any]:
        runs, cycles = (3, 10_000) if quick else (7, 40_000)
        with scratch_database(f"fairbook_bench_{os.getpid()}"):
            as_app()
            self.stdout.write(
                f"{USERS} users, batches of {BATCH}, {runs} runs of {cycles} cycles"
            )
            setting = make_setting(users=USERS)
            run_cycles(setting, cycles=BATCH, batch=BATCH, seed=0)  # warms the caches
            measured, copies, engines = [], [], []
            for seed in range(1, runs + 1):
                run = run_cycles(setting, cycles=cycles, batch=BATCH, seed=seed)
                as_owner()
                copies.append(raw_copy_rate(rows=run.transfers, batch=3 * BATCH))
                as_app()
                engines.append(engine_alone(setting, commands=100_000, seed=seed))
                measured.append(run)
                self.stdout.write(f"run {seed} of {runs} done")
            rows = report(measured, copies, engines)
            self._show(rows, measured)
            call_command("audit", stdout=self.stdout, stderr=self.stderr)
            call_command("verify", stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(self.style.SUCCESS("bench: done; the ledger is proved."))
        return {
            "rows": [row.as_json() for row in rows],
            "stages": stages_of(measured),
        }

    def _show(self, rows: list[Row], runs: list[CycleRun]) -> None:
        self.stdout.write(
            f"\n{'stage':<34}{'median':>12}  {'unit':<14}{'spread':>20}{'ratio':>9}"
        )
        for row in rows:
            ratio = f"{row.ratio:.1%}" if row.ratio else ""
            self.stdout.write(
                f"{row.stage:<34}{row.value:>12,.0f}  {row.unit:<14}"
                f"{row.spread:>20}{ratio:>9}"
                + (f"  of {row.reference}" if row.reference else "")
            )
        self.stdout.write("\nwhere a cycle's time goes, in microseconds:")
        for stage, spent in stages_of(runs).items():
            self.stdout.write(f"  {stage:<32}{spent:>8.1f}")
        self.stdout.write("")


def report(runs: list[CycleRun], copies: list[float], engines: list[float]) -> list[Row]:
    """One row for each measure; cycles are compared with the raw COPY of their rows."""
    copy, copy_spread = median(copies)
    per_cycle = runs[0].transfers / runs[0].cycles

    def row(
        stage: str, values: list[float], unit: str, *, transfers: float, goal: str
    ) -> Row:
        value, spread = median(values)
        ratio = median([v * transfers / c for v, c in zip(values, copies, strict=True)])[0]
        met = ratio >= float(goal) if goal else None
        reference = "raw COPY of its transfers" if transfers else ""
        return Row(stage, value, unit, reference, copy, ratio, goal, met, spread)

    full = [run.cycles / (run.intake + run.settle) for run in runs]
    settle = [run.cycles / run.settle for run in runs]
    intake = [2 * run.cycles / run.intake for run in runs]
    return [
        row("placed and settled", full, "cycles/s", transfers=per_cycle, goal="0.09"),
        row("settle a backlog", settle, "cycles/s", transfers=per_cycle, goal="0.11"),
        row("order intake in bulk, durable", intake, "orders/s", transfers=0, goal=""),
        row("engine alone, mixed flow", engines, "commands/s", transfers=0, goal=""),
        Row("raw COPY of the transfer rows", copy, "rows/s", spread=copy_spread),
    ]


def stages_of(runs: list[CycleRun]) -> dict[str, float]:
    """Microseconds a cycle by stage, the dearest first; the median of the runs."""
    spent = {"order intake": median([run.intake / run.cycles * 1e6 for run in runs])[0]}
    for stage in runs[0].stages:
        each = [run.stages.get(stage, 0) / run.cycles * 1e6 for run in runs]
        spent[stage] = median(each)[0]
    return dict(sorted(spent.items(), key=lambda item: -item[1]))
