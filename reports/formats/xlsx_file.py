"""A workbook: amounts as exact texts, and beside each a number to calculate with.

A spreadsheet's number has sixteen digits, so the number is rounded and the text is what
counts. Rows go to a temporary file as they come; a sheet that is full is followed by
another one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]

from reports.formats.cells import Totals, about, pieces_of
from reports.formats.copying import PIECES
from reports.formats.sink import Sink
from reports.table import Column, Params, Report, Row

#: Of one sheet, its head included.
ROWS_MAX: Final = 1_048_576
#: Of one cell.
_SIGNS_MAX: Final = 32_767
_CUT: Final = " … (cut: a cell holds no more)"
#: When no cut says it. The same report has the same bytes.
_NO_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)


def write_xlsx(sink: Sink, report: Report, params: Params) -> None:
    """The rows, with totals below them; and a sheet that says what was asked."""
    columns = report.columns(params)
    with xlsxwriter.Workbook(_Stream(sink), {"constant_memory": True}) as book:
        made = (params.cut.at or _NO_DATE).replace(tzinfo=None)
        book.set_properties({"title": report.title, "created": made})
        sheets = _Sheets(book, report, columns)
        totals = Totals(report, columns)
        with pieces_of(report, params, PIECES) as pieces:
            for rows in pieces:
                totals.add(rows)
                for row in rows:
                    sheets.write(row)
                sink.count(len(rows))
        for per, sums in totals.rows():
            cells = [sums.get(n, "") for n in range(len(columns))]
            sheets.write((f"Total {per}", *cells[1:]), is_total=True)
        _describe(book, report, params)


class _Stream:
    """What zipfile writes to; it seeks nowhere and is asked nothing."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""


class _Sheets:
    """The sheets of a report's rows, one after the other."""

    def __init__(self, book: Any, report: Report, columns: Sequence[Column]) -> None:
        self._book, self._report, self._columns = book, report, columns
        self._bold = book.add_format({"bold": True})
        self._right = book.add_format({"align": "right"})
        self._sum = book.add_format({"bold": True, "align": "right"})
        self._number = 0
        self._begin()

    def _begin(self) -> None:
        self._number += 1
        more = f" {self._number}" if self._number > 1 else ""
        self._sheet = self._book.add_worksheet(f"{self._report.name[:26]}{more}")
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        place = 0
        for column in self._columns:
            self._sheet.set_column(place, place, _width(column))
            self._sheet.write_string(0, place, column.title, self._bold)
            place += 1
            if column.is_number:
                self._sheet.set_column(place, place, 14)
                title = f"{column.title} (rounded)"
                self._sheet.write_string(0, place, title, self._bold)
                place += 1
        self._next = 1

    def write(self, row: Row, *, is_total: bool = False) -> None:
        if self._next == ROWS_MAX:
            self._begin()
        text = self._bold if is_total else None
        exact = self._sum if is_total else self._right
        place = 0
        put, line = self._sheet.write_string, self._next
        for column, cell in zip(self._columns, row, strict=True):
            if not column.is_number:
                if cell:
                    put(line, place, _fitting(cell), text)
                place += 1
                continue
            if cell:
                is_label = is_total and place == 0
                put(line, place, cell, text if is_label else exact)
                if not is_label:
                    self._sheet.write_number(line, place + 1, rounded(cell))
            place += 2
        self._next += 1


def rounded(cell: str) -> Any:
    """The number next to an exact decimal string that a spreadsheet can hold."""
    return float(cell)


def _fitting(cell: str) -> str:
    if len(cell) <= _SIGNS_MAX:
        return cell
    return cell[: _SIGNS_MAX - len(_CUT)] + _CUT


def _width(column: Column) -> int:
    if column.kind == "instant":
        return 27
    return 24 if column.is_number else 18


def _describe(book: Any, report: Report, params: Params) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 80)
    for n, (title, text) in enumerate(about(report, params)):
        sheet.write_string(n, 0, title)
        sheet.write_string(n, 1, text)
