"""The engine alone, without money: what it costs to match, and what makes that grow.

Every measure names what it is compared with, taken in the same run: the loop that makes
the same commands and does nothing else, or the same stream on a small book. Times are
those of the processor, since a machine has other things to do.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import log2

from exchange.bench import flows
from kernel.units import BIGINT_MAX, Atoms, Lots, Ppm, Ticks
from matching.book import BookOrder
from matching.engine import Engine
from matching.outcome import Outcome
from orders.commands import SEQUENCE_BITS, Command
from orders.rules import MarketRules

BATCH = 2_000
USERS = range(1, 1_001)
Flow = list[tuple[Command, int]]

#: A market as `manage.py bench` opens it.
RULES = MarketRules(
    id=1, symbol="BTC-USDT", base=1, quote=2, base_scale=8, quote_scale=6,
    tick_size=Atoms(1_000_000), lot_size=Atoms(1_000), tick_value=Atoms(10),
    price_max=Ticks(1_000_000_000), quantity_min=Lots(1), quantity_max=Lots(100_000_000),
    notional_min=Atoms(1), maker_ppm=Ppm(1_000), taker_ppm=Ppm(2_000),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """Nanoseconds for one of something, beside a reference in the same unit.

    most  the ratio that is still within O(log n); 0 where none is promised
    """

    name: str
    each: str
    values: list[float]
    reference: str
    references: list[float]
    most: float = 0.0

    @property
    def nanoseconds(self) -> float:
        return statistics.median(self.values)

    @property
    def ratio(self) -> float:
        pairs = zip(self.values, self.references, strict=True)
        return statistics.median(value / reference for value, reference in pairs)


class TradesOnly:
    """Clears without money, as matching.matcher.money.Money: all can pay, each trade is
    written down. It knows no budgets."""

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome = Outcome()

    def need(self, order: BookOrder) -> int:
        return 0

    def lacks(self, order: BookOrder, amount: int, command: int) -> int | None:
        return None

    def hold(self, order: BookOrder, amount: int) -> None:
        pass

    def reserve(self, order: BookOrder, command: int) -> int | None:
        return None

    def release(self, order: BookOrder) -> None:
        pass

    def available(self, user: int, side: int) -> int:
        return BIGINT_MAX

    def settle(
        self, taker: BookOrder, fills: list[tuple[BookOrder, int]], number: int
    ) -> None:
        for maker, lots in fills:
            number += 1
            self.fill(taker, maker, lots, maker.price, number)

    def fill(
        self, taker: BookOrder, maker: BookOrder, lots: int, price: int, number: int
    ) -> None:
        quote = price * lots * RULES.tick_value
        taker.filled_quote += quote
        maker.filled_quote += quote
        self.outcome.trades.append(
            (
                RULES.id << SEQUENCE_BITS | number, price, lots, quote, taker.side,
                maker.id, taker.id, maker.user, taker.user, 0, 0, False,
            )
        )  # fmt: skip


def new_engine(rules: MarketRules = RULES) -> Engine:
    engine = Engine({rules.id: rules}, {rules.id: (0, 1)}, {})
    engine.matcher(rules.id).money = TradesOnly()
    return engine


def measure_all(*, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Every measure of the engine, several runs each."""
    runs = 3 if quick else 5
    count = 100_000 if quick else 1_000_000
    measures = []
    for measure, size in (
        (long_mixed, count),
        (collected, count // 5),
        (guarded, count // 5),
        (on_a_deep_book, 100_000),
        (anywhere_in_a_deep_book, 100_000),
        (cancel_from_the_middle, 100_000),
        (sweep, 1_000),
        (beside_armed_stops, 10_000),
        (cascade, 10_000),
    ):
        measures.append(measure(size, runs))
        say(f"engine: {measures[-1].name} done")
    return measures


def long_mixed(count: int, runs: int) -> Measure:
    """The mixed stream on a book that it builds itself."""
    steps = flows.mixed(count, seed=1)
    values, references = [], []
    for _ in range(runs):
        with quiet():
            started = time.process_time()
            flow = commands_of(steps)
            references.append(1e9 * (time.process_time() - started) / count)
            values.append(1e9 * seconds(new_engine(), flow) / count)
        del flow
    return Measure(
        f"mixed stream of {count:,}", "command", values,
        "the loop that only makes the commands", references,
    )  # fmt: skip


def collected(count: int, runs: int) -> Measure:
    """The same with Python's garbage collector at work."""
    flow = commands_of(flows.mixed(count, seed=1))
    values, references = [], []
    for _ in range(runs):
        values.append(1e9 * seconds(new_engine(), flow) / count)
        with quiet():
            references.append(1e9 * seconds(new_engine(), flow) / count)
    return Measure(
        f"mixed stream of {count:,}, collector on", "command", values,
        "with the collector off", references,
    )  # fmt: skip


def guarded(count: int, runs: int) -> Measure:
    """The same in a market with a price band, a volatility halt and a cap on orders."""
    rules = replace(RULES, band_ppm=100_000, halt_ppm=100_000, max_open_orders=100_000)
    flow = commands_of(flows.mixed(count, seed=1))
    return _beside(
        f"mixed stream of {count:,}, all guards on", "command", runs, count,
        lambda: (new_engine(rules), flow),
        "without guards", lambda: (new_engine(), flow), count,
    )  # fmt: skip


def on_a_deep_book(orders: int, runs: int) -> Measure:
    """The mixed stream at the touch of a book of very many levels."""
    few, count = orders // 1_000, 50_000
    flow = commands_of(flows.mixed(count, seed=2), first=orders)
    return _beside(
        f"mixed stream on {orders:,} resting orders", "command", runs, count,
        lambda: (filled(flows.deep(orders, seed=3)), flow),
        f"on {few:,}", lambda: (filled(flows.deep(few, seed=3)), flow), count,
        most=log2(orders) / log2(few),
    )  # fmt: skip


def anywhere_in_a_deep_book(orders: int, runs: int) -> Measure:
    """Levels that come and go somewhere in the middle of very many."""
    few, count = orders // 1_000, 50_000

    def case(levels: int) -> tuple[Engine, Flow]:
        steps = flows.anywhere(count, levels=levels, seed=4)
        return filled(flows.sparse(levels, seed=3)), commands_of(steps, first=orders)

    return _beside(
        f"new level and cancel anywhere in {orders:,}", "command", runs, count,
        lambda: case(orders),
        f"in {few:,}", lambda: case(few), count, most=log2(orders) / log2(few),
    )  # fmt: skip


def cancel_from_the_middle(orders: int, runs: int) -> Measure:
    """All orders of one price cancelled in random order; beside as many at many prices."""
    few = orders // 100
    numbers = list(range(1, orders + 1))
    random.Random(5).shuffle(numbers)  # noqa: S311  the same order in every run
    queue = flows.queues(orders, each=orders)
    queues = flows.queues(orders, each=few)
    flow = commands_of(flows.cancelled(numbers), first=orders, of=0)
    return _beside(
        f"cancel within a level of {orders:,}", "cancel", runs, orders,
        lambda: (filled(queue), flow),
        f"as many in levels of {few:,}", lambda: (filled(queues), flow), orders,
        most=log2(orders) / log2(few),
    )  # fmt: skip


def sweep(levels: int, runs: int) -> Measure:
    """One taker eats through one order at each of `levels` prices."""
    lone = 10

    def case(depth: int) -> tuple[Engine, Flow]:
        engine = filled(flows.ladder(levels))
        taker = flows.limit_order(
            levels + 1, RULES.id, 1, flows.BUY, flows.MID + depth, depth
        )
        return engine, [(taker, 0)]

    return _beside(
        f"sweep through {levels:,} levels", "fill", runs, levels, lambda: case(levels),
        f"through {lone}", lambda: case(lone), lone, most=log2(levels) / log2(lone),
    )  # fmt: skip


def beside_armed_stops(stops: int, runs: int) -> Measure:
    """The mixed stream while very many stops wait, half of them trailing."""
    count = 50_000
    opening = commands_of([(flows.SELL, flows.MID, 1), (flows.BUY, flows.MID, 1)])
    flow = commands_of(flows.mixed(count, seed=6), first=stops + 2)

    def case(armed: int) -> tuple[Engine, Flow]:
        engine = new_engine()
        engine.run(opening, {}, {})
        engine.run(flows.far_stops(armed, RULES, USERS, first=2, distance=5_000), {}, {})
        return engine, flow

    few = stops // 100
    return _beside(
        f"mixed stream beside {stops:,} armed stops", "command", runs, count,
        lambda: case(stops),
        f"beside {few:,}", lambda: case(few), count, most=log2(stops) / log2(few),
    )  # fmt: skip


def cascade(stops: int, runs: int) -> Measure:
    """One trade that sets off one stop, whose trade sets off the next, to the last."""
    few = stops // 100

    def case(armed: int) -> tuple[Engine, Flow]:
        engine = new_engine()
        engine.run(flows.cascade(armed, RULES, USERS), {}, {})
        first = flows.limit_order(3 * stops, RULES.id, 1, flows.SELL, flows.MID, 1)
        return engine, [(first, 0)]

    return _beside(
        f"cascade of {stops:,} stops", "stop", runs, stops, lambda: case(stops),
        f"of {few:,}", lambda: case(few), few, most=log2(stops) / log2(few),
    )  # fmt: skip


def _beside(
    name: str,
    each: str,
    runs: int,
    count: int,
    case: Callable[[], tuple[Engine, Flow]],
    reference: str,
    reference_case: Callable[[], tuple[Engine, Flow]],
    reference_count: int,
    *,
    most: float = 0.0,
) -> Measure:
    """Run a case and its reference in turn.

    count, reference_count  how many of `each` there are in one run of a case
    """
    values, references = [], []
    for _ in range(runs):
        references.append(_nanoseconds(reference_case, reference_count))
        values.append(_nanoseconds(case, count))
    return Measure(name, each, values, reference, references, most)


def _nanoseconds(case: Callable[[], tuple[Engine, Flow]], count: int) -> float:
    """For one of what a case does; short cases are repeated, and the median counts."""
    each = []
    with quiet():
        for _ in range(max(1, 1_000 // count)):
            engine, flow = case()
            each.append(1e9 * seconds(engine, flow) / count)
    return statistics.median(each)


def commands_of(
    steps: Sequence[flows.Step], *, first: int = 0, of: int | None = None
) -> Flow:
    return list(flows.commands_of(steps, RULES, USERS, first=first, of=of))


def filled(steps: Sequence[flows.Step]) -> Engine:
    """An engine whose book has taken these steps."""
    engine = new_engine()
    engine.run(commands_of(steps), {}, {})
    return engine


def seconds(engine: Engine, flow: Flow) -> float:
    """Of running a flow in batches, as the worker does."""
    batches = [flow[start : start + BATCH] for start in range(0, len(flow), BATCH)]
    started = time.process_time()
    for batch in batches:
        engine.run(batch, {}, {})
    return time.process_time() - started


@contextmanager
def quiet() -> Iterator[None]:
    """Without the garbage collector, whose rounds would fall on some runs only."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
