"""One page for paper: self-contained, without a script, and nothing that it loads."""

from collections.abc import Sequence
from html import escape
from typing import Final

from reports.formats.cells import Totals, about, pieces_of
from reports.formats.copying import PIECES
from reports.formats.sink import Sink
from reports.table import Column, Params, Report, Row

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 13px/1.45 system-ui, sans-serif; margin: 2rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { max-width: 46rem; margin: .25rem 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
div { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; }
th { border-bottom: 1.5px solid; white-space: nowrap; }
td { border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.n { text-align: right; white-space: nowrap; }
.i { white-space: nowrap; }
tfoot td { border-bottom: 0; font-weight: 600; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { color-scheme: light; }
  body { margin: 0; font-size: 8pt; }
  table { font-size: 6.5pt; }
  div { overflow: visible; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr { break-inside: avoid; }
  td, th { padding: .15rem .3rem; white-space: normal; overflow-wrap: anywhere; }
  td.n { overflow-wrap: normal; white-space: nowrap; }
}
"""


def write_html(sink: Sink, report: Report, params: Params) -> None:
    """Title, what was asked, all rows, and their totals."""
    columns = report.columns(params)
    totals = Totals(report, columns)
    sink.write(_head(report, params, columns).encode())
    with pieces_of(report, params, PIECES) as pieces:
        for rows in pieces:
            totals.add(rows)
            sink.write("".join(_row(columns, row) for row in rows).encode())
            sink.count(len(rows))
    sink.write(_foot(columns, totals).encode())


def _head(report: Report, params: Params, columns: Sequence[Column]) -> str:
    facts = "".join(
        f"<dt>{escape(title)}</dt><dd>{escape(text)}</dd>\n"
        for title, text in about(report, params)[1:]
    )
    heads = "".join(
        f'<th scope="col"{_side(column)}>{escape(column.title)}</th>' for column in columns
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(report.title)}</h1>\n<p>{escape(report.explains)}</p>\n"
        f"<dl>\n{facts}</dl>\n<div><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    )


def _row(columns: Sequence[Column], row: Row) -> str:
    cells = (
        f"<td{_side(column)}>{escape(cell)}</td>"
        for column, cell in zip(columns, row, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>\n"


def _foot(columns: Sequence[Column], totals: Totals) -> str:
    lines = []
    for per, sums in totals.rows():
        cells = [
            f"<td{_side(column)}>{escape(sums.get(n, ''))}</td>"
            for n, column in enumerate(columns)
        ]
        cells[0] = f"<td>Total {escape(per)}</td>"
        lines.append(f"<tr>{''.join(cells)}</tr>\n")
    foot = f"<tfoot>\n{''.join(lines)}</tfoot>\n" if lines else ""
    return f"</tbody>\n{foot}</table></div>\n</body>\n</html>\n"


def _side(column: Column) -> str:
    if column.is_number:
        return ' class="n"'
    return ' class="i"' if column.kind in ("instant", "date") else ""
