"""`make up`: the whole exchange on this machine, until Ctrl-C.

Prepares the database and the demo, then runs the Procfile's processes with honcho. Stays
their parent: when it ends, in whatever way, they end (exchange/supervised.py).
"""

import argparse
import os
import socket
import subprocess
import sys
import threading
import time

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message, Printer

from exchange import embedded, supervised
from exchange.embedded.children import wait_until
from exchange.embedded.locks import FileLock
from exchange.embedded.places import places
from exchange.env import PROJECT  # and .env, which may name servers

HOST = "127.0.0.1"
STOP_SECONDS = 5.0
# What a run that was killed leaves behind ends by itself, as soon as it notices.
PORT_SECONDS = 2.0
LAST_RUN_SECONDS = STOP_SECONDS + 5.0
STOPPED = {0, 130, 143}  # what honcho answers after SIGINT and SIGTERM


class Refusal(Exception):
    """The exchange cannot start; the message says why and what to do about it."""


class Announcer(Printer):  # type: ignore[misc]
    """Prints what the processes say, and the banner once the web server answers."""

    def __init__(self, banner: str) -> None:
        super().__init__(sys.stdout)
        self._banner = banner

    def write(self, message: Message) -> None:
        """Print one message of honcho's."""
        super().write(message)
        if self._banner and message.name == "web" and b"Uvicorn running on" in message.data:
            self.output.write(f"\n{self._banner}\n\n")
            self.output.flush()
            self._banner = ""


class Processes(Manager):  # type: ignore[misc]
    """Honcho's manager, with limited patience for a process that does not end."""

    def terminate(self) -> None:
        """Ask all processes to end, and kill those that still run 5 s later."""
        patience = threading.Timer(STOP_SECONDS, self.kill)
        patience.daemon = True
        patience.start()
        super().terminate()


def main() -> int:
    """Run until Ctrl-C (0); 1 on a refusal, else the code of the process that failed."""
    supervised.follow_if_asked()  # make may be killed too
    parser = argparse.ArgumentParser(prog="exchange.up", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port: int = parser.parse_args().port
    try:
        return _run(port)
    except (Refusal, embedded.EmbeddedServersError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        embedded.stop_unused()


def _run(port: int) -> int:
    lock = _only_one()
    _refuse_taken(port)
    if wanted := embedded.wanted():
        _say(f"Starting {' and '.join(wanted)} in {places().var} …")
        embedded.hold()
    environment = os.environ | {
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        # Celery warns of root at length. Here root has nothing that the clone has not.
        "PYTHONWARNINGS": "ignore::UserWarning:celery.platforms",
        supervised.VARIABLE: str(os.getpid()),
    }
    _say("Bringing the database up to date …")
    _manage("migrate", "--verbosity", "0", environment=environment)
    _say("Preparing the demo: markets, users, traders …")
    banner = _manage("demo", environment=environment)
    processes = Processes(Announcer(banner))
    procfile = parse_procfile((PROJECT / "Procfile").read_text())
    for name, command in procfile.processes.items():
        processes.add_process(name, command, env=environment, cwd=str(PROJECT))
    processes.loop()
    lock.close()
    code: int = processes.returncode
    return 0 if code in STOPPED else code


def _only_one() -> FileLock:
    where = places()
    where.make_var()
    lock = FileLock(where.up_lock)
    deadline = time.monotonic() + LAST_RUN_SECONDS
    while not lock.take():
        runner = int(where.up_lock.read_text() or 0)
        if supervised.lives(runner) or time.monotonic() > deadline:
            raise Refusal(
                f"The exchange already runs from this clone (process {runner}). "
                f"`make stop` ends it."
            )
        time.sleep(0.1)
    where.up_lock.write_text(f"{os.getpid()}\n")
    return lock


def _refuse_taken(port: int) -> None:
    if not 0 < port < 65536:
        raise Refusal(f"PORT={port} is no port number.")
    if not wait_until(lambda: _is_free(port), PORT_SECONDS):
        another = port + 1 if port < 65535 else 8000
        raise Refusal(f"Port {port} is taken. Choose another one: make up PORT={another}")


def _is_free(port: int) -> bool:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except PermissionError:
            raise Refusal(f"Only root may use port {port}: make up PORT=8000") from None
        except OSError:
            return False
    return True


def _manage(*arguments: str, environment: dict[str, str]) -> str:
    """Run a management command, away from our terminal's Ctrl-C; what it prints."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise Refusal(f"{output.decode()}`manage.py {arguments[0]}` failed; see above.")
    return output.decode().strip()


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
