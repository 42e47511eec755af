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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exchange.demo.cast import TRADER_PASSWORD
from tests.embedded.clones import PROJECT, eventually

_STAFF_SETS = """
from kernel import clock
from orders.commands import MarketState
from orders.selectors import market_by_symbol
from orders.services import configure_market
configure_market(
    market_id=market_by_symbol("BTC-USDT").pk,
    user_id=None,
    settings={"state": MarketState.%s},
    reason="a journey",
    now=clock.now(),
)
"""


class Running:
    """An exchange at `url`; its demo traders can be kept quiet for a while."""

    def __init__(self, url: str, log: Path, environment: dict[str, str]) -> None:
        self.url = url
        self._log = log
        self._environment = environment

    def staff_sets(self, state: str) -> None:
        """Ask for another state of BTC-USDT, a word of MarketState."""
        self.run(_STAFF_SETS % state)

    def run(self, code: str) -> None:
        """Run some Python beside the exchange, on its database."""
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", code],
            cwd=PROJECT,
            env=self._environment,
            check=True,
        )

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
        yield Running(url, directory / "log", environment)
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    from tests.journeys.pages import CHROMIUM, sync_api  # skips where there is none

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, running_exchange) -> Iterator[Callable[..., object]]:
    """Opens a browser of its own for each person, logged in if the demo knows them.

    A page that breaks the content policy or throws fails the test.
    """
    contexts, broken = [], []

    def open_page(name: str | None = None, address: str = "/trade/BTC-USDT") -> object:
        contexts.append(chromium.new_context(base_url=running_exchange.url))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda said: _note(broken, said))
        if name:
            page.goto(f"/login?next={address}")
            page.get_by_label("E-mail address").fill(f"{name}@fairbook.test")
            page.get_by_label("Password").fill(TRADER_PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Log in").click()
        else:
            page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert broken == []


def _note(broken: list[str], said) -> None:
    """Refusals of the API appear in the console as well; those are not the page's fault."""
    if said.type == "error" and "the server responded with" not in said.text:
        broken.append(said.text)
