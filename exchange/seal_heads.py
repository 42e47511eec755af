"""The heads of the chains leave the database, where nobody who rewrites it can reach them.

Below SEALS_DIR there is a directory for each database, and in it one line of JSON for each
head and export in `heads.jsonl`, to which is only added, and one file for each export.
Keep copies on another machine: docs/seals.md.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from ledger.models import Seal
from ledger.moments import instant_text
from ledger.selectors import seal_heads

LINES: Final = "heads.jsonl"
#: The advisory lock of whoever exports: "heads" in ASCII.
LOCK: Final = 0x6865616473


def heads_directory() -> Path:
    """Where the heads of this database are kept."""
    return Path(settings.SEALS_DIR) / str(connection.settings_dict["NAME"])


@transaction.atomic
def export_heads(*, now: datetime) -> Path:
    """Write the last seal of every chain out of the database; durable when it returns.

    A second export of a day gets a file of its own. Two at once take turns: what they
    wrote into each other would be unreadable, and halt all markets.

    returns  the file of this export
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    heads = seal_heads()
    at = _database_time("clock_timestamp()")
    told = [_told(seal, at) for seal in heads]
    directory = heads_directory()
    directory.mkdir(parents=True, exist_ok=True)
    path = _of_the_day(now)
    if path.exists():
        path = directory / f"{now:%Y-%m-%dT%H%M%S.%fZ}.json"
    # First whole under another name: what a crash leaves half is no export.
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    document = {"exported_at": instant_text(at), "heads": told}
    _append(half, json.dumps(document, indent=1) + "\n")
    half.rename(path)
    _append(directory / LINES, _line_end(directory / LINES) + _as_lines(told))
    _sync(directory)
    return path


def export_heads_of_the_day(*, now: datetime) -> Path | None:
    """Write the heads, unless this was done already on the day of `now`, in UTC.

    returns  the file of this export; None when there is nothing to do
    """
    if _of_the_day(now).exists():
        return None
    return export_heads(now=now)


def _of_the_day(now: datetime) -> Path:
    return heads_directory() / f"{now:%Y-%m-%d}.json"


def _told(seal: Seal, at: datetime) -> dict[str, Any]:
    return {
        "exported_at": instant_text(at),
        "log": seal.log,
        "number": seal.number,
        "last": seal.last,
        "latest": instant_text(seal.latest),
        "sha256": seal.sha256,
    }


def _as_lines(told: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(head) + "\n" for head in told)


def _line_end(path: Path) -> str:
    """What ends a line of which a crash left only the beginning; empty if there is none."""
    text = path.read_bytes() if path.exists() else b""
    return "" if text.endswith(b"\n") or not text else "\n"


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _database_time(of: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {of}")
        at: datetime = cursor.fetchone()[0]
        return at


def last_export() -> str | None:
    """When heads were exported for the last time; None: never, or the files are gone."""
    told = [head["exported_at"] for _, text in _exports() for head in _read(text) if head]
    return max(told, default=None)


# Whether the database still agrees -------------------------------------------------------


def broken_heads() -> Iterator[str]:
    """Exported heads that this database has no more, and exports that cannot be read."""
    # What was exported after this transaction began, it may not see.
    begun = instant_text(_database_time("now()"))
    exported: dict[tuple[str, int, str], str] = {}
    try:
        exports = list(_exports())
    except OSError as why:
        yield f"{heads_directory()}: it cannot be read: {why.strerror}"
        return
    for where, text in exports:
        for head in _read(text):
            if head is None:
                yield f"{where}: it cannot be read"
                break
            exported[head["log"], head["number"], head["sha256"]] = head["exported_at"]
    kept = _kept(exported)
    for (log, number, sha256), at in sorted(exported.items()):
        found = kept.get((log, number))
        if found is None and at <= begun:
            yield f"seal {number} of {log}: it was exported, and is not there"
        elif found is not None and found != sha256:
            yield f"seal {number} of {log}: another one was exported"


def _kept(exported: Iterable[tuple[str, int, str]]) -> dict[tuple[str, int], str]:
    """The hashes of the seals that have one of these names and numbers."""
    names, numbers = [it[0] for it in exported], [it[1] for it in exported]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT log, number, sha256 FROM ledger_seal JOIN (SELECT DISTINCT * FROM "
            "unnest(%s::text[], %s::bigint[]) AS w (log, number)) AS w USING (log, number)",
            [names, numbers],
        )
        return {(log, number): sha256 for log, number, sha256 in cursor.fetchall()}


def _exports() -> Iterator[tuple[str, str]]:
    """Every export as JSON, and where it stands; without a line that a crash cut off."""
    directory = heads_directory()
    lines = directory / LINES
    for number, line in enumerate(_text(lines).splitlines() if lines.exists() else ()):
        if line.endswith("}") or not line.startswith("{"):
            yield f"{LINES} line {number + 1}", line
    for path in sorted(directory.glob("*.json")):
        yield path.name, _text(path)


def _text(path: Path) -> str:
    return path.read_text(errors="replace")


def _read(text: str) -> list[dict[str, Any] | None]:
    """The heads of an export; [None] when it is none."""
    try:
        document = json.loads(text)
        heads = document.get("heads", [document])
        return [{name: head[name] for name in _NAMED} for head in heads]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [None]


_NAMED: Final = ("log", "number", "sha256", "exported_at")
