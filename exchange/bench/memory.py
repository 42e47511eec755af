"""`python -m exchange.bench.memory`: what the running exchange takes of the memory.

The measure is PSS: a page that several processes share counts once, in parts. So the sum
over all processes is what would be free without them, PostgreSQL's buffers included.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exchange.embedded.locks import is_held
from exchange.embedded.places import Places, places

_MB: Final = 1024 * 1024
#: What a process is, by a word of its command line; the first that fits.
_NAMES: Final = {
    "uvicorn": "web",
    "matching.0": "matching engine",
    "--beat": "general worker and beat",
    "demo_traders": "demo traders",
    "exchange.embedded.keeper": "keeper of the servers",
    "exchange.up": "make up",
    "postgres": "PostgreSQL",
    "redis-server": "Redis",
}


def memory_by_name(where: Places | None = None) -> Counter[str]:
    """The PSS in bytes of what runs from this clone, by what it is; empty if nothing runs.

    Needs the right to look at PostgreSQL's processes: be root or who started them.
    """
    where = where or places()
    taken: Counter[str] = Counter()
    for lock in (where.up_lock, where.keeper_lock):
        if is_held(lock):
            taken += memory_below(int(lock.read_text()))
    return taken


def memory_below(root: int) -> Counter[str]:
    """The PSS in bytes of a process and its descendants, by what they are."""
    children = _children()
    taken: Counter[str] = Counter()
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        taken[_name_of(pid)] += pss(pid)
    return +taken  # without those that have ended meanwhile


def pss(pid: int) -> int:
    """What one process takes, in bytes; 0 when it has ended."""
    for line in _lines(pid, "smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def table(taken: Counter[str]) -> Iterator[str]:
    """One line for each name, the largest first, and their sum; in MB."""
    for name, size in taken.most_common():
        yield f"{name:<24}{size / _MB:>8.1f} MB"
    yield f"{'all of it':<24}{taken.total() / _MB:>8.1f} MB"


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for directory in Path("/proc").glob("[0-9]*"):
        pid = int(directory.name)
        for line in _lines(pid, "status"):
            if line.startswith("PPid:"):
                children.setdefault(int(line.split()[1]), []).append(pid)
    return children


def _name_of(pid: int) -> str:
    command = " ".join(_lines(pid, "cmdline"))
    return next((name for word, name in _NAMES.items() if word in command), "others")


def _lines(pid: int, file: str) -> list[str]:
    """The lines of a file about a process, or its words; none when it has ended."""
    try:
        text = Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.replace("\0", "\n").splitlines()


def main() -> int:
    """Print the table, again every so many seconds if asked; 1 when nothing runs."""
    parser = argparse.ArgumentParser(prog="exchange.bench.memory", description=__doc__)
    parser.add_argument("--every", type=float, metavar="SECONDS", help="until Ctrl-C")
    every = parser.parse_args().every
    while taken := memory_by_name():
        sys.stdout.write("\n".join(table(taken)) + "\n")
        sys.stdout.flush()
        if not every:
            return 0
        time.sleep(every)
        sys.stdout.write("\n")
    sys.stderr.write("The exchange does not run from this clone: make up\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
