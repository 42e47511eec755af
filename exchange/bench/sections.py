"""The parts of the benchmark. Each has a database of its own, proved before it goes."""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from subprocess import SubprocessError
from typing import Any, Final

from django.core.management import call_command
from django.db import Error, connection

from exchange.bench import books, delays, exports, lasting, over_http, settling
from exchange.bench.auditing import audit_rows
from exchange.bench.history import fill_history
from exchange.bench.limits import Limits
from exchange.bench.over_http import Effort
from exchange.bench.peers import Unavailable
from exchange.bench.plain import start_plain
from exchange.bench.processes import NotRunning, free_port, start_engine, start_web
from exchange.bench.recovery import recovery_rows
from exchange.bench.resident import memory_row
from exchange.bench.rows import Row, unmeasured
from exchange.bench.setting import crowd, make_setting
from exchange.bench.tables import row_lines
from exchange.bench.venue import LoadFailed, Lost, Venue, venue
from exchange.scratch import as_app, as_owner, scratch_database

USERS: Final = 1_000
CROWD, CROWD_IF_QUICK = 100_000, 30_000


#: What a part may fail with, and the others go on: it becomes a row, and the end is 1.
FAILURES: Final = (
    LoadFailed, Lost, NotRunning, OSError, ValueError, SystemExit, SubprocessError, Error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmark: how thorough, and what was found so far.

    sustained  seconds of live load; 0: none
    proofs     what audit, verify and the count of acknowledged orders said
    failures   parts that did not come through
    """

    quick: bool
    sustained: float
    limits: Limits
    say: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)
    proofs: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def section(self, name: str) -> None:
        """Run a section and show its rows."""
        before = len(self.rows)
        self.part(name, lambda: SECTIONS[name](self))
        for line in row_lines(self.rows[before:]):
            self.say(line)

    def part(self, name: str, measure: Callable[[], Iterable[Row]]) -> None:
        """Take the rows of a part, or a row that says why there are none."""
        try:
            for row in measure():
                self.rows.append(row)  # those before a failure count, too
        except FAILURES as reason:
            why = f"{type(reason).__name__}: {reason}"
            self.rows.append(unmeasured(name, "", why=why.splitlines()[0]))
            self.failures.append(f"{name}: {why}")
            self.say(f"{name}: FAILED, {why}")
        else:
            self.say(f"{name}: done")


def settle(bench: Bench) -> Iterator[Row]:
    """A backlog of cycles, the same with a crowd, and of mixed commands."""
    runs, cycles = (3, 6_000) if bench.quick else (7, 40_000)
    with _market_of_its_own("settle", bench):
        setting = make_setting(users=USERS)
        users = CROWD_IF_QUICK if bench.quick else CROWD
        many = crowd(setting, users=users)
        _analyze()
        bench.say(f"settle: {users:,} users are there")
        few, crowded = settling.settle_backlogs((setting, many), runs=runs, cycles=cycles)
        bench.stages.update(settling.stages_of(few.runs))
        yield from settling.backlog_rows(few, bench.limits)
        yield settling.crowd_row(crowded, few, users=users)
        bench.say("settle: backlogs done")
        # Last, since it leaves orders in the book that others would meet.
        mixed = settling.settle_mixed(setting, runs=runs, count=2 * cycles)
        yield settling.mixed_row(mixed, bench.limits)
        bench.say("settle: mixed commands done")


def http(bench: Bench) -> Iterator[Row]:
    """What clients see: a web process and an engine as the Procfile has them."""
    quick = bench.quick
    effort = Effort(1, 2) if quick else Effort(5, 10)
    short = Effort(2, 1) if quick else Effort(5, 5)
    reading = Effort(1, 1) if quick else Effort(5, 5)
    with _market_of_its_own("http", bench), venue(make_setting(users=USERS)) as place:
        plain = _start_plain(place, bench)
        start_web(place.processes, port=place.port)
        start_engine(place.processes, directory=place.directory)
        place.load("pairs", seconds=1 if quick else 5, connections=32)  # opens, caches
        place.wait_until_settled()
        bench.part("full cycles", lambda: over_http.full_cycles(place, effort))
        bench.part("the recorded day", lambda: over_http.recorded_day(place, effort))
        bench.part("answers with fills", lambda: over_http.answers(place, effort))
        bench.part("order to trade", lambda: _delays(place, bench))
        bench.part("reads", lambda: over_http.reads(place, plain, reading))
        if bench.sustained:
            bench.part("sustained load", lambda: lasting.sustained_rows(
                place, seconds=bench.sustained, say=bench.say
            ))  # fmt: skip
        place.processes.stop("matching")
        place.processes.stop("general")
        bench.part("order entry", lambda: over_http.order_entry(place, plain, short))
        bench.proofs["acknowledged orders, all stored"] = place.expect_all_stored()
    yield from ()


def _delays(place: Venue, bench: Bench) -> list[Row]:
    runs, pairs = (2, 40) if bench.quick else (5, 400)
    done = [
        delays.one_run(place.setting, pairs=pairs, seed=seed) for seed in range(1, runs + 1)
    ]
    return delays.delay_rows(done, bench.limits)


def core(bench: Bench) -> list[Row]:
    """Matching and nothing else."""
    count, runs = (100_000, 3) if bench.quick else (1_000_000, 5)
    engine, book = settling.core_rates(count=count, runs=runs)
    return settling.core_rows(engine, book)


def recovery(bench: Bench) -> Iterator[Row]:
    """How long an engine that starts anew takes to have its book again."""
    orders = 100_000 if bench.quick else 1_000_000
    name = f"fairbook_bench_recovery_{os.getpid()}"
    yield from recovery_rows(database=name, orders=orders, runs=3)


def long_books(bench: Bench) -> Iterator[Row]:
    """Millions of transfers: the past, the seals and what leaves them."""
    transfers = 500_000 if bench.quick else 10_000_000
    with scratch_database(f"fairbook_bench_books_{os.getpid()}"):
        as_app()
        history = fill_history(
            transfers=transfers, users=10_000, favourite=10, say=bench.say
        )
        _analyze()
        yield from books.book_rows(history)
        bench.say("books: the past is told")
        yield from exports.export_rows(history)
        bench.proofs["books: audit"] = books.proved()
        bench.say("books: audited")


def audits(bench: Bench) -> Iterator[Row]:
    """What it costs to look at everything, and at what a minute brings."""
    orders, a_minute = (10_000, 2_000) if bench.quick else (1_000_000, 30_000)
    with scratch_database(f"fairbook_bench_audits_{os.getpid()}"):
        as_app()
        yield from audit_rows(orders=orders, a_minute=a_minute, runs=3)


def memory(bench: Bench) -> list[Row]:
    """A fresh exchange that nobody uses."""
    return [memory_row(idle_seconds=1 if bench.quick else 60)]


def limits(bench: Bench) -> list[Row]:
    """pgbench and the disk, for their own sake."""
    return [bench.limits.tpc_b.as_row(), bench.limits.fsync.as_row()]


def _start_plain(place: Venue, bench: Bench) -> int | None:
    """The port of the textbook's twin; None when it cannot be installed."""
    port = free_port()
    as_owner()
    try:
        start_plain(place.processes, port=port)
    except Unavailable as reason:
        bench.say(f"http: the plain twin is not to be had: {reason}")
        return None
    finally:
        as_app()
    return port


@contextmanager
def _market_of_its_own(name: str, bench: Bench) -> Iterator[None]:
    """A database, in which audit and verify must pass in the end.

    raises  SystemExit when they do not
    """
    with scratch_database(f"fairbook_bench_{name}_{os.getpid()}"):
        as_app()
        yield
        _analyze()
        for proof in ("audit", "verify"):
            bench.proofs[f"{name}: {proof}"] = _proved(proof, bench)
        bench.say(f"{name}: audit and verify passed")


def _analyze() -> None:
    """Hours' worth of rows came within a minute: let the planner know them."""
    as_owner()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    as_app()


def _proved(proof: str, bench: Bench) -> str:
    """What a proof says in the end.

    raises  SystemExit when it fails, after it has told everything
    """
    told = io.StringIO()
    try:
        # What the audit would replay, `verify` replays next.
        without = {"without_replay": True} if proof == "audit" else {}
        call_command(proof, stdout=told, no_color=True, **without)
    except SystemExit:
        bench.say(told.getvalue())
        raise
    return told.getvalue().strip().splitlines()[-1]


SECTIONS: Final[dict[str, Callable[[Bench], Iterable[Row]]]] = {
    "limits": limits,
    "core": core,
    "settle": settle,
    "http": http,
    "recovery": recovery,
    "books": long_books,
    "audits": audits,
    "memory": memory,
}
