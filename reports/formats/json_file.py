"""JSON, a row a line: what was asked, the columns, and each row by their names."""

import json
from typing import Final

import msgspec

from reports.formats.cells import pieces_of
from reports.formats.copying import PIECES
from reports.formats.sink import Sink
from reports.table import Params, Report

_encode: Final = msgspec.json.Encoder().encode


def write_json(sink: Sink, report: Report, params: Params) -> None:
    """One object; its `rows` are streamed. Every value is a string, amounts are exact."""
    columns = report.columns(params)
    names = [column.name for column in columns]
    head = {
        "report": report.name,
        "title": report.title,
        "parameters": dict(params.said),
        "cut": str(params.cut),
        "columns": [
            {"name": it.name, "title": it.title, "kind": it.kind} for it in columns
        ],
    }
    sink.write(json.dumps(head, ensure_ascii=False).encode()[:-1] + b',\n"rows": [')
    comma = b"\n"
    with pieces_of(report, params, PIECES) as pieces:
        for rows in pieces:
            lines = [_encode(dict(zip(names, row, strict=True))) for row in rows]
            sink.write(comma + b",\n".join(lines))
            sink.count(len(rows))
            comma = b",\n"
    sink.write(b"\n]}\n")
