"""One run of each: commands are appended, an engine settles them, the stages are timed."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from exchange.bench import flows
from exchange.bench.engine import quiet
from exchange.bench.setting import Setting, cancel_order, limit_order, opposing_orders
from exchange.bench.stopwatch import Stopwatch
from kernel import clock, pgcopy
from matching import locks, settlement, worker
from matching.engine import Engine
from orders.commands import OrderSide
from orders.models import Command
from orders.services import append_commands


@dataclass(frozen=True, slots=True)
class CycleRun:
    """One run of full cycles; seconds, and stage -> seconds."""

    cycles: int
    intake: float
    settle: float
    stages: dict[str, float]
    transfers: int


def new_engine(setting: Setting) -> worker.Worker:
    """One that works on the shard of this market, for many runs, as engines do."""
    return worker.Worker(shard=setting.market.shard)


def run_cycles(
    engine: worker.Worker, setting: Setting, *, cycles: int, batch: int, seed: int
) -> CycleRun:
    """Place opposing orders in bulk, `batch` to a commit, then let the engine settle.

    raises  ValueError when it has not made one trade of each pair
    """
    commands = list(opposing_orders(setting, cycles=cycles, seed=seed))
    transfers, trades = _count("ledger_transfer"), _count("orders_trade")
    intake = append(commands, batch=batch)
    settle, stages = drain(engine, batch=batch)
    if (made := _count("orders_trade") - trades) != cycles:
        raise ValueError(f"{cycles} pairs made {made} trades")
    return CycleRun(cycles, intake, settle, stages, _count("ledger_transfer") - transfers)


def append(commands: list[Command], *, batch: int) -> float:
    """Seconds of appending commands to the log, `batch` to a durable commit."""
    started = time.perf_counter()
    for chunk in _chunks(commands, batch):
        append_commands(commands=chunk)
    return time.perf_counter() - started


def drain(engine: worker.Worker, *, batch: int) -> tuple[float, dict[str, float]]:
    """Settle all that waits, as the engine's process does.

    returns  seconds in all, and by stage
    """
    watch = Stopwatch()
    with quiet(), watch.around(*_STAGES):
        started = time.perf_counter()
        while engine.step(limit=batch):
            pass
        spent = time.perf_counter() - started
    stages = dict(watch.seconds)
    stages["all else"] = spent - sum(stages.values())
    return spent, stages


def mixed_commands(setting: Setting, steps: list[flows.Step]) -> list[Command]:
    """Steps as rows of the log; a cancel names the id that its order will have.

    Nobody else may append meanwhile, so ids follow the last one without a gap.
    """
    last = Command.objects.order_by("-id").values_list("id", flat=True).first() or 0
    market, people, now = setting.market, setting.users, clock.now()
    commands = []
    for number, (side, price, lots) in enumerate(steps, 1):
        if side:
            user = people[number % len(people)]
            commands.append(limit_order(market, user, OrderSide(side), price, lots, now))
        else:
            user = people[price % len(people)]
            commands.append(cancel_order(market, user, last + price, now))
    return commands


_STAGES = (
    (worker.Worker, "_lock", "lock and move the cursor"),
    (worker.Worker, "_move_cursor", "lock and move the cursor"),
    (worker, "commands_after", "fetch commands"),
    (worker.Worker, "_engine_at", "find accounts"),
    (Engine, "users_needed", "find accounts"),
    (locks.Purse, "foresee", "find accounts"),
    (locks, "lock_accounts", "lock accounts"),
    (Engine, "run", "match"),
    (settlement.Settlement, "_hand_transfers", "hand over transfers"),
    (settlement, "trade_rows", "pack rows"),
    (settlement, "order_rows", "pack rows"),
    (settlement.Settlement, "_told", "tell the event log"),
    (settlement.Settlement, "pause", "wait for the database"),
    (settlement, "record_changes", "orders of earlier batches"),
    (settlement, "record_alterations", "orders of earlier batches"),
)


def raw_copy_rate(*, rows: int, batch: int) -> float:
    """Transfers a second by COPY into a table of the same columns and key, without the
    trigger: what PostgreSQL could take of the last `rows` transfers at best."""
    columns = "entry_id, debit_id, credit_id, asset_id, amount, code, ref"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_transfer")
        cursor.execute(
            "CREATE TABLE bench_transfer (LIKE ledger_transfer INCLUDING IDENTITY)"
        )
        cursor.execute("ALTER TABLE bench_transfer ADD PRIMARY KEY (id)")
        cursor.execute(
            f"SELECT {columns} FROM ledger_transfer ORDER BY id DESC LIMIT %s",  # noqa: S608
            [rows],
        )
        pack = pgcopy.row_packer("qqqqqhqq")
        packed = [pack(*row, 0) for row in cursor.fetchall()]
    started = time.perf_counter()
    for chunk in _chunks(packed, batch):
        with (
            connection.cursor() as cursor,
            cursor.copy(
                f"COPY bench_transfer ({columns}, created_at) FROM STDIN (FORMAT binary)"
            ) as copy,
        ):
            copy.write(pgcopy.HEADER + b"".join(chunk) + pgcopy.TRAILER)
    return len(packed) / (time.perf_counter() - started)


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  own names only
        return int(cursor.fetchone()[0])


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in itertools.count(0, size):
        if start >= len(items):
            return
        yield items[start : start + size]
