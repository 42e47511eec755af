"""Numbers and names of the rule book's market, as its examples write them.

The market is COIN-CASH. A tick is 1 CASH, a lot is 1 COIN, and an atom of either asset is
the hundredth part, so that prices and quantities are plain numbers and rounding is seen.
"""

from datetime import UTC, datetime
from enum import IntEnum

from kernel import pgcopy

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ATOMS = 100
PEOPLE = ("ann", "bob", "cat", "dan", "eve")


def read_amount(text: str) -> int:
    """Atoms of `12.34`."""
    whole, _, part = text.partition(".")
    return int(whole) * ATOMS + int(part.ljust(2, "0") or 0)


def tell_amount(atoms: int) -> str:
    sign, (whole, part) = "-" if atoms < 0 else "", divmod(abs(atoms), ATOMS)
    return f"{sign}{whole}" + (f".{part:02}".rstrip("0") if part else "")


def read_share(text: str) -> int:
    """Parts per million of `0.25%`."""
    whole, _, part = text.rstrip("%").partition(".")
    return int(whole) * 10_000 + int(part.ljust(4, "0") or 0)


def read_time(text: str) -> int:
    """`12:05` or `12:05:30`, on the day of the examples, as kernel.pgcopy.timestamp."""
    hour, minute, second = (*map(int, text.split(":")), 0)[:3]
    return pgcopy.timestamp(NOON.replace(hour=hour, minute=minute, second=second))


def tell_time(moment: int) -> str:
    clock = pgcopy.moment(moment)
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


def plain(name: IntEnum) -> str:
    """`IOC_REMAINDER` as `ioc remainder`."""
    return name.name.lower().replace("_", " ")
