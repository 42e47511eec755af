"""Decimal strings added up exactly, for reports that are no query."""

from collections.abc import Iterable, Sequence

from kernel.decimals import format_decimal
from reports.table import Column, Row


def summed(
    rows: Iterable[Row], columns: Sequence[Column], per: str
) -> list[tuple[str | None, ...]]:
    """Sums per value of the column `per`, then of all (None), as the database would give.

    None where a column has nothing to add.
    """
    names = [column.name for column in columns]
    group = names.index(per)
    places = [number for number, column in enumerate(columns) if column.is_summed]
    sums: dict[str | None, list[tuple[int, int] | None]] = {}
    for row in rows:
        for of in (row[group], None):
            sofar = sums.setdefault(of, [None] * len(places))
            for n, place in enumerate(places):
                sofar[n] = _plus(sofar[n], row[place])
    order = sorted(sums, key=lambda of: (of is None, of or ""))
    return [(of, *(_text(it) for it in sums[of])) for of in order]


def _plus(sofar: tuple[int, int] | None, cell: str) -> tuple[int, int] | None:
    """(units, scale) of a sum, with one more decimal string in it."""
    if not cell:
        return sofar
    whole, _, fraction = cell.partition(".")
    units, scale = int(whole + fraction), len(fraction)
    if sofar is None:
        return units, scale
    most = max(scale, sofar[1])
    return sofar[0] * 10 ** (most - sofar[1]) + units * 10 ** (most - scale), most


def _text(it: tuple[int, int] | None) -> str | None:
    return None if it is None else format_decimal(it[0], scale=it[1])
