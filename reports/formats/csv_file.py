"""CSV as RFC 4180 has it: UTF-8, CRLF, quotes where needed; amounts as exact strings.

A report that is a query is written by PostgreSQL's COPY. A text that a spreadsheet would
take for a formula gets an apostrophe before it; amounts, ids and times stay as they are.
"""

import csv
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, Final

from reports.formats.cells import FORMULAS, defused, pieces_of
from reports.formats.copying import PIECES, Piece, copy_out, still_books
from reports.formats.sink import Sink
from reports.table import Column, Params, Query, Report


class _Lines:
    """Takes what csv writes, as bytes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, text: str) -> None:
        self._sink.write(text.encode())


def write_csv(sink: Sink, report: Report, params: Params) -> None:
    """The names of the columns, and all rows."""
    columns = report.columns(params)
    lines = csv.writer(_Lines(sink))
    lines.writerow([column.name for column in columns])
    query = report.query(params)
    if query is None:
        _write_rows(sink, lines, report, params)
        return
    with still_books(in_order=query.in_order), _copied(query, columns) as pieces:
        for piece in pieces:
            sink.write(piece.data)
            sink.count(piece.rows)


def _write_rows(sink: Sink, lines: Any, report: Report, params: Params) -> None:
    is_text = [column.kind == "text" for column in report.columns(params)]
    with pieces_of(report, params, PIECES) as pieces:
        for rows in pieces:
            for row in rows:
                cells = zip(row, is_text, strict=True)
                lines.writerow([defused(it) if text else it for it, text in cells])
            sink.count(len(rows))


def _copied(
    query: Query, columns: Sequence[Column]
) -> closing[Generator[Piece, None, None]]:
    return closing(copy_out(_copy(query, columns), query.args, _with_crlf))


def _copy(query: Query, columns: Sequence[Column]) -> str:
    names = [f"c{n}" for n in range(len(columns))]
    cells = (_cell(name, it) for name, it in zip(names, columns, strict=True))
    return (
        f"COPY (SELECT {', '.join(cells)} FROM ({query.sql}) AS report "  # noqa: S608  own text only
        f"({', '.join(names)})) TO STDOUT (FORMAT csv)"
    )


def _cell(name: str, column: Column) -> str:
    if column.kind != "text":
        return name
    # Nearly all begin with a letter, and a look at the first sign is cheap.
    return (
        f"CASE WHEN ascii({name}) BETWEEN 65 AND 65000 THEN {name} "
        f"WHEN left({name}, 1) IN ({_SIGNS}) THEN '''' || {name} ELSE {name} END"
    )


_SIGNS: Final = ", ".join(f"U&'\\{ord(sign):04X}'" for sign in FORMULAS)


def _with_crlf(rows: list[bytes]) -> bytes:
    """Each row's own end; an end of line inside a cell stays what it is."""
    return b"".join([row[:-1] + b"\r\n" for row in rows])
