"""From the commit of an order to the commit of its trade, while nothing else happens."""

import random
import time
from dataclasses import dataclass

from django.db import connection

from exchange.bench import figures
from exchange.bench.limits import Limits
from exchange.bench.rows import Goal, Limit, Row, measured
from exchange.bench.setting import Setting, limit_order
from kernel import clock
from orders.commands import OrderSide
from orders.services import append_commands

PRICE, LOTS = 6_500_000, 100
PATIENCE_SECONDS = 30.0
_TRADES = "SELECT trades FROM matching_marketsequence WHERE market_id = %s"


@dataclass(frozen=True, slots=True)
class Delays:
    """Percentiles of one run, in milliseconds."""

    p50: float
    p99: float


def one_run(setting: Setting, *, pairs: int, seed: int) -> Delays:
    """Place an order that waits, then one that takes it; look until the trade is there.

    The clock starts when the commit of the second order has returned, and stops when a
    query first sees the trade; queries follow each other without a pause, so it stops late
    by less than one of them (some 0.1 ms). Between pairs nothing happens for a while.
    """
    chance = random.Random(seed)  # noqa: S311  the same pauses in every run
    delays = []
    for _ in range(pairs):
        seller, buyer = chance.sample(setting.users, 2)
        _append(setting, seller, OrderSide.SELL)
        time.sleep(chance.uniform(0.01, 0.03))
        before = _trades(setting)
        _append(setting, buyer, OrderSide.BUY)
        started = time.perf_counter()
        while _trades(setting) == before:
            if time.perf_counter() - started > PATIENCE_SECONDS:
                raise TimeoutError("the engine does not trade")
        delays.append(1e3 * (time.perf_counter() - started))
        time.sleep(chance.uniform(0.005, 0.01))
    delays.sort()
    return Delays(figures.percentile(delays, 50), figures.percentile(delays, 99))


def delay_rows(runs: list[Delays], limits: Limits) -> list[Row]:
    middle = Limit("its p50", [run.p50 for run in runs], "ms")
    return [
        measured("order commit to trade commit, idle, p50", middle.values, "ms",
                 beside=limits.fsync, goal=Goal(20, "×", at_most=True)),
        measured("order commit to trade commit, idle, p99", [run.p99 for run in runs], "ms",
                 beside=middle, goal=Goal(3, "×", at_most=True)),
    ]  # fmt: skip


def _append(setting: Setting, user: int, side: OrderSide) -> None:
    order = limit_order(setting.market, user, side, PRICE, LOTS, clock.now())
    append_commands(commands=[order])


def _trades(setting: Setting) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TRADES, [setting.market.pk])
        return int(cursor.fetchone()[0])
