"""What the engine's side does to a backlog: cycles, a crowd, a mixed flow; no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exchange.bench import figures, flows
from exchange.bench.engine import commands_of
from exchange.bench.limits import Limits
from exchange.bench.peers import run_book, run_engine
from exchange.bench.rows import Goal, Limit, Row, measured
from exchange.bench.setting import Setting
from exchange.bench.stages import (
    CycleRun,
    append,
    drain,
    mixed_commands,
    new_engine,
    raw_copy_rate,
    run_cycles,
)
from exchange.scratch import as_app, as_owner

BATCH: Final = 2_000
MATCH: Final = "match"


@dataclass(frozen=True, slots=True)
class Backlogs:
    """Runs of full cycles, and the raw COPY of the transfers of each."""

    runs: list[CycleRun]
    copies: list[float]

    @property
    def settled(self) -> list[float]:
        """Cycles a second, of each run."""
        return [run.cycles / run.settle for run in self.runs]


def settle_backlogs(
    settings: Sequence[Setting], *, runs: int, cycles: int
) -> list[Backlogs]:
    """Place opposing orders in bulk and let an engine settle them; several times.

    settings  who trades; they take turns, so that a noisy minute falls on all of them
    """
    done = [Backlogs([], []) for _ in settings]
    engine = new_engine(settings[0])
    run_cycles(engine, settings[0], cycles=20, batch=BATCH, seed=0)  # is all well?
    for setting in settings:
        run_cycles(engine, setting, cycles=BATCH, batch=BATCH, seed=0)  # warms the caches
    for seed in range(1, runs + 1):
        for setting, backlogs in zip(settings, done, strict=True):
            run = run_cycles(engine, setting, cycles=cycles, batch=BATCH, seed=seed)
            as_owner()
            backlogs.copies.append(raw_copy_rate(rows=run.transfers, batch=3 * BATCH))
            as_app()
            backlogs.runs.append(run)
    engine.release()
    return done


def settle_mixed(setting: Setting, *, runs: int, count: int) -> list[float]:
    """Commands a second of a mixed, durable backlog; of each run."""
    engine, rates = new_engine(setting), []
    for seed in range(1, runs + 1):
        commands = mixed_commands(setting, flows.mixed(count, seed=seed))
        append(commands, batch=BATCH)
        seconds, _ = drain(engine, batch=BATCH)
        rates.append(count / seconds)
    engine.release()
    return rates


def backlog_rows(done: Backlogs, limits: Limits) -> list[Row]:
    per_cycle = figures.median([run.transfers / run.cycles for run in done.runs])
    transfers = [rate * per_cycle for rate in done.settled]
    copies = Limit("raw COPY of the transfer rows", done.copies, "rows/s")
    intake = [2 * run.cycles / run.intake for run in done.runs]
    full = [run.cycles / (run.intake + run.settle) for run in done.runs]
    return [
        measured("settle a backlog, 1,000 users", done.settled, "cycles/s",
                 beside=limits.tpc_b, goal=Goal(4, "×")),
        measured("its transfers", transfers, "rows/s", beside=copies, goal=Goal(20, "%")),
        measured("placed in bulk and settled", full, "cycles/s"),
        measured("order intake in bulk, durable", intake, "orders/s"),
        measured("matching's share of a cycle", match_shares(done.runs), "%",
                 goal=Goal(10, at_most=True)),
        copies.as_row(),
    ]  # fmt: skip


def crowd_row(done: Backlogs, few: Backlogs, *, users: int) -> Row:
    beside = Limit("with 1,000 users", few.settled, "cycles/s")
    return measured(
        f"settle a backlog, {users:,} users", done.settled, "cycles/s", beside=beside,
        goal=Goal(0.6, "×"),
    )  # fmt: skip


def mixed_row(rates: Sequence[float], limits: Limits) -> Row:
    return measured(
        "mixed commands, durable (60/25/15)", rates, "commands/s", beside=limits.tpc_b,
        goal=Goal(7.5, "×"),
    )  # fmt: skip


def core_rates(*, count: int, runs: int) -> tuple[list[float], list[float]]:
    """Commands a second of the engine without money, and of its bare book."""
    steps = flows.mixed(count, seed=1)
    flow = commands_of(steps)
    nanoseconds = [(run_engine(flow)[0], run_book(flow)[0]) for _ in range(runs)]
    return [1e9 / engine for engine, _ in nanoseconds], [
        1e9 / book for _, book in nanoseconds
    ]


def core_rows(engine: Sequence[float], book: Sequence[float]) -> list[Row]:
    return [
        measured("matching core: every order type", engine, "commands/s",
                 goal=Goal(1_000_000), note="records written, no money"),
        measured("matching core: its book alone", book, "commands/s"),
    ]  # fmt: skip


def match_shares(runs: Sequence[CycleRun]) -> list[float]:
    """Percent of a cycle, from intake to commit, that the pure engine takes."""
    return [100 * run.stages.get(MATCH, 0) / (run.intake + run.settle) for run in runs]


def stages_of(runs: Sequence[CycleRun]) -> dict[str, float]:
    """Microseconds a cycle by stage, the dearest first; the median of the runs."""
    spent = {"order intake": figures.median([run.intake / run.cycles for run in runs])}
    for stage in {name for run in runs for name in run.stages}:
        each = [run.stages.get(stage, 0) / run.cycles for run in runs]
        spent[stage] = figures.median(each)
    ordered = sorted(spent.items(), key=lambda item: -item[1])
    return {name: 1e6 * seconds for name, seconds in ordered}
