"""What is measured. Every function returns rows; a row names its reference and ratio."""

import itertools
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from exchange.bench.setting import Setting, opposing_orders
from exchange.bench.stopwatch import Stopwatch
from kernel import pgcopy
from ledger import services as ledger_services
from matching import settlement, worker
from matching.engine import Engine
from orders.commands import OrderSide, OrderType, Place
from orders.models import Command
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
    """Place opposing orders in bulk, `batch` to a commit, then let the engine settle them."""
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
    stages["begin, cursor, commit"] = settle - sum(stages.values())
    return CycleRun(cycles, intake, settle, stages, _count("ledger_transfer") - before)


_STAGES = (
    (worker, "commands_after", "fetch commands"),
    (Engine, "wallets_needed", "find accounts"),
    (worker, "lock_accounts", "lock accounts"),
    (Engine, "run", "match"),
    (settlement, "copy_transfers", "transfers and balances"),
    (settlement, "record_trades", "trades"),
    (settlement, "record_orders", "orders"),
    (settlement, "record_changes", "orders"),
    (settlement, "_write_events", "event log"),
    (worker, "settle", "pack rows"),
    (worker.Worker, "_wallets_for", "wallets"),
    (worker.Worker, "_lock", "cursor"),
    (worker.Worker, "_engine_at", "engine_at"),
    (worker.Worker, "_move_cursor", "cursor"),
)


def raw_copy_rate(*, rows: int, batch: int) -> float:
    """Transfers a second by COPY into a table of the same columns and key, without the
    trigger: what PostgreSQL could take of the same rows at best."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_transfer")
        cursor.execute(
            "CREATE TABLE bench_transfer (LIKE ledger_transfer INCLUDING IDENTITY)"
        )
        cursor.execute("ALTER TABLE bench_transfer ADD PRIMARY KEY (id)")
        cursor.execute(
            "SELECT entry_id, debit_id, credit_id, asset_id, amount, code, ref FROM ledger_transfer "
            "ORDER BY id DESC LIMIT %s",
            [rows],
        )
        source = cursor.fetchall()
    now = 0
    packed = [ledger_services._pack_transfer(*row, now) for row in source]  # noqa: SLF001
    statement = ledger_services._COPY_TRANSFERS.replace("ledger_transfer", "bench_transfer")  # noqa: SLF001
    started = time.perf_counter()
    for chunk in _chunks(packed, batch):
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(pgcopy.HEADER + b"".join(chunk) + pgcopy.TRAILER)
    return len(packed) / (time.perf_counter() - started)


def engine_alone(setting: Setting, *, commands: int, seed: int) -> float:
    """Commands a second through the pure engine: 60 % rest, 15 % take, 25 % cancel."""
    from matching.spot import Wallet
    from orders.commands import Cancel

    rules = setting.market.rules
    wallets = {
        (user, asset): Wallet(
            4 * n + 2 * (asset == rules.quote), 4 * n + 2 * (asset == rules.quote) + 1
        )
        for n, user in enumerate(setting.users)
        for asset in (rules.base, rules.quote)
    }
    balances = dict.fromkeys(range(4 * len(setting.users)), 10**17)
    fees = (4 * len(setting.users), 4 * len(setting.users) + 1)
    balances |= dict.fromkeys(fees, 0)
    chance = random.Random(seed)  # noqa: S311
    flow: list[Any] = []
    placed: list[int] = []
    for number in range(1, commands + 1):
        kind, user = chance.random(), chance.choice(setting.users)
        if kind < 0.25 and placed:
            order = placed.pop(chance.randrange(len(placed)))
            flow.append(Cancel(number, rules.id, users_of[order], order))
            continue
        side = chance.choice((OrderSide.BUY, OrderSide.SELL))
        away = chance.randint(1, 50) if kind < 0.85 else -8
        price = 6_500_000 + (-away if side is OrderSide.BUY else away)
        flow.append(
            Place(number, rules.id, user, side.value, OrderType.LIMIT.value, price,
                  chance.randint(1, 100), 0, 1_000, 2_000)
        )  # fmt: skip
        if kind < 0.85:
            placed.append(number)
            users_of[number] = user
    engine = Engine({rules.id: rules}, {rules.id: fees}, {})
    started = time.perf_counter()
    for chunk in _chunks(flow, 2_000):
        engine.run(((command, 0) for command in chunk), wallets, balances)
    return commands / (time.perf_counter() - started)


users_of: dict[int, int] = {}


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


__all__ = [
    "Command",
    "CycleRun",
    "Row",
    "engine_alone",
    "median",
    "raw_copy_rate",
    "run_cycles",
]
