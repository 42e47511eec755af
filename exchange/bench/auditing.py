"""What audits cost: all of it, and what a minute brings."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from django.db import connection

from exchange.audit_runs import run_audit
from exchange.bench.rows import Goal, Limit, Row, measured
from exchange.bench.setting import crowd, make_setting, opposing_orders
from ledger.models import AuditRun
from matching.worker import Worker
from orders.models import Command
from orders.services import append_commands

USERS: Final = 20_000
PIECE: Final = 20_000
#: What is read from end to end by the full audit.
TABLES: Final = ("orders_command", "orders_order", "orders_trade", "ledger_transfer")


def audit_rows(*, orders: int, a_minute: int, runs: int) -> Iterator[Row]:
    """Audits of a database with so many orders, whose statistics nobody has gathered.

    orders    settled before; half as many trades
    a_minute  settled between two of the audits that look at what came
    """
    setting = crowd(make_setting(users=10), users=USERS)
    settle(opposing_orders(setting, cycles=orders // 2, seed=1))
    count = f"{orders:,}"
    full = [_audited(full=True) for _ in range(runs)]
    yield measured(
        f"full audit of {count} orders, without the replay",
        full,
        "s",
        beside=Limit("counting the rows of its tables", _counted(runs), "s"),
        goal=Goal(60, at_most=True) if orders >= 1_000_000 else None,
    )
    idle, busy = list[float](), list[float]()
    for number in range(runs):
        idle.append(_audited(full=False))
        settle(opposing_orders(setting, cycles=a_minute // 2, seed=2 + number))
        busy.append(_audited(full=False))
    yield measured(f"the minute's audit over {count} orders, nothing new", idle, "s")
    yield measured(f"the minute's audit after {a_minute:,} orders", busy, "s")


def settle(commands: Iterator[Command]) -> None:
    """Let an engine settle them, piece by piece."""
    worker = Worker(shard=0)
    while piece := list(islice(commands, PIECE)):
        append_commands(commands=piece)
        while worker.step():
            pass
    worker.release()


def _audited(*, full: bool) -> float:
    """Seconds.

    raises  ValueError when something is broken
    """
    begun = time.perf_counter()
    run = run_audit(full=full, replay=False)
    seconds = time.perf_counter() - begun
    if run.outcome != AuditRun.Outcome.CLEAN:
        raise ValueError(f"the audit ended {run.outcome}")
    return seconds


def _counted(runs: int) -> list[float]:
    return [_count(TABLES) for _ in range(runs)]


def _count(tables: Iterable[str]) -> float:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  own words
    return time.perf_counter() - begun
