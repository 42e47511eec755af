"""PostgreSQL's binary COPY format, for the tables that are written by the thousand.

A file is HEADER, rows, TRAILER. A row is the number of its fields (int16), then each
field's length in bytes (int32) and value, big-endian (PostgreSQL 18 manual, COPY, "Binary
Format"). Fixed-width rows are one `struct.pack` each, about half a microsecond.
"""

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
TRAILER: Final = struct.pack("!h", -1)

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
NULL: Final = struct.pack("!i", -1)
_WIDTH: Final = {"?": 1, "h": 2, "i": 4, "q": 8}


def row_packer(fields: str, *, texts: int = 0) -> Callable[..., bytes]:
    """A packer for rows of `fields`: ? boolean, h smallint, i integer, q bigint or
    timestamptz.

    `texts` more fields follow in each row; the caller appends them, made by `text`,
    `bigint` and their like: texts, and what may be NULL.
    The packer takes the values in order. It is made once per table by writing the field
    lengths into a function, because passing them in at each call costs half its time.
    """
    layout = struct.Struct("!h" + "".join(f"i{field}" for field in fields))
    names = [f"v{n}" for n in range(len(fields))]
    lengths = [_WIDTH[field] for field in fields]
    body = ", ".join(
        f"{length}, {name}" for length, name in zip(lengths, names, strict=True)
    )
    source = f"lambda {', '.join(names)}: pack({len(fields) + texts}, {body})"
    packer: Callable[..., bytes] = eval(source, {"pack": layout.pack})  # noqa: S307  own text only
    return packer


def text(value: str | None) -> bytes:
    """One text field, length and all; for the end of a row whose packer leaves it out."""
    if value is None:
        return NULL
    encoded = value.encode()
    return struct.pack("!i", len(encoded)) + encoded


def bigint(value: int | None) -> bytes:
    """One bigint or timestamptz field that may be NULL, length and all, as `text`."""
    return NULL if value is None else _bigint(8, value)


def integer(value: int | None) -> bytes:
    """One integer field that may be NULL, as `bigint`."""
    return NULL if value is None else _integer(4, value)


def smallint(value: int | None) -> bytes:
    """One smallint field that may be NULL, as `bigint`."""
    return NULL if value is None else _smallint(2, value)


def jsonb(value: object) -> bytes:
    """One jsonb field, as `text`; None is NULL, not JSON's null."""
    if value is None:
        return NULL
    # The first byte is the version of jsonb's format (PostgreSQL, jsonb_recv).
    encoded = b"\x01" + json.dumps(value).encode()
    return struct.pack("!i", len(encoded)) + encoded


_bigint: Final = struct.Struct("!iq").pack
_integer: Final = struct.Struct("!ii").pack
_smallint: Final = struct.Struct("!ih").pack


def timestamp(moment: datetime) -> int:
    """A timestamptz: microseconds since 2000-01-01 UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(timestamp: int) -> datetime:
    """The moment that `timestamp` gave as a number; exact."""
    return _EPOCH + timedelta(microseconds=timestamp)
