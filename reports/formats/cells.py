"""Cells of tables that programs other than ours will open."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from reports.selectors.adding import Sum, plus, text_of
from reports.table import Column, Params, Report, Row

#: A spreadsheet takes a text that begins so for a formula (OWASP, "CSV injection").
FORMULAS: Final = "=+-@\t\r\n＝＋－＠"


def defused(cell: str) -> str:
    """A text that no spreadsheet will calculate."""
    return f"'{cell}" if cell[:1] in FORMULAS and cell else cell


def about(report: Report, params: Params) -> list[tuple[str, str]]:
    """What a report was asked for, and up to where it goes: titles and texts."""
    asked = [(name, text) for name, text in params.said.items() if name != "as_of"]
    return [("Report", report.title), *asked, ("Up to", str(params.cut))]


@contextmanager
def pieces_of(report: Report, params: Params, size: int) -> Iterator[Iterator[list[Row]]]:
    """All rows, so many at a time. Whatever happens, they are given up at the end of the
    block: behind them is a transaction.
    """
    rows = report.rows(params)
    try:
        yield iter(lambda: list(islice(rows, size)), [])
    finally:
        if isinstance(rows, Generator):
            rows.close()


class Totals:
    """Sums of a report's columns, exact, for each asset (or whatever it adds up by)."""

    def __init__(self, report: Report, columns: Sequence[Column]) -> None:
        names = [column.name for column in columns]
        self._per = names.index(report.per) if report.per in names else None
        self._summed = [n for n, column in enumerate(columns) if column.is_summed]
        self._sums: dict[str, dict[int, Sum | None]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        if self._per is None or not self._summed:
            return
        for row in rows:
            sums = self._sums.setdefault(row[self._per], {})
            for n in self._summed:
                if row[n]:
                    sums[n] = plus(sums.get(n), row[n])

    def rows(self) -> Iterator[tuple[str, dict[int, str]]]:
        """What they are of, and the sums by the number of their column."""
        for per, sums in sorted(self._sums.items()):
            if sums:
                yield per, {n: text_of(it) or "" for n, it in sums.items()}
