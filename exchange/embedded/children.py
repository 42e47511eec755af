"""Servers as children of the keeper, which end when it ends, even at kill -9."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

from exchange.embedded.places import ServerUser

LARGEST_LOG = 16 * 1024 * 1024  # bytes, then it starts anew and the last one is kept
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


class Identity(TypedDict, total=False):
    """Arguments of subprocess that give a program another user, and no other group."""

    user: int
    group: int
    extra_groups: list[int]


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    end_signal: signal.Signals,
    run_as: ServerUser | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to `log`, and that gets `end_signal` when we die."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_clean_environment(),
            preexec_fn=_end_with(os.getpid(), end_signal),
            **_identity(run_as),
        )


def run(
    command: Sequence[str | Path], *, run_as: ServerUser | None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, and keep what it prints."""
    return subprocess.run(  # noqa: S603
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        env=_clean_environment(),
        **_identity(run_as),
    )


def stop(
    process: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]
) -> None:
    """Ask a child to end with each signal in turn, and give it those seconds to obey."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        wait_until(lambda: process.poll() is not None, seconds)
    process.kill()
    process.wait()


def roll(log: Path) -> None:
    """Put a log that has grown large aside."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.rename(log.with_suffix(".log.1"))


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Look again and again for at most that long; whether it came to be so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _end_with(parent: int, end_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # the next keeper ends what it finds

    def ask_the_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(end_signal))
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)

    return ask_the_kernel


def _clean_environment() -> dict[str, str]:
    """The little that a server needs: PGDATA, PGPORT and the like must not steer it."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _identity(user: ServerUser | None) -> Identity:
    if user is None:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}
