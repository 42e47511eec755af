"""The parts of the benchmark. Each has a database of its own, proved before it goes."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.management import call_command
from django.db import connection

from exchange.bench import delays, lasting, over_http, settling
from exchange.bench.limits import Limits
from exchange.bench.over_http import Effort
from exchange.bench.peers import Unavailable
from exchange.bench.plain import start_plain
from exchange.bench.processes import free_port, start_engine, start_web
from exchange.bench.resident import memory_row
from exchange.bench.rows import Row
from exchange.bench.setting import crowd, make_setting
from exchange.bench.venue import Venue, venue
from exchange.scratch import as_app, as_owner, scratch_database

USERS: Final = 1_000
CROWD: Final = 100_000


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmark: how thorough, and what was found so far.

    sustained  seconds of live load; 0: none
    proofs     what audit, verify and the count of acknowledged orders said
    """

    quick: bool
    sustained: float
    limits: Limits
    say: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)
    proofs: dict[str, Any] = field(default_factory=dict)


def settle(bench: Bench) -> None:
    """A backlog of cycles, the same with a crowd, and of mixed commands."""
    quick = bench.quick
    runs, cycles = (3, 6_000) if quick else (7, 40_000)
    with _market_of_its_own("settle", bench):
        setting = make_setting(users=USERS)
        few = settling.settle_backlogs(setting, runs=runs, cycles=cycles)
        bench.say("settle: backlogs done")
        many = crowd(setting, users=CROWD)
        bench.say(f"settle: {CROWD:,} users are there")
        crowded = settling.settle_backlogs(many, runs=runs, cycles=cycles)
        bench.say("settle: their backlogs done")
        # Last, since it leaves orders in the book that others would meet.
        mixed = settling.settle_mixed(setting, runs=runs, count=2 * cycles)
        bench.say("settle: mixed commands done")
    backlog, *parts = settling.backlog_rows(few, bench.limits)
    bench.rows.append(backlog)
    bench.rows.append(settling.crowd_row(crowded, few, users=CROWD))
    bench.rows.append(settling.mixed_row(mixed, bench.limits))
    bench.rows.extend(parts)
    bench.stages.update(settling.stages_of(few.runs))


def http(bench: Bench) -> None:
    """What clients see: a web process and an engine as the Procfile has them."""
    quick = bench.quick
    effort = Effort(1, 3) if quick else Effort(5, 10)
    short = Effort(2, 1.5) if quick else Effort(5, 5)
    with _market_of_its_own("http", bench), venue(make_setting(users=USERS)) as place:
        plain = _start_plain(place, bench)
        start_web(place.processes, port=place.port)
        start_engine(place.processes, directory=place.directory)
        place.load("pairs", seconds=1 if quick else 5, connections=32)  # opens, caches
        place.wait_until_settled()
        bench.rows.extend(_live(place, effort, bench))
        bench.rows.extend(over_http.reads(place, plain, short))
        bench.say("http: reads done")
        if bench.sustained:
            rows = lasting.sustained_rows(place, seconds=bench.sustained, say=bench.say)
            bench.rows.extend(rows)
        place.processes.stop("matching")
        place.processes.stop("general")
        bench.rows.extend(over_http.order_entry(place, plain, short))
        bench.say("http: order entry without an engine done")
        bench.proofs["acknowledged orders, all stored"] = place.expect_all_stored()


def _live(place: Venue, effort: Effort, bench: Bench) -> Iterator[Row]:
    yield from over_http.full_cycles(place, effort)
    bench.say("http: full cycles done")
    yield from over_http.recorded_day(place, effort)
    bench.say("http: the recorded day done")
    yield from over_http.answers(place, effort)
    bench.say("http: answers done")
    pairs = 60 if bench.quick else 400
    runs = [
        delays.one_run(place.setting, pairs=pairs, seed=seed)
        for seed in range(1, 2 + effort.runs)
    ]
    yield from delays.delay_rows(runs, bench.limits)
    bench.say("http: order to trade done")


def core(bench: Bench) -> None:
    """Matching and nothing else."""
    count, runs = (100_000, 3) if bench.quick else (1_000_000, 5)
    engine, book = settling.core_rates(count=count, runs=runs)
    bench.rows.extend(settling.core_rows(engine, book))
    bench.say("core: done")


def memory(bench: Bench) -> None:
    """A fresh exchange that nobody uses."""
    bench.rows.append(memory_row(idle_seconds=3 if bench.quick else 60))
    bench.say("memory: done")


def limits(bench: Bench) -> None:
    """pgbench and the disk, for their own sake."""
    bench.rows.append(bench.limits.tpc_b.as_row())
    bench.rows.append(bench.limits.fsync.as_row())


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
        # Hours' worth of rows came within a minute: the planner does not know them yet.
        as_owner()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        as_app()
        for proof in ("audit", "verify"):
            bench.proofs[f"{name}: {proof}"] = _proved(proof, bench)
        bench.say(f"{name}: audit and verify passed")


def _proved(proof: str, bench: Bench) -> str:
    """What a proof says in the end.

    raises  SystemExit when it fails, after it has told everything
    """
    told = io.StringIO()
    try:
        call_command(proof, stdout=told, no_color=True)
    except SystemExit:
        bench.say(told.getvalue())
        raise
    return told.getvalue().strip().splitlines()[-1]


SECTIONS: Final[dict[str, Callable[[Bench], None]]] = {
    "limits": limits,
    "core": core,
    "settle": settle,
    "http": http,
    "memory": memory,
}
