"""Tell an engine a long stream and print, byte for byte, everything that it answers.

python -m matching.tests.twin.record SEED UNITS
"""

import sys
from collections.abc import Iterator
from random import Random

from matching.book import BookOrder
from matching.outcome import Outcome
from matching.tests.twin.house import House
from matching.tests.twin.streams import MARKET, Stream

BATCH = 40


def answers(seed: int, units: int) -> Iterator[str]:
    random = Random(seed)
    stream = Stream.begun(seed)
    house = House.of(stream)
    for _ in range(0, units, BATCH):
        batch = [stream.next(random.getrandbits(32)) for _ in range(BATCH)]
        outcome = house.answer(batch)
        yield from lines_of(outcome)
        yield repr(house.engine.markets[MARKET])


def lines_of(outcome: Outcome) -> Iterator[str]:
    yield repr(outcome.transfers)
    yield repr(outcome.trades)
    yield repr(outcome.events)
    yield repr(outcome.prevented)
    yield repr(outcome.changes)
    for order in outcome.orders.values():
        yield repr(values_of(order))


def values_of(order: BookOrder) -> tuple[int, ...]:
    return (
        order.id, order.status, order.reason, order.price, order.quantity, order.remaining,
        order.hidden, order.filled_quote, order.hold, order.priority, order.trigger,
        order.cap, order.armed_trade, order.list_id,
    )  # fmt: skip


if __name__ == "__main__":
    seed, units = map(int, sys.argv[1:])
    sys.stdout.writelines(f"{line}\n" for line in answers(seed, units))
