"""The exchange's processes as the Procfile starts them, on the database of the bench."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import redis
from django.conf import settings
from django.db import connection
from honcho.environ import parse_procfile
from psycopg.conninfo import make_conninfo

from exchange import supervised
from exchange.env import PROJECT

START_SECONDS, STOP_SECONDS = 90.0, 15.0
#: A database of Redis that nobody else has: bells of the bench wake no other engine.
REDIS_DATABASE: Final = 9


class NotRunning(Exception):
    """A process did not start, or ended; the message holds the last that it said."""


class Processes:
    """What was started; all of it ends with the block, and with this process.

    urls  DATABASE_URL and the like, for each of them
    """

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._environment = {
            **os.environ,
            **urls,
            "LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",
            supervised.VARIABLE: str(os.getpid()),
        }
        self._running: dict[str, tuple[subprocess.Popen[bytes], IO[bytes]]] = {}

    def start(self, name: str, command: Sequence[str] | str, **more: str) -> None:
        """Start a command line, or the words of one, with more environment."""
        log = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop
        process = subprocess.Popen(  # noqa: S603  words of ours, or of the Procfile
            command,
            shell=isinstance(command, str),
            cwd=PROJECT,
            env=self._environment | more,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running[name] = process, log

    def start_line(self, name: str, **more: str) -> None:
        """Start a line of the Procfile."""
        lines = parse_procfile((PROJECT / "Procfile").read_text()).processes
        self.start(name, lines[name], **more)

    def run(self, command: Sequence[str]) -> str:
        """Run a program to its end; what it prints."""
        done = subprocess.run(  # noqa: S603  our own words
            command, cwd=PROJECT, env=self._environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def stop(self, name: str) -> None:
        """End one; it has a moment, then it is killed."""
        process, log = self._running.pop(name)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()

    def stop_all(self) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def pid(self, name: str) -> int:
        return self._running[name][0].pid

    def wait_for_port(self, name: str, port: int) -> None:
        """raises  NotRunning"""
        deadline = time.monotonic() + START_SECONDS
        while not is_open(port):
            self.expect_alive(name)
            if time.monotonic() > deadline:
                raise NotRunning(f"{name} does not answer: {self._last_words(name)}")
            time.sleep(0.05)

    def expect_alive(self, name: str) -> None:
        """raises  NotRunning"""
        if self._running[name][0].poll() is not None:
            raise NotRunning(f"{name} has ended: {self._last_words(name)}")

    def _last_words(self, name: str) -> str:
        log = self._running[name][1]
        log.seek(0)
        return log.read().decode(errors="replace")[-1_500:].strip() or "it said nothing"


@contextmanager
def exchange_processes() -> Iterator[Processes]:
    """Room for processes that work in the database which this process is connected to."""
    bench_redis = _redis_url()
    redis.Redis.from_url(bench_redis).flushdb()
    processes = Processes(
        {
            "DATABASE_URL": database_url(settings.DATABASE_URL),
            "DATABASE_OWNER_URL": database_url(settings.DATABASE_OWNER_URL),
            "REDIS_URL": bench_redis,
        }
    )
    try:
        yield processes
    finally:
        processes.stop_all()


def start_web(processes: Processes, *, port: int) -> None:
    """The Procfile's web process.

    raises  NotRunning
    """
    processes.start_line("web", PORT=str(port))
    processes.wait_for_port("web", port)


def start_engine(processes: Processes, *, directory: Path) -> None:
    """The Procfile's engine, and the general worker that rings it.

    directory  where the general worker keeps its timetable
    """
    processes.start_line("matching")
    processes.start_line(
        "general",
        FAIRBOOK_VAR=str(directory),
        FAIRBOOK_COMPILED="False",
        SECRET_KEY=settings.SECRET_KEY,
    )


def database_url(url: str) -> str:
    """The same server, the database in which we work."""
    return make_conninfo(url, dbname=str(connection.settings_dict["NAME"]))


def _redis_url() -> str:
    """As settings.REDIS_URL, another database of it."""
    url: str = settings.REDIS_URL
    if url.startswith("unix://"):
        return f"{url.split('?')[0]}?db={REDIS_DATABASE}"
    head, _, tail = url.partition("://")
    return f"{head}://{tail.split('/')[0]}/{REDIS_DATABASE}"


def is_open(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def python(*words: str) -> list[str]:
    """A command line of this clone's Python."""
    return [sys.executable, *words]
