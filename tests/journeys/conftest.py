"""A whole exchange with its demo, as `make up` starts it, for journeys that need one."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.embedded.clones import PROJECT, eventually


class Running:
    """An exchange at `url`; its demo traders can be kept quiet for a while."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    @contextmanager
    def quiet(self) -> Iterator[None]:
        traders = int(re.search(r"traders started \(pid=(\d+)\)", self._log.read_text())[1])
        os.kill(traders, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(traders, signal.SIGCONT)


@pytest.fixture(scope="session")
def running_exchange() -> Iterator[Running]:
    """An exchange with servers and data of its own; ended by Ctrl-C."""
    directory = Path(tempfile.mkdtemp(prefix="fb-", dir="/tmp"))
    directory.chmod(0o755)
    given = {"DATABASE_URL", "REDIS_URL"}
    environment = {k: v for k, v in os.environ.items() if k not in given}
    environment["FAIRBOOK_VAR"] = str(directory / "var")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (directory / "log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "exchange.up", "--port", str(port)],
        cwd=PROJECT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        answers = eventually(lambda: _answers(url) or process.poll() is not None, 120)
        assert answers, (directory / "log").read_text()
        assert process.poll() is None, (directory / "log").read_text()
        yield Running(url, directory / "log")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=20)
        log.close()
        wipe = [sys.executable, "-m", "exchange.embedded", "wipe"]
        assert eventually(
            lambda: subprocess.run(wipe, env=environment, cwd=PROJECT).returncode == 0
        )
        shutil.rmtree(directory, ignore_errors=True)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/api/v1/markets", timeout=10).close()
    except (urllib.error.URLError, OSError):
        return False
    return True
