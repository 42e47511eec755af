"""The streams of commands that engines are measured with. The same in every run.

A stream is written down as steps, which the packages that we stand beside are given too
(adapters.py), and becomes commands by `commands_of`.
"""

import random
from collections.abc import Iterable, Iterator, Sequence

from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import (
    PLAIN,
    Cancel,
    Command,
    Extra,
    OrderSide,
    OrderType,
    Place,
    SelfTrade,
    TimeInForce,
)
from orders.rules import MarketRules

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value
MID = 6_500_000

#: (side, price in ticks, lots) of a limit order, or (0, number of an earlier step, 0) to
#: cancel it. Steps are numbered from 1.
Step = tuple[int, int, int]


def mixed(count: int, *, seed: int) -> list[Step]:
    """60 % rest near the touch, 25 % cancel one of those, 15 % take across it.

    Of those that are cancelled some were filled before, as on any exchange.
    """
    chance = random.Random(seed)  # noqa: S311  the same flow in every run
    steps: list[Step] = []
    resting: list[int] = []
    mid = MID
    for number in range(1, count + 1):
        kind = chance.random()
        if kind < 0.25 and resting:
            place = chance.randrange(len(resting))
            resting[place], resting[-1] = resting[-1], resting[place]
            steps.append((0, resting.pop(), 0))
            continue
        rests = kind < 0.85
        side = chance.choice((BUY, SELL))
        away = chance.randint(1, 50) if rests else -8
        steps.append((side, _away(side, away, mid), chance.randint(1, 100)))
        if rests:
            resting.append(number)
        else:
            mid += chance.choice((-1, 0, 1))
    return steps


def deep(count: int, *, seed: int) -> list[Step]:
    """`count` orders, each at a price of its own, in any order, far from the touch."""
    chance = random.Random(seed)  # noqa: S311  the same flow in every run
    places = [(side, away) for away in range(count // 2) for side in (BUY, SELL)]
    chance.shuffle(places)
    return [
        (side, _away(side, 10_000 + away, MID), chance.randint(1, 100))
        for side, away in places
    ]


def anywhere(count: int, *, levels: int, seed: int) -> list[Step]:
    """Orders at new prices somewhere among `levels` deep ones, each cancelled at once."""
    chance = random.Random(seed)  # noqa: S311  the same flow in every run
    steps: list[Step] = []
    for number in range(1, count, 2):
        side = chance.choice((BUY, SELL))
        # Every second tick, between the orders of `sparse`.
        price = _away(side, 10_001 + 2 * chance.randrange(levels // 2), MID)
        steps += [(side, price, 1), (0, number, 0)]
    return steps


def sparse(count: int, *, seed: int) -> list[Step]:
    """As `deep`, with a free tick between any two prices."""
    return [
        (side, _away(side, 2 * abs(price - MID) - 10_000, MID), lots)
        for side, price, lots in deep(count, seed=seed)
    ]


def queues(count: int, *, each: int) -> list[Step]:
    """`count` orders of one lot, `each` of them at one price."""
    return [(SELL, MID + 1 + number // each, 1) for number in range(count)]


def cancelled(numbers: Iterable[int]) -> list[Step]:
    return [(0, number, 0) for number in numbers]


def ladder(levels: int) -> list[Step]:
    """One order of one lot at each of `levels` prices."""
    return [(SELL, MID + 1 + level, 1) for level in range(levels)]


def commands_of(
    steps: Iterable[Step],
    rules: MarketRules,
    users: Sequence[int],
    *,
    first: int = 0,
    of: int | None = None,
) -> Iterator[tuple[Command, int]]:
    """The steps as the engine gets them; each order belongs to one of `users` in turn.

    first  added to the numbers of the steps, so that streams can follow each other
    of     added to the numbers that are cancelled, when they are not the stream's own
    """
    market, people, offset = rules.id, len(users), first if of is None else of
    for number, (side, price, lots) in enumerate(steps, first + 1):
        if side:
            yield limit_order(number, market, users[number % people], side, price, lots), 0
        else:
            order = offset + price
            yield Cancel(number, market, users[order % people], order), 0


def limit_order(
    number: int, market: int, user: int, side: int, price: int, lots: int
) -> Place:
    return Place(
        number, market, user, side, OrderType.LIMIT.value, TimeInForce.GTC.value,
        SelfTrade.NONE.value, Ticks(price), Lots(lots), Atoms(0), Ppm(1_000), Ppm(2_000),
        PLAIN,
    )  # fmt: skip


def stop(number: int, market: int, user: int, side: int, lots: int, extra: Extra) -> Place:
    """A stop at the market, with a trigger or trailing."""
    kind = OrderType.STOP if extra.trigger else OrderType.TRAILING_STOP
    return Place(
        number, market, user, side, kind.value, TimeInForce.GTC.value,
        SelfTrade.NONE.value, Ticks(0), Lots(lots), Atoms(0), Ppm(1_000), Ppm(2_000), extra,
    )  # fmt: skip


def far_stops(
    count: int, rules: MarketRules, users: Sequence[int], *, first: int, distance: int
) -> Iterator[tuple[Command, int]]:
    """Stops that a mixed flow hardly ever reaches: of four, two trail, two do not.

    distance  the least, in ticks
    """
    for number in range(first + 1, first + count + 1):
        side = SELL if number % 2 else BUY
        away = distance + number % 5_000
        trigger = MID - away if side == SELL else MID + away
        plain = Extra(slippage_ppm=100_000)
        fixed = number % 4 < 2
        extra = plain._replace(trigger=trigger) if fixed else plain._replace(trail=away)
        yield stop(number, rules.id, users[number % len(users)], side, 1, extra), 0


def cascade(
    count: int, rules: MarketRules, users: Sequence[int]
) -> list[tuple[Command, int]]:
    """Bids one tick apart, and a stop at each price: the first trade sets off all of them.

    Each stop sells one lot to the next bid, whose price touches the next stop.
    """
    market, people = rules.id, len(users)
    commands: list[tuple[Command, int]] = [
        (limit_order(n + 1, market, users[n % people], BUY, MID - n, 1), 0)
        for n in range(count + 1)
    ]
    first = len(commands)
    for n in range(count):
        extra = Extra(trigger=MID - n, slippage_ppm=100_000)
        number, user = first + n + 1, users[n % people]
        commands.append((stop(number, market, user, SELL, 1, extra), 0))
    return commands


def _away(side: int, ticks: int, mid: int) -> int:
    return mid - ticks if side == BUY else mid + ticks
