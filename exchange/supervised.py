"""End with the process that started us: `make up`, killed outright, leaves nobody behind.

`make up` names itself in FAIRBOOK_SUPERVISOR_PID; each entry point calls
`follow_if_asked`. Elsewhere (tests, production) the variable is unset and nothing happens.
"""

import os
import select
import signal
import threading
import time
from collections.abc import Callable

VARIABLE = "FAIRBOOK_SUPERVISOR_PID"
GRACE_SECONDS = 5.0
LOOK_SECONDS = 0.2

_following = False


def follow_if_asked() -> None:
    """Follow the process that the environment names, if any. A second call does nothing."""
    global _following
    pid = os.environ.get(VARIABLE)
    if pid is None or _following:
        return
    _following = True
    _end_after(_end_of, int(pid))
    # A forked child (Celery's beat) has none of our threads: it follows us in its turn.
    os.register_at_fork(after_in_child=lambda: _end_after(_end_of_parent, os.getppid()))


def lives(pid: int) -> bool:
    """Whether a process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_after(wait: Callable[[int], None], pid: int) -> None:
    """End this process once `wait(pid)` returns: SIGTERM, then SIGKILL 5 s later."""

    def follow() -> None:
        wait(pid)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)  # with what we started
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=follow, name=f"follow-{pid}", daemon=True).start()


def _end_of(pid: int) -> None:
    """Wait for any process to end; a zombie that nobody buries has ended too."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # not Linux, or an old kernel
        while lives(pid):
            time.sleep(LOOK_SECONDS)
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()
    os.close(descriptor)


def _end_of_parent(pid: int) -> None:
    """Wait for our parent to end. Needs no descriptor: beat closes all that it inherits."""
    while os.getppid() == pid:
        time.sleep(LOOK_SECONDS)
