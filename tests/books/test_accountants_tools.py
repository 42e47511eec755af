"""hledger, ledger and beancount read our exports of a year, and agree to the last atom.

Each reads the whole year as it is. Alterations are tried on a week of it, which begins with
opening balances; and one on the whole year, for which only ledger is quick enough to do so
each time.
"""

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from kernel.decimals import format_decimal
from ledger.models import DEBIT_KINDS, AccountKind
from reports.formats import DIALECTS
from reports.formats.chart import NAME
from tests.attempts import run
from tests.books.facts import ASSETS
from tests.books.tools import TOOLS, Balances, Hledger, Tool
from tests.books.writing import Written

WEEK = ("--from", "2025-06-02", "--to", "2025-06-08")
each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


@pytest.fixture(scope="module")
def journals(written: Written, tmp_path_factory) -> dict[tuple[str, str], Path]:
    """The year and the week, in each dialect, as `manage.py report` writes them."""
    folder = tmp_path_factory.mktemp("journals")
    files = {}
    for dialect in DIALECTS:
        for span, period in {"year": (), "week": WEEK}.items():
            files[span, dialect] = file = folder / f"{span}.{dialect}"
            call_command(
                "report", "journal", *period, "--format", dialect, "-o", file,
                stdout=io.StringIO(),
            )  # fmt: skip
    return files


@pytest.fixture(scope="module")
def work(journals) -> Iterator[dict[str, Future]]:
    """The whole year is much to read: two tools at a time, and each file once."""
    with ThreadPoolExecutor(2) as pool:
        begun = {}
        for tool in reversed(TOOLS):
            begun[tool.name] = pool.submit(
                lambda tool=tool: _checked_and_read(tool, journals["year", tool.dialect])
            )
        yield begun


def _checked_and_read(tool: Tool, journal: Path):
    verdict = tool.check(journal)
    return verdict, tool.balances(journal) if verdict.returncode == 0 else {}


# The year -------------------------------------------------------------------------------


@each_tool
def test_the_year_passes(work, tool):
    verdict, _ = work[tool.name].result()

    assert (verdict.returncode, verdict.stderr[-2000:]) == (0, "")


@each_tool
def test_the_balances_of_the_year_are_ours_to_the_last_atom(work, written, tool):
    _, told = work[tool.name].result()

    assert told == ours(tool)


@pytest.mark.parametrize(
    "tool",
    [
        tool if tool.name == "ledger" else pytest.param(tool, marks=pytest.mark.slow)
        for tool in TOOLS
    ],
    ids=lambda tool: tool.name,
)
def test_one_altered_atom_in_the_year_is_found(journals, work, tool):
    work[tool.name].result()

    verdict = tool.check(
        altered(journals["year", tool.dialect], an_atom_in_the_middle, tool)
    )

    assert verdict.returncode != 0
    assert verdict.stderr


def ours(tool: Tool) -> Balances:
    """By the names of the accounts; beancount's commodities begin with a letter."""
    codes = {code: code for code in ASSETS}
    if tool.dialect == "beancount":
        codes |= {"1INCH": "X1INCH", "X1INCH": "XX1INCH", "42": "X42"}
    rows = run(
        f"SELECT {NAME}, asset.code, account.kind, account.balance FROM ledger_account "
        "account JOIN ledger_asset asset ON asset.id = account.asset_id"
    )
    assert len({(name, code) for name, code, *_ in rows}) == len(rows), "a name is shared"
    return {
        (name, codes[code]): Decimal(
            format_decimal(balance if kind in DEBIT_KINDS else -balance, scale=ASSETS[code])
        )
        for name, code, kind, balance in rows
        if balance
    }


def test_what_a_tool_says_was_earned_in_a_week_was_earned_in_it(journals, year):
    """Not what had been earned before, which stands in the opening balances."""
    since, until = datetime(2025, 6, 2, tzinfo=UTC), datetime(2025, 6, 9, tzinfo=UTC)
    names = {
        AccountKind.FEES: "Income:Fees:",
        AccountKind.ROUNDING: "Income:Rounding",
        AccountKind.NETWORK_FEES: "Expenses:NetworkFees",
    }
    earned: Balances = defaultdict(Decimal)
    for it in year.moves:
        if since <= it.at < until:
            for key, sign in ((it.debit, 1), (it.credit, -1)):
                if key.kind in names:
                    amount = Decimal(it.amount).scaleb(-ASSETS[key.asset])
                    earned[names[key.kind] + key.label, key.asset] += sign * amount

    told = Hledger().balances(
        journals["week", "hledger"], "-b", "2025-06-02", "Income", "Expenses"
    )

    assert told == {place: amount for place, amount in earned.items() if amount}


