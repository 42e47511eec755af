"""An exchange with servers and workers of its own, for tests that kill them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis
from django.conf import settings
from django.db import OperationalError, connection
from psycopg.conninfo import conninfo_to_dict

from exchange.audit import audit
from exchange.embedded.places import PROJECT
from matching.models import Cursor
from matching.verify import differences
from orders.models import Command

CELERY = [
    *(
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "exchange",
        "worker",
        "--pool",
        "solo",
    ),
    *(
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ),
]
_HOLD = (
    "from exchange import embedded; embedded.hold(); urls = embedded.urls();"
    "print(urls.database_url, urls.redis_url, flush=True); input()"
)


@dataclass
class House:
    """Processes with `FAIRBOOK_VAR` of their own; this process's connection goes there."""

    var: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def open(self) -> None:
        """Start PostgreSQL and Redis, make the tables, turn the connection there."""
        self.holder = self._start([sys.executable, "-c", _HOLD], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)  # fmt: skip
        assert self.holder.stdout is not None
        database, redis_url = self.holder.stdout.readline().split()
        self.redis_url = redis_url
        self._before = connection.settings_dict.copy()
        connection.close()
        info = conninfo_to_dict(database)
        connection.settings_dict["HOST"] = info["host"]
        connection.settings_dict["NAME"] = info["dbname"]
        self.run("manage.py", "migrate", "--verbosity", "0")

    def close(self) -> None:
        connection.close()
        connection.settings_dict.update(self._before)
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
                process.wait()
        self.run("-m", "exchange.embedded", "stop")

    def run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], cwd=PROJECT, env=self._env(), check=True
        )

    def start_beat(self) -> subprocess.Popen[str]:
        """The general worker, whose beat rings every shard each second."""
        schedule = str(self.var / "beat")
        return self._start([*CELERY, "-Q", "general", "--beat", "--schedule", schedule])

    def start_engine(self, *, failpoint: str = "") -> subprocess.Popen[str]:
        """A matching worker; `failpoint` names the point at which it kills itself."""
        name = f"matching{len(self.processes)}@%h"
        return self._start(
            [*CELERY, "-Q", "matching.0", "--hostname", name], FAIRBOOK_FAILPOINT=failpoint
        )

    def start_web(self, *, port: int) -> subprocess.Popen[str]:
        """A web process; it answers when the port is open, and knows our tokens."""
        web = self._start(
            [
                *(sys.executable, "-m", "uvicorn", "exchange.asgi:application"),
                *("--port", str(port), "--ws", "websockets-sansio", "--lifespan", "off"),
                *("--log-level", "error", "--timeout-graceful-shutdown", "2"),
            ],
            SECRET_KEY=settings.SECRET_KEY,
        )
        wait_until(lambda: _is_open(port), seconds=30)
        return web

    def flush_redis(self) -> None:
        redis.Redis.from_url(self.redis_url).flushall()

    def crash_redis(self) -> None:
        client = redis.Redis.from_url(self.redis_url)
        os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)

    def crash_postgres(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT is PostgreSQL's immediate shutdown: recovery follows at the start."""
        pid_file = self.var / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().splitlines()[0]), how)

    def wait_until_settled(self, *, seconds: float = 30) -> None:
        def settled() -> bool:
            last = Command.objects.order_by("-id").values_list("id", flat=True).first()
            return Cursor.objects.filter(position=last).exists()

        wait_until(settled, seconds=seconds)

    def prove(self) -> None:
        """Every invariant holds and the log replays to what is recorded."""
        assert [finding for finding in audit() if finding.violations] == []
        assert list(differences(shard=0)) == []

    def _start(self, command: list[str], **options: object) -> subprocess.Popen[str]:
        pipes = {name: options.pop(name) for name in ("stdin", "stdout") if name in options}
        environment = self._env(**options)
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, text=True, **pipes
        )
        self.processes.append(process)
        return process

    def _env(self, **more: object) -> dict[str, str]:
        extra = {name: str(value) for name, value in more.items()}
        ours = {
            "FAIRBOOK_VAR": str(self.var),
            "LOG_LEVEL": "ERROR",
            # Nobody outlives the tests: not even the beat that a killed worker forked.
            "FAIRBOOK_SUPERVISOR_PID": str(os.getpid()),
        }
        return os.environ | ours | extra


def _is_open(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def answers() -> bool:
    """Whether PostgreSQL answers us."""
    try:
        connection.ensure_connection()
        Cursor.objects.exists()
    except OperationalError:
        connection.close()
        return False
    return True


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
