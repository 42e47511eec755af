"""Serves the textbook's twin as fast as it goes: granian, WSGI, kept connections."""

from pathlib import Path
from typing import Final

from django.db import connection

from exchange.bench.peers import INSTALL_SECONDS, run_to_end
from exchange.bench.processes import Processes, python
from exchange.bench.twin import TABLE
from exchange.embedded import var_dir

#: Of the servers and numbers of workers that were tried, the fastest for it on two cores.
GRANIAN: Final = "granian", "2.8.7"
WORKERS, THREADS = 2, 4
APPLICATION: Final = "django.core.wsgi:get_wsgi_application"
NAME: Final = "plain DRF + SimpleJWT + ORM"


def start_plain(processes: Processes, *, port: int) -> None:
    """Make its table and serve it.

    raises  Unavailable when granian cannot be installed, NotRunning
    """
    packages = _installed(var_dir() / "peers" / "-".join(GRANIAN))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (LIKE orders_command INCLUDING ALL)"
        )
    words = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws")
    size = ("--workers", str(WORKERS), "--blocking-threads", str(THREADS))
    processes.start(
        "plain",
        python("-m", "exchange.bench.twin", *words, *size, "--factory", APPLICATION),
        PYTHONPATH=str(packages),
        DATABASE_ROLE="owner",
        DATABASE_POOL="0",
        DJANGO_SETTINGS_MODULE="exchange.bench.twin.settings",
    )
    processes.wait_for_port("plain", port)


def _installed(directory: Path) -> Path:
    """raises  Unavailable"""
    stamp = directory / "installed"
    if not stamp.exists():
        pip = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install")
        package = "==".join(GRANIAN)
        run_to_end(
            python(*pip, "--target", str(directory), package), seconds=INSTALL_SECONDS
        )
        stamp.touch()
    return directory
