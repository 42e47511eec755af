"""The markets of a shard share its time and nothing else that an order could feel."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Engine
from matching.spot import Wallet
from matching.tests.book_check import check_book
from matching.tests.twin.house import account
from matching.tests.twin.record import values_of
from matching.tests.twin.streams import STAFF, Asked, Stream
from orders.commands import Clock, Command, Configure, Unit

SEEDS = st.integers(0, 2**32 - 1)
#: What is added to the ids of accounts in each market.
APART = {1: 0, 2: 1_000_000}


@dataclass
class Shard:
    """An engine of some of the streams' markets, and what it answered of each."""

    streams: dict[int, Stream]
    trades: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    events: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[int, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self.balances, self.wallets = defaultdict(int), {}
        for market, stream in self.streams.items():
            for (user, asset), amount in stream.funds().items():
                number = APART[market] + account(user, asset, "available")
                self.balances[number] = amount
            self.wallets[market] = {
                user: tuple(
                    Wallet(
                        APART[market] + account(user, asset, "available"),
                        APART[market] + account(user, asset, "held"),
                    )
                    for asset in ("base", "quote")
                )
                for user in stream.everybody
            }
        self.engine = Engine(
            {m: replace(s.market, id=m, halt_ppm=0) for m, s in self.streams.items()},
            {m: (APART[m] + 1, APART[m] + 2) for m in self.streams},
            dict.fromkeys(self.streams, 0),
        )

    def run(self, units: list[Asked]) -> None:
        outcomes = self.engine.run(units, self.wallets, self.balances)
        for market, outcome in outcomes.items():
            check_book(self.engine.books[market])
            self.trades[market] += outcome.trades
            self.events[market] += [
                # Which command let time pass is the one thing that may differ.
                (e.order, e.kind, e.reason, e.limit, e.actual)
                for e in outcome.events
            ]
            for order in outcome.orders.values():
                # Nor is it the same moment that gives a priority.
                values = values_of(order)
                self.orders[market][order.id] = [*values[:9], *values[10:]]

    def story(self, market: int) -> tuple[Any, ...]:
        of_market = range(APART[market], APART[market] + 1_000_000)
        return (
            self.trades[market],
            self.events[market],
            self.orders[market],
            self.engine.markets[market],
            {n: b for n, b in self.balances.items() if n in of_market and b},
        )


def moved(command: Command, market: int) -> Command:
    """The command, asked of `market`; nothing there halts by itself, for the end of such a
    halt counts from whatever command let time pass."""
    command = command._replace(market=market)
    if isinstance(command, Configure) and "halt_ppm" in command.settings:
        return Clock(command.id, market, command.user)
    return command


def interleaved(
    streams: dict[int, Stream], turns: list[tuple[int, int]]
) -> Iterator[Asked]:
    """Units of the streams with ids that rise over all of them, as in a log."""
    last, time = 0, 0
    for market, seed in turns:
        stream = streams[market]
        stream.last_id = last
        unit, created = stream.next(seed)
        last, time = stream.last_id, max(time, created)
        if isinstance(unit, Unit):
            commands = tuple(moved(command, market) for command in unit.commands)
            yield Unit(unit.kind, commands), time
        else:
            yield moved(unit, market), time
    for market in streams:
        # In the end the time is the same for all.
        last += 1
        yield Clock(last, market, STAFF), time


@given(
    st.tuples(SEEDS, SEEDS),
    st.lists(st.tuples(st.sampled_from([1, 2]), SEEDS), min_size=40, max_size=100),
    st.integers(1, 9),
)
@settings(max_examples=40)
def test_two_markets_of_a_shard_go_on_as_each_would_alone(seeds, turns, size):
    streams = {1: Stream.begun(seeds[0]), 2: Stream.begun(seeds[1])}
    units = list(interleaved(streams, turns))
    together = Shard(streams)
    alone = {market: Shard({market: stream}) for market, stream in streams.items()}

    for start in range(0, len(units), size):
        together.run(units[start : start + size])
    for unit, created in units:
        alone[unit.market].run([(unit, created)])

    for market, shard in alone.items():
        assert together.story(market) == shard.story(market)
