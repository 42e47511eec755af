"""What a whole exchange takes of the memory after `make up`, while nobody uses it."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from exchange import embedded
from exchange.bench.processes import Processes, free_port, python
from exchange.bench.rows import Goal, Row, measured, unmeasured
from exchange.embedded import var_dir

STAGE, GOAL = "memory of the running system, idle", Goal(700, at_most=True)
TRADERS = "demo traders"
_LINE = re.compile(r"^(.+?) +([0-9.]+) MB$", re.MULTILINE)


def memory_row(*, idle_seconds: float) -> Row:
    """PSS of all processes of a fresh exchange; the demo's traders are told apart."""
    if len(embedded.wanted()) < 2:
        why = "the servers are elsewhere, and not ours to fill with a demo"
        return unmeasured(STAGE, "MB", why=why, goal=GOAL)
    with _exchange_up() as processes:
        time.sleep(idle_seconds)
        parts = taken(processes.run(python("-m", "exchange.bench.memory")))
    traders = parts.pop(TRADERS, 0.0)
    told = ", ".join(f"{name} {size:.0f}" for name, size in parts.items())
    note = f"{told}; the demo's traders {traders:.0f} more"
    return measured(STAGE, [sum(parts.values())], "MB", goal=GOAL, note=note)


def taken(printed: str) -> dict[str, float]:
    """Megabytes by the kind of process, out of what exchange.bench.memory prints."""
    parts = {name: float(size) for name, size in _LINE.findall(printed)}
    return {name: size for name, size in parts.items() if name != "all of it"}


@contextmanager
def _exchange_up() -> Iterator[Processes]:
    """`make up` in a directory of its own, which is deleted in the end."""
    directory = var_dir() / "resident"
    shutil.rmtree(directory, ignore_errors=True)
    processes, port = Processes({"FAIRBOOK_VAR": str(directory)}), free_port()
    try:
        processes.start("up", python("-m", "exchange.up", "--port", str(port)))
        processes.wait_for_port("up", port)
        yield processes
    finally:
        processes.stop_all()
        processes.run(python("-m", "exchange.embedded", "wipe"))
        shutil.rmtree(directory, ignore_errors=True)