# Altered --------------------------------------------------------------------------------

POSTING = re.compile(r"^ +([A-Z][\w:-]+)  (-?[0-9.]+) (\S+)", re.MULTILINE)
CLOSING = re.compile(r"(?:= |balance [\w:-]+  )(-?[0-9]+\.[0-9]*[1-9][0-9]*)\b")


def an_atom_more(number: str) -> str:
    whole, dot, part = number.partition(".")
    digits = str(abs(int(whole + part)) + 1).rjust(len(part) + 1, "0")
    sign = "-" if number.startswith("-") else ""
    return f"{sign}{digits[: -len(part)]}.{digits[-len(part) :]}" if dot else sign + digits


def raised(text: str, found: re.Match[str], group: int) -> str:
    """The text with an atom more in one of its amounts."""
    start, end = found.span(group)
    return text[:start] + an_atom_more(found[group]) + text[end:]


def an_atom_in_the_middle(text: str) -> str:
    """One leg of a transfer in the middle of the file."""
    return raised(text, POSTING.search(text, text.rindex("\n\n", 0, len(text) // 2)), 2)


def an_atom_in_both_legs(text: str) -> str:
    """The transaction still balances: only the closing balances tell."""
    first = POSTING.search(text, text.rindex("\n\n", 0, len(text) // 2))
    text = raised(text, first, 2)
    return raised(text, POSTING.search(text, first.end() + 1), 2)


def a_closing_balance(text: str) -> str:
    return raised(text, [*CLOSING.finditer(text)][-1], 1)


def an_opening_balance(text: str) -> str:
    return raised(text, POSTING.search(text, text.index("Opening balances")), 2)


def a_transaction_less(text: str) -> str:
    start = text.rindex("\n\n", 0, len(text) // 2)
    return text[:start] + text[text.index("\n\n", start + 2) :]


def a_transaction_twice(text: str) -> str:
    start = text.rindex("\n\n", 0, len(text) // 2)
    end = text.index("\n\n", start + 2)
    return text[:end] + text[start:end] + text[end:]


def altered(journal: Path, how: Callable[[str], str], tool: Tool) -> Path:
    """A copy of a journal with something altered."""
    text = journal.read_text(encoding="utf-8")
    other = how(text)
    assert other != text
    copy = journal.with_name(f"{tool.name}-{how.__name__}-{journal.name}")
    copy.write_text(other, encoding="utf-8")
    return copy


@each_tool
def test_a_week_passes(journals, tool):
    verdict = tool.check(journals["week", tool.dialect])

    assert (verdict.returncode, verdict.stderr[-2000:]) == (0, "")


@each_tool
@pytest.mark.parametrize(
    "how",
    [
        an_atom_in_the_middle,
        an_atom_in_both_legs,
        a_closing_balance,
        an_opening_balance,
        a_transaction_less,
        a_transaction_twice,
    ],
    ids=lambda how: how.__name__,
)
def test_whatever_is_altered_in_a_week_is_found(journals, tool, how):
    verdict = tool.check(altered(journals["week", tool.dialect], how, tool))

    assert verdict.returncode != 0
    assert verdict.stderr


def test_the_manifest_beside_a_journal_shows_whether_it_was_altered(journals, tmp_path):
    made = journals["week", "hledger"]
    file, manifest = (tmp_path / f"week{end}" for end in ("", ".manifest.json"))
    file.write_bytes(made.read_bytes())
    manifest.write_bytes(made.with_name(f"{made.name}.manifest.json").read_bytes())

    call_command("report", verify=manifest, stdout=io.StringIO())
    file.write_text(an_atom_in_both_legs(file.read_text("utf-8")), encoding="utf-8")

    with pytest.raises(SystemExit):
        call_command("report", verify=manifest, stdout=io.StringIO(), stderr=io.StringIO())
