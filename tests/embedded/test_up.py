"""`make up`: refusals that help, and an end that leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exchange.embedded.locks import is_held
from tests.embedded.clones import PROJECT, eventually

Up = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        number: int = server.getsockname()[1]
        return number


@pytest.fixture
def up(open_directory: Path) -> Iterator[Up]:
    """Starts `make up` with a var directory of its own, and ends what is left of it."""
    given = {"DATABASE_URL", "REDIS_URL"}
    environment = {k: v for k, v in os.environ.items() if k not in given}
    environment["FAIRBOOK_VAR"] = str(open_directory / "var")
    started: list[subprocess.Popen[str]] = []

    def start(port: int, *, by_make: bool = False) -> subprocess.Popen[str]:
        itself = [sys.executable, "-m", "exchange.up", "--port", str(port)]
        process = subprocess.Popen(
            ["make", "up", f"PORT={port}"] if by_make else itself,
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    wipe = [sys.executable, "-m", "exchange.embedded", "wipe"]
    assert eventually(
        lambda: subprocess.run(wipe, env=environment, cwd=PROJECT).returncode == 0
    )


def test_a_taken_port_is_refused_and_another_one_named(up: Up) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        process = up(taken)
        said, _ = process.communicate(timeout=20)
    assert said.strip().endswith(f"make up PORT={taken + 1}")
    assert "Traceback" not in said
    assert process.returncode == 1


@pytest.mark.slow
def test_ctrl_c_ends_everything_within_seconds_and_the_data_is_kept(
    up: Up, port: int, open_directory: Path
) -> None:
    for _ in range(2):
        process = up(port)
        _wait_for(process, port)
        pressed = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        said, _ = process.communicate(timeout=20)
        assert time.monotonic() - pressed < 8
        assert process.returncode == 0, said
        assert "Traceback" not in said, said
        assert f"http://127.0.0.1:{port}" in said
        assert not is_held(open_directory / "var" / "keeper.lock")


@pytest.mark.slow
def test_a_killed_run_frees_the_port_and_the_next_one_starts(
    up: Up, port: int, open_directory: Path
) -> None:
    process = up(port)
    _wait_for(process, port)
    process.kill()
    process.communicate(timeout=30)
    again = up(port)
    _wait_for(again, port)
    again.kill()
    assert eventually(lambda: not _answers(port))
    assert eventually(lambda: not is_held(open_directory / "var" / "keeper.lock"))


@pytest.mark.slow
def test_killing_make_itself_ends_everything(
    up: Up, port: int, open_directory: Path
) -> None:
    process = up(port, by_make=True)
    _wait_for(process, port)
    process.kill()
    assert eventually(lambda: not _answers(port))
    assert eventually(lambda: not is_held(open_directory / "var" / "keeper.lock"))


@pytest.mark.slow
def test_a_second_run_in_the_same_clone_is_refused(up: Up, port: int) -> None:
    first = up(port)
    _wait_for(first, port)
    said, _ = up(port + 1).communicate(timeout=20)
    assert f"already runs from this clone (process {first.pid})" in said
    assert _answers(port)


def _wait_for(process: subprocess.Popen[str], port: int) -> None:
    eventually(lambda: _answers(port) or process.poll() is not None, 120)
    assert process.poll() is None, process.communicate()[0]
    assert _answers(port)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/schema", timeout=10).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
