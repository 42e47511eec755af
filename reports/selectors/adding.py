"""Decimal strings added up exactly, for reports that are no query."""

from collections.abc import Iterable, Sequence

from kernel.decimals import format_decimal
from reports.table import Column, Row

#: Units, and how many decimals they have.
Sum = tuple[int, int]


def summed(
    rows: Iterable[Row], columns: Sequence[Column], per: str
) -> list[tuple[str | None, ...]]:
    """Sums per value of the column `per`, then of all (None), as the database would give.

    None where a column has nothing to add.
    """
    names = [column.name for column in columns]
    group = names.index(per)
    places = [number for number, column in enumerate(columns) if column.is_summed]
    sums: dict[str | None, list[Sum | None]] = {}
    for row in rows:
        for of in (row[group], None):
            sofar = sums.setdefault(of, [None] * len(places))
            for n, place in enumerate(places):
                sofar[n] = plus(sofar[n], row[place])
    order = sorted(sums, key=lambda of: (of is None, of or ""))
    return [(of, *(text_of(it) for it in sums[of])) for of in order]


def plus(sofar: Sum | None, cell: str) -> Sum | None:
    """A sum with one more decimal string in it; None: of nothing yet."""
    if not cell:
        return sofar
    whole, _, fraction = cell.partition(".")
    units, scale = int(whole + fraction), len(fraction)
    if sofar is None:
        return units, scale
    most = max(scale, sofar[1])
    return sofar[0] * 10 ** (most - sofar[1]) + units * 10 ** (most - scale), most


def text_of(it: Sum | None) -> str | None:
    """As a decimal string; None where nothing was added."""
    return None if it is None else format_decimal(it[0], scale=it[1])
