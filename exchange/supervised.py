"""End with the process that started us: `make up`, killed outright, leaves nobody behind.

`make up` names itself in FAIRBOOK_SUPERVISOR_PID; each entry point calls
`follow_if_asked`. Elsewhere (tests, production) the variable is unset and nothing happens.
"""

import os
import select
import signal
import threading
import time

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
    follow(int(pid))
    # A forked child (Celery's beat) has none of our threads: it follows us in its turn.
    os.register_at_fork(after_in_child=lambda: follow(os.getppid()))


def follow(pid: int) -> None:
    """End this process when process `pid` has gone: SIGTERM, then SIGKILL after 5 s."""
    threading.Thread(target=_follow, args=(pid,), name=f"follow-{pid}", daemon=True).start()


def lives(pid: int) -> bool:
    """Whether a process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _follow(pid: int) -> None:
    _wait_for_end(pid)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # with what we started
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_end(pid: int) -> None:
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
