"""Locks that cannot outlive their process: the kernel frees an flock even at kill -9."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An flock on `path`, shared by many or held by one."""

    def __init__(self, path: Path) -> None:
        # Not inherited by programs that we start (PEP 446), so they cannot keep it.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def share(self) -> bool:
        """Take the lock beside others; False when somebody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def take(self) -> bool:
        """Take the lock alone; False when anybody has it."""
        return self._try(fcntl.LOCK_EX)

    def wait(self) -> None:
        """Take the lock alone, however long that takes."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def release(self) -> None:
        """Give the lock back, and keep the file open."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the lock back for good."""
        os.close(self._descriptor)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock on `path` alone."""
    if not path.exists():
        return False
    probe = FileLock(path)
    try:
        return not probe.share()
    finally:
        probe.close()


def is_used(path: Path) -> bool:
    """Whether a living process has the lock on `path`, alone or shared."""
    if not path.exists():
        return False
    probe = FileLock(path)
    try:
        return not probe.take()
    finally:
        probe.close()
