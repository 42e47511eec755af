"""Other people's tools: what an accountant has, and what we want to be believed by."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

BEANS = Path(__file__).with_name("beans.py")
#: (account, commodity) -> what stands there; a debit is more than zero.
Balances = dict[tuple[str, str], Decimal]
Verdict = subprocess.CompletedProcess[str]


def found(tool: str) -> str:
    """Where a Debian package's tool is.

    `.ci/run` installs them, so in CI (where CI is set) it is an error if one is not there.
    """
    where = shutil.which(tool)
    if where is None:
        lack = f"{tool} is not installed: apt-get install {tool}"
        pytest.fail(lack) if os.environ.get("CI") else pytest.skip(lack)
    return where


def run(*command: object, **environment: str) -> Verdict:
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False,
        env=os.environ | {"LC_ALL": "C.UTF-8"} | environment,
    )  # fmt: skip


class Tool:
    """dialect  of the journal that it reads"""

    name: str
    dialect: str

    def check(self, journal: Path) -> Verdict:
        """What it thinks of a journal; 0 if nothing is wrong."""
        raise NotImplementedError

    def balances(self, journal: Path) -> Balances:
        """What it makes of it, without what is zero."""
        raise NotImplementedError


class Hledger(Tool):
    name, dialect = "hledger", "hledger"

    def check(self, journal: Path) -> Verdict:
        return run(found("hledger"), "check", "--strict", "-f", journal)

    def balances(self, journal: Path, *query: str) -> Balances:
        """query  only what it asks for"""
        told = run(
            found("hledger"), "balance", "-f", journal, "--flat", "--no-total",
            "--layout=bare", "-O", "csv", *query,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        rows = csv.DictReader(io.StringIO(told.stdout))
        return balances((row["account"], row["commodity"], row["balance"]) for row in rows)


class Ledger(Tool):
    name, dialect = "ledger", "hledger"

    def check(self, journal: Path) -> Verdict:
        return run(found("ledger"), "--args-only", "-f", journal, "balance", "--flat")

    def balances(self, journal: Path) -> Balances:
        told = run(
            found("ledger"), "--args-only", "-f", journal, "balance", "--flat",
            "--no-total", "--balance-format", "@%(account)\n%(display_total)\n",
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        return balances(_of_ledger(told.stdout.splitlines()))


class Beancount(Tool):
    name, dialect = "beancount", "beancount"

    def check(self, journal: Path) -> Verdict:
        check = Path(sys.executable).with_name("bean-check")
        return run(check, "--cache-filename", f"{journal}.cache", journal)

    def balances(self, journal: Path) -> Balances:
        """It reads what `check` has kept, if there was much to read."""
        cache = {"BEANCOUNT_LOAD_CACHE_FILENAME": f"{journal}.cache"}
        told = run(sys.executable, BEANS, journal, **cache)
        assert told.returncode == 0, told.stderr
        rows: dict[str, str] = json.loads(told.stdout)
        return balances((*name.split("|"), amount) for name, amount in rows.items())


TOOLS: Sequence[Tool] = (Hledger(), Ledger(), Beancount())


def balances(rows) -> Balances:
    """Of (account, commodity, amount); commodities without the quotes of a journal."""
    told: Balances = {}
    for name, commodity, amount in rows:
        if Decimal(amount):
            key = name, commodity.strip('"')
            assert key not in told
            told[key] = Decimal(amount)
    return told


def _of_ledger(lines: Sequence[str]):
    """An account behind an @, then its amounts, each on a line."""
    account = ""
    for line in lines:
        if line.startswith("@"):
            account = line[1:]
        elif amount := re.fullmatch(r"\s*(-?[0-9.]+) (\S+)\s*", line):
            yield account, amount[2], amount[1]
        else:
            assert line.strip() in ("", "0"), line
