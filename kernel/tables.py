"""Tables that the engine writes: thousands of rows by COPY, a few in a trip with others."""

from collections.abc import Mapping, Sequence

from kernel import pgcopy
from kernel.database import CopyIn, array_text, ask
from kernel.failpoint import failpoint

_TYPES = {"q": "bigint", "i": "integer", "h": "smallint", "?": "boolean"}


class Table:
    """One table, or those of its columns that are written.

    A row is a tuple of integers in the order of the columns; a time, in a column whose name
    ends in `_at`, is a kernel.pgcopy.timestamp. Nothing is NULL.

    columns  name -> field, as kernel.pgcopy.row_packer: q, i, h or ?
    pack     makes a row of COPY from the values of a row
    """

    def __init__(self, name: str, columns: Mapping[str, str]) -> None:
        self.pack = pgcopy.row_packer("".join(columns.values()))
        names = ", ".join(columns)
        self._copy = f"COPY {name} ({names}) FROM STDIN (FORMAT binary)"
        arrays = ", ".join(f"%s::{_TYPES[field]}[]" for field in columns.values())
        self._insert = (
            f"INSERT INTO {name} ({names}) SELECT {', '.join(map(_value, columns))} "  # noqa: S608  own names only
            f"FROM unnest({arrays}) AS r({names})"
        )

    def start(self) -> CopyIn:
        """Begin to write packed rows by COPY."""
        return CopyIn(self._copy)

    def insert(self, rows: Sequence[tuple[int, ...]]) -> None:
        """Write a few rows by one statement, in `kernel.database.one_trip` with others."""
        if rows:
            ask(self._insert, [*map(array_text, zip(*rows, strict=True))])
            failpoint("in_copy")


def _value(column: str) -> str:
    if not column.endswith("_at"):
        return f"r.{column}"
    return f"timestamptz '2000-01-01 00:00Z' + r.{column} * interval '1 microsecond'"
