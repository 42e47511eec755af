"""Live load for minutes: whether it stays as fast, and what the memory does."""

from collections.abc import Callable
from typing import Final

from exchange.bench.memory import memory_below
from exchange.bench.over_http import cycles
from exchange.bench.rows import Goal, Limit, Row, measured
from exchange.bench.venue import Venue

FIRST_SECONDS: Final = 30.0
#: Tokens are good for five minutes; each piece has fresh ones.
PIECE_SECONDS: Final = 60.0
OURS: Final = ("web", "matching", "general")
MB: Final = 1024 * 1024


def sustained_rows(
    venue: Venue, *, seconds: float, say: Callable[[str], None]
) -> list[Row]:
    """`seconds` of full cycles beside the first 30 s; memory at the end beside then."""
    first = cycles(venue, seconds=FIRST_SECONDS)
    before, rates, sizes = _size(venue), list[float](), list[float]()
    while len(rates) * PIECE_SECONDS < seconds:
        rates.append(cycles(venue, seconds=PIECE_SECONDS))
        sizes.append(_size(venue))
        say(f"sustained: {rates[-1]:,.0f} cycles/s, {sizes[-1]:,.0f} MB")
    whole = sum(rates) / len(rates)
    beside = Limit("its first 30 s", [first], "cycles/s")
    then = Limit("after its first 30 s", [before], "MB")
    return [
        measured(f"live for {len(rates)} minutes", [whole], "cycles/s", beside=beside,
                 goal=Goal(80, "%"), note=f"the slowest minute {min(rates):,.0f}"),
        measured("memory of web and engine in the end", sizes[-1:], "MB", beside=then,
                 goal=Goal(1.1, "×", at_most=True)),
    ]  # fmt: skip


def _size(venue: Venue) -> float:
    """PSS of our own processes; PostgreSQL's grows until its buffers are full."""
    pids = [venue.processes.pid(name) for name in OURS]
    return sum(memory_below(pid).total() for pid in pids) / MB
