"""What is measured. Every function returns rows; a row names its reference and ratio."""

import itertools
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from exchange.bench import flows
from exchange.bench.setting import Setting, opposing_orders
from exchange.bench.stopwatch import Stopwatch
from kernel import pgcopy
from matching import locks, settlement, worker
from matching.engine import Engine
from matching.spot import Wallet
from orders.services import append_commands


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report; `ratio` is value / reference_value."""

    stage: str
    value: float
    unit: str
    reference: str = ""
    reference_value: float = 0.0
    ratio: float = 0.0
    goal: str = ""
    met: bool | None = None
    spread: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CycleRun:
    """One run of full cycles; seconds, and stage -> seconds."""

    cycles: int
    intake: float
    settle: float
    stages: dict[str, float]
    transfers: int


def run_cycles(setting: Setting, *, cycles: int, batch: int, seed: int) -> CycleRun:
    """Place opposing orders in bulk, `batch` to a commit, then let the engine settle."""
    commands = list(opposing_orders(setting, cycles=cycles, seed=seed))
    before = _count("ledger_transfer")
    started = time.perf_counter()
    for chunk in _chunks(commands, batch):
        append_commands(commands=chunk)
    intake = time.perf_counter() - started

    engine = worker.Worker(shard=setting.market.shard)
    watch = Stopwatch()
    started = time.perf_counter()
    with watch.around(*_STAGES):
        while engine.step(limit=batch):
            pass
    settle = time.perf_counter() - started
    engine.release()
    stages = dict(watch.seconds)
    stages["begin and commit"] = settle - sum(stages.values())
    return CycleRun(cycles, intake, settle, stages, _count("ledger_transfer") - before)


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


def engine_alone(setting: Setting, *, commands: int, seed: int) -> float:
    """Commands a second through the pure engine, money included, in batches of 2,000."""
    rules = setting.market.rules
    accounts = itertools.count(2)
    wallets = {
        user: (
            Wallet(next(accounts), next(accounts)),
            Wallet(next(accounts), next(accounts)),
        )
        for user in setting.users
    }
    balances = dict.fromkeys(range(next(accounts)), 10**17)
    steps = flows.mixed(commands, seed=seed)
    flow = list(flows.commands_of(steps, rules, setting.users))
    engine = Engine({rules.id: rules}, {rules.id: (0, 1)}, {})
    started = time.perf_counter()
    for chunk in _chunks(flow, 2_000):
        engine.run(chunk, {rules.id: wallets}, balances)
    return commands / (time.perf_counter() - started)


def median(values: list[float]) -> tuple[float, str]:
    """The median, and the least and the largest as text."""
    return statistics.median(values), f"{min(values):,.0f}–{max(values):,.0f}"


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  own names only
        return int(cursor.fetchone()[0])


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in itertools.count(0, size):
        if start >= len(items):
            return
        yield items[start : start + size]
