"""The keeper: one small process that owns the servers as long as anybody uses them.

The first user starts it, away from the user's terminal. It starts the servers, starts one
again that dies, and when nobody has held users.lock for some seconds it stops them and
ends. Killed outright, it takes them along: they are told by the kernel (children.py).
"""

import fcntl
import logging
import os
import signal
import sys
import time
from types import FrameType
from typing import Protocol

from exchange.embedded import children
from exchange.embedded.errors import EmbeddedServersError
from exchange.embedded.locks import FileLock
from exchange.embedded.places import Places, places
from exchange.embedded.postgres_server import PostgresServer
from exchange.embedded.redis_server import RedisServer

IDLE_SECONDS = 3.0
LOOK_SECONDS = 0.2
READY = "ready"

log = logging.getLogger("fairbook.keeper")


class Server(Protocol):
    """What the keeper knows of a server."""

    name: str

    def start(self) -> None:
        """Start and wait until it answers. Raises EmbeddedServersError."""

    def is_running(self) -> bool:
        """Whether it lives."""

    def stop(self) -> None:
        """End it; harmless when it does not run."""


class Keeper:
    """Keeps `servers` while users.lock is shared by anybody."""

    def __init__(self, where: Places, servers: list[Server]) -> None:
        self._servers = servers
        self._users = FileLock(where.users_lock)
        self._ready = {s.name: FileLock(where.ready_lock(s.name)) for s in servers}

    def start(self) -> None:
        """Start all servers. Raises EmbeddedServersError."""
        for server in self._servers:
            self._start(server)

    def keep(self) -> None:
        """Watch until nobody uses the servers; then newcomers wait until we have ended."""
        idle_since = time.monotonic()
        while True:
            time.sleep(LOOK_SECONDS)
            for server in self._servers:
                if not server.is_running():
                    self._restart(server)
            if not self._users.take():
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > IDLE_SECONDS:
                log.info("nobody uses the servers any more")
                return
            else:
                self._users.release()

    def stop(self) -> None:
        """Stop all servers, the last one started first."""
        for server in reversed(self._servers):
            self._ready[server.name].release()
            server.stop()
            log.info("%s stopped", server.name)

    def _start(self, server: Server) -> None:
        server.start()
        self._ready[server.name].wait()
        log.info("%s answers", server.name)

    def _restart(self, server: Server) -> None:
        log.warning("%s died; starting it again", server.name)
        self._ready[server.name].release()
        server.stop()
        self._start(server)


def main() -> None:
    """Become the keeper, tell our starter in one line how it went, and keep.

    The line on standard output is `ready`, a refusal, or nothing when another keeper is
    there already. Arguments name the servers to keep.
    """
    if os.fork():  # the starter waits for this process, and gets no orphan to reap
        os._exit(0)
    where = places()
    answer = _move_output_to_log()
    keeper_lock = FileLock(where.keeper_lock)
    if not children.wait_until(keeper_lock.take, 0.5):
        return
    where.keeper_lock.write_text(f"{os.getpid()}\n")
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    known: dict[str, type[PostgresServer] | type[RedisServer]] = {
        "postgres": PostgresServer,
        "redis": RedisServer,
    }
    keeper = Keeper(where, [known[name](where) for name in sys.argv[1:]])
    try:
        where.make_home()
        keeper.start()
        _tell(answer, READY)
        keeper.keep()
    except EmbeddedServersError as refusal:
        log.error("%s", refusal)  # noqa: TRY400 - a refusal is for people, not a trace
        _tell(answer, str(refusal))
    except Exception as failure:
        log.exception("the keeper failed")
        _tell(answer, f"{type(failure).__name__}: {failure}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        keeper.stop()


def _move_output_to_log() -> int:
    """Keep the starter's pipe as a descriptor of our own; print to the log from now on."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    answer = fcntl.fcntl(sys.stdout.fileno(), fcntl.F_DUPFD_CLOEXEC, 3)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answer


def _tell(answer: int, text: str) -> None:
    try:
        os.write(answer, text.encode())
        os.close(answer)
    except OSError:
        pass  # the starter has gone, or has heard already


def _end(signum: int, _: FrameType | None) -> None:
    log.info("%s received", signal.Signals(signum).name)
    raise SystemExit


if __name__ == "__main__":
    main()
