"""The house as files: which apps there are, on which floor, and what is in them."""

import ast
import configparser
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Not ours, or made by a program.
ELSEWHERE = {
    ".git", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".venv", "__pycache__", "node_modules", "schemathesis-report",
    "staticfiles", "var", "vendor",
}  # fmt: skip
#: The apps through which money passes.
MONEY_APPS = (
    "kernel", "ledger", "orders", "matching", "deposits", "withdrawals", "marketdata",
    "bookkeeping", "reports", "proofs",
)  # fmt: skip


@cache
def files(suffix: str) -> tuple[Path, ...]:
    """Every file of ours whose name ends so, relative to the root."""
    return tuple(
        path.relative_to(ROOT)
        for path in sorted(ROOT.rglob(f"*{suffix}"))
        if path.is_file() and not ELSEWHERE & set(path.relative_to(ROOT).parts)
    )


def code(*, tests: bool = False, migrations: bool = False) -> Iterator[Path]:
    """Our Python files; tests and migrations only on request."""
    for path in files(".py"):
        is_test = "tests" in path.parts or path.name == "conftest.py"
        if (tests or not is_test) and (migrations or "migrations" not in path.parts):
            yield path


def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


@cache
def import_contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


@cache
def floors() -> dict[str, int]:
    """App -> its floor, counted from the ground; apps on one floor share a number."""
    lines = import_contracts()["importlinter:contract:floors"]["layers"].split("\n")
    stories = [line.split("|") for line in lines if line.strip()]
    return {
        app.strip(): number for number, apps in enumerate(reversed(stories)) for app in apps
    }


def packages() -> set[str]:
    """Every folder at the top that can be imported, but for the tests."""
    return {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}


def expect_tidy(complaints: Iterable[str]) -> None:
    """Fail with one line for each complaint."""
    found = list(complaints)
    assert not found, "\n" + "\n".join(found)
