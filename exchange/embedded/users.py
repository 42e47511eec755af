"""A process's side: be counted as a user, and make sure that a keeper keeps the servers."""

import os
import select
import signal
import subprocess
import sys
import time

from exchange.embedded import children
from exchange.embedded.errors import EmbeddedServersError
from exchange.embedded.locks import FileLock, is_held
from exchange.embedded.places import PROJECT, Places, places

_held: FileLock | None = None
"""Kept for the life of the process; the kernel gives it back, also at kill -9."""


def wanted() -> list[str]:
    """The servers to embed: those for which the environment gives none."""
    urls = {"redis": "REDIS_URL", "postgres": "DATABASE_URL"}
    return [server for server, variable in urls.items() if not os.environ.get(variable)]


def hold(*, wait_seconds: float = 60) -> None:
    """Make sure that the wanted servers run, and use them until this process ends.

    Starts them if need be, which takes about a second. A second call does nothing.
    Raises EmbeddedServersError when they do not answer within `wait_seconds`.
    """
    global _held
    if _held is not None or not wanted():
        return
    where = places()
    deadline = time.monotonic() + wait_seconds
    users_lock = _open_lock(where)
    # A keeper that is about to end holds the lock alone: wait for its successor's turn.
    if not children.wait_until(users_lock.share, wait_seconds):
        raise EmbeddedServersError(f"The servers do not come to a stop; see {where.logs}.")
    while not _all_ready(where):
        if time.monotonic() > deadline:
            raise EmbeddedServersError(
                f"The embedded servers did not answer within {wait_seconds:g} s; "
                f"see {where.logs}. `make stop` ends those that run."
            )
        if is_held(where.keeper_lock):
            time.sleep(0.05)
        else:
            _start_keeper(where, deadline)
    _held = users_lock


def stop_unused(*, wait_seconds: float = 40) -> bool:
    """Stop the servers now, unless another process uses them; whether they are stopped.

    This process uses them no longer, whatever the answer.
    """
    global _held
    if _held is not None:
        _held.close()
        _held = None
    where = places()
    if not where.users_lock.exists():
        return True
    users_lock = FileLock(where.users_lock)
    try:
        # Taken alone, and kept until the keeper has gone: who comes meanwhile waits.
        if not children.wait_until(users_lock.take, 0.5):
            return False
        if is_held(where.keeper_lock):
            os.kill(int(where.keeper_lock.read_text()), signal.SIGTERM)
        return children.wait_until(lambda: not is_held(where.keeper_lock), wait_seconds)
    finally:
        users_lock.close()


def _open_lock(where: Places) -> FileLock:
    try:
        where.make_var()
        return FileLock(where.users_lock)
    except PermissionError as error:
        raise EmbeddedServersError(
            f"{error.filename} belongs to another user: run as that user, or set "
            f"FAIRBOOK_VAR to a directory of your own."
        ) from error


def _all_ready(where: Places) -> bool:
    return all(is_held(where.ready_lock(server)) for server in wanted())


def _start_keeper(where: Places, deadline: float) -> None:
    """Start a keeper and hear how it went. Raises EmbeddedServersError with its refusal."""
    log = where.logs / "keeper.log"
    children.roll(log)
    with log.open("ab") as output:
        keeper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "exchange.embedded.keeper", *wanted()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=PROJECT,
            start_new_session=True,  # Ctrl-C is for us, not for the keeper
        )
    with keeper:
        assert keeper.stdout is not None
        patience = max(deadline - time.monotonic(), 0)
        heard, _, _ = select.select([keeper.stdout], [], [], patience)
        answer = keeper.stdout.read().decode() if heard else ""
    if answer not in ("", "ready"):
        raise EmbeddedServersError(answer)
