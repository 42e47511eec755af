"""Order books that install from PyPI, on the same stream in the same run.

Each is installed into a virtual environment of its own, under the directory for what this
clone keeps, once. One that cannot be installed, or does not come through, is said to be so.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchange.bench import adapters, flows
from exchange.bench.engine import BATCH, RULES, Flow, commands_of, new_engine, quiet
from matching.book import BUY, Book, new_order
from orders.commands import Cancel, Place

#: Pinned: figures of another version are another figure.
PINS: Final = {
    "lightmatchingengine": "2019.1.4",
    "pyorderbook": "0.4.9",
    "fastlob": "0.0.24",
    "akhil4n-orderbook": "0.1.1",
    "manticore-orderbook": "1.0.1",
    "cython-orderbook": "0.1.2",
    "obook": "0.1.0",
}
#: What they are made of, where it is not Python.
COMPILED: Final = {"cython-orderbook": "Cython", "obook": "a shared library"}
INSTALL_SECONDS, REPLAY_SECONDS = 120, 120


@dataclass(frozen=True, slots=True)
class Peer:
    """What one book made of the stream.

    values  nanoseconds per step, one for each run
    traded  lots
    missing  why there are no figures; empty otherwise
    """

    name: str
    values: list[float]
    traded: int = 0
    missing: str = ""

    @property
    def nanoseconds(self) -> float:
        return statistics.median(self.values)


class Unavailable(Exception):
    """A package cannot be installed, or did not come through the stream."""


def measure_all(
    *,
    directory: Path,
    steps: list[flows.Step],
    runs: int,
    say: Callable[[str], None],
    pins: Mapping[str, str] = PINS,
) -> list[Peer]:
    """Fairbook's engine and its bare book first, then each package of `pins`."""
    directory.mkdir(parents=True, exist_ok=True)
    stream = directory / "stream.json"
    stream.write_text(json.dumps(steps))
    flow = commands_of(steps)
    peers = [
        _median_of("Fairbook's engine, without money", runs, lambda: run_engine(flow)),
        _median_of("Fairbook's book alone", runs, lambda: run_book(flow)),
    ]
    for name, version in pins.items():
        kind = COMPILED.get(name, "Python")
        title = f"{name} {version} ({kind})"
        try:
            python = installed(directory, name, version)
            peers.append(_median_of(title, runs, lambda: replay(python, name, stream)))  # noqa: B023  called at once
        except Unavailable as reason:
            peers.append(Peer(title, [], missing=str(reason)))
        say(f"peers: {name} done")
    return peers


def _median_of(name: str, runs: int, once: Callable[[], tuple[float, int]]) -> Peer:
    results = [once() for _ in range(runs)]
    return Peer(name, [nanoseconds for nanoseconds, _ in results], results[0][1])


# Fairbook -------------------------------------------------------------------------------


def run_engine(flow: Flow) -> tuple[float, int]:
    """Nanoseconds per command, and the lots that were traded."""
    engine, traded = new_engine(), 0
    batches = [flow[start : start + BATCH] for start in range(0, len(flow), BATCH)]
    spent = 0.0
    with quiet():
        for batch in batches:
            started = time.process_time()
            outcomes = engine.run(batch, {}, {})
            spent += time.process_time() - started
            traded += sum(lots for _, _, lots, *_ in outcomes[RULES.id].trades)
    return 1e9 * spent / len(flow), traded


def run_book(flow: Flow) -> tuple[float, int]:
    """The same of matching/book.py alone: what most of these packages are."""
    book, traded = Book(), 0
    with quiet():
        started = time.process_time()
        for command, created in flow:
            if isinstance(command, Place):
                order = new_order(command, created)
                half = book.asks if order.side == BUY else book.bids
                fills = book.take(half, order.price * half.sign, order.remaining, 0)
                for _, lots in fills:
                    order.remaining -= lots
                    traded += lots
                if order.remaining:
                    book.rest(order)
            elif isinstance(command, Cancel):
                order_or_none = book.live.get(command.user, {}).get(command.order)
                if order_or_none is not None:
                    book.remove(order_or_none)
        spent = time.process_time() - started
    return 1e9 * spent / len(flow), traded


# The others -----------------------------------------------------------------------------


def installed(directory: Path, name: str, version: str) -> Path:
    """The Python of the virtual environment of a package, made if it is missing.

    raises  Unavailable
    """
    home = directory / f"{name}-{version}"
    python, stamp = home / "bin" / "python", home / "installed"
    if not stamp.exists():
        run_to_end(
            [sys.executable, "-m", "venv", "--clear", str(home)], seconds=INSTALL_SECONDS
        )
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        run_to_end([*pip, "install", f"{name}=={version}"], seconds=INSTALL_SECONDS)
        stamp.touch()
    return python


def replay(python: Path, name: str, stream: Path) -> tuple[float, int]:
    """Nanoseconds per step and lots traded of one package.

    raises  Unavailable
    """
    script = str(Path(adapters.__file__).resolve())
    # Not from the adapter's own directory: its neighbours are not the package's modules.
    command = [str(python), "-P", script]
    told = run_to_end([*command, name, str(stream)], seconds=REPLAY_SECONDS)
    answer: Any = json.loads(told)
    return float(answer["nanoseconds"]), int(answer["traded"])


def run_to_end(command: Sequence[str], *, seconds: int) -> str:
    """What a program prints.

    raises  Unavailable
    """
    try:
        done = subprocess.run(  # noqa: S603  our own words
            command, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as slow:
        raise Unavailable(f"did not end within {seconds} s") from slow
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise Unavailable(told[-1] if told else f"ended with {done.returncode}")
    return done.stdout
