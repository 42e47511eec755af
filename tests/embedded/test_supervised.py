"""A process that follows another one ends with it."""

import os
import subprocess
import sys
import time

import pytest

from exchange import supervised
from tests.embedded.clones import PROJECT, eventually, kill

FOLLOW = """
import os, signal, sys, time
from exchange import supervised
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
supervised.follow_if_asked()
if "fork" in sys.argv and os.fork():
    time.sleep(60)
if "fork" in sys.argv:
    os.closerange(3, 100)  # as Celery's beat does
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("manner", ["obedient", "fork"])
def test_it_ends_when_the_other_was_killed(manner: str) -> None:
    leader, follower, pid = _pair(manner)
    time.sleep(0.5)
    assert supervised.lives(pid)
    kill(leader)
    follower.communicate(timeout=3)
    assert eventually(lambda: not supervised.lives(pid), 3)


@pytest.mark.slow
def test_it_is_killed_when_it_does_not_listen() -> None:
    leader, follower, _ = _pair("stubborn")
    kill(leader)
    asked = time.monotonic()
    follower.communicate(timeout=10)
    assert time.monotonic() - asked > 4


def test_it_ends_when_the_other_had_gone_before() -> None:
    leader = subprocess.Popen(["true"])
    leader.wait()
    follower = _follower(leader.pid, "obedient")
    follower.communicate(timeout=5)


def test_nobody_follows_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(supervised.VARIABLE, raising=False)
    supervised.follow_if_asked()


def _pair(manner: str) -> tuple[subprocess.Popen[str], subprocess.Popen[str], int]:
    leader = subprocess.Popen(["sleep", "60"], text=True)
    follower = _follower(leader.pid, manner)
    return leader, follower, int(follower.stdout.readline())


def _follower(leader: int, manner: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FOLLOW, manner],
        cwd=PROJECT,
        env=os.environ | {supervised.VARIABLE: str(leader)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
