"""What the machine and others make of it, measured in the same run as we are."""

import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from exchange import embedded
from exchange.bench.rows import Limit
from exchange.embedded import postgres_files
from exchange.embedded.places import places

CLIENTS: Final = 8
BLOCK: Final = b"\0" * 8192
TPC_B: Final = f"pgbench TPC-B, {CLIENTS} clients"
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


class Limits:
    """pgbench and the disk; measured when they are first asked for, then kept.

    Rows of one table stand beside one and the same figure, whichever asks first.
    """

    def __init__(self, *, quick: bool, say: Callable[[str], None]) -> None:
        self._quick, self._say = quick, say

    @cached_property
    def tpc_b(self) -> Limit:
        """Transactions a second of pgbench's own TPC-B."""
        program = pgbench()
        if program is None:
            return Limit(TPC_B, (), "transactions/s", missing="there is no pgbench here")
        scale, runs, seconds = (8, 3, 1) if self._quick else (20, 5, 10)
        with _empty_database(f"fairbook_bench_tpcb_{os.getpid()}") as url:
            _pgbench(program, "-i", "-q", "-s", str(scale), url)
            go = ("-n", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), url)
            told = [_pgbench(program, *go) for _ in range(runs)]
        self._say("limits: pgbench done")
        return Limit(TPC_B, [_tps(text) for text in told], "transactions/s")

    @cached_property
    def fsync(self) -> Limit:
        """Milliseconds until 8 kB are on the disk of the data directory."""
        where = "of the data directory" if "postgres" in embedded.wanted() else "of /tmp"
        directory = places().home if "postgres" in embedded.wanted() else None
        count = 500 if self._quick else 2_000
        runs = [fsync_milliseconds(directory, count=count) for _ in range(3)]
        return Limit(f"fdatasync of 8 kB, disk {where}", runs, "ms")


def fsync_milliseconds(directory: Path | None, *, count: int) -> float:
    """The median of so many writes of one block, each brought to the disk.

    directory  None: where temporary files are
    """
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(BLOCK)
        os.fdatasync(file.fileno())
        spent = []
        for _ in range(count):
            started = time.perf_counter()
            os.pwrite(file.fileno(), BLOCK, 0)
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - started)
    return 1e3 * statistics.median(spent)


def pgbench() -> Path | None:
    """The wheel's, or the machine's own; None where there is neither."""
    try:
        ours = postgres_files.binaries(places()) / "pgbench"
    except embedded.EmbeddedServersError:
        ours = Path("pgbench")
    found = shutil.which(ours) or shutil.which("pgbench")
    return Path(found) if found else None


def _pgbench(program: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603  our own words
        [program, *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def _tps(told: str) -> float:
    found = _TPS.search(told)
    assert found, told
    return float(found[1])


@contextmanager
def _empty_database(name: str) -> Iterator[str]:
    """The address of a database of that name, which is dropped in the end."""
    database = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database)
    owner = settings.DATABASE_OWNER_URL
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        try:
            yield make_conninfo(owner, dbname=name)
        finally:
            connection.execute(drop)
