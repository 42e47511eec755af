"""The journals, read by the tools that they are for."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from kernel.units import Atoms
from ledger.models import AccountKind, Entry
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from reports.formats import DIALECTS, Sink, write_journal
from reports.tests.stories import at, tell
from tests.stories import asset, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db
BEAN_CHECK = Path(__file__).parents[2] / ".venv" / "bin" / "bean-check"


def journal(dialect: str, **cut: object) -> str:
    out = io.BytesIO()
    write_journal(Sink(out), dialect=DIALECTS[dialect], **cut)  # type: ignore[arg-type]
    return out.getvalue().decode()


def judge(dialect: str, text: str, folder: Path) -> list[bool]:
    """Whether each tool that reads this dialect, and is here, agrees with the journal."""
    file = folder / f"books.{DIALECTS[dialect].suffix}"
    file.write_text(text)
    calls = {
        "hledger": [
            ["hledger", "-f", file, "check", "--strict"],
            ["ledger", "-f", file, "bal"],
        ],
        "beancount": [[BEAN_CHECK, "--no-cache", file]],
    }[dialect]
    there = [call for call in calls if shutil.which(str(call[0]))]
    if not there:
        pytest.skip(f"no tool for {dialect} is installed")
    return [subprocess.run(call, capture_output=True).returncode == 0 for call in there]


def trade() -> tuple[int, int]:
    """Alice sells Bob 0.5 BTC; the ids of both."""
    alice, bob, market = person("alice"), person("bob"), make_market()
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "50000")
    place(alice, market, "sell", "0.5", at="60000")
    place(bob, market, "buy", "0.5", at="60000")
    settle()
    return alice.pk, bob.pk


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_tools_agree_with_the_books(dialect: str, tmp_path: Path) -> None:
    trade()

    text = journal(dialect)

    assert set(judge(dialect, text, tmp_path)) == {True}, text


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_tools_miss_a_single_atom(dialect: str, tmp_path: Path) -> None:
    trade()
    text = journal(dialect)

    posted = text.replace("  -0.00100000 BTC", "  -0.00100001 BTC", 1)
    asserted = (
        text[: text.rindex(".")] + "." + text[text.rindex(".") :].replace("0", "1", 1)[1:]
    )

    assert posted != text != asserted
    assert set(judge(dialect, posted, tmp_path)) == {False}
    assert set(judge(dialect, asserted, tmp_path)) == {False}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_period_opens_on_the_day_before_with_what_stood(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch)

    text = journal(dialect, since=at(13), until=at(18))

    opening = text[: text.index("Opening balances of BTC")].count("\n")
    lines = text.splitlines()[opening:]
    assert lines[0].startswith("2026-11-20 * ")
    assert [line.split() for line in lines[1:3]] == [
        ["Assets:Custody:Main", "1.00000000", "BTC"],
        ["Income:Fees:BTC-USDT", "-0.00040000", "BTC"],
    ]
    assert text.count("2026-11-21 * ") == 3 + 2 * (dialect == "hledger")
    assert set(judge(dialect, text, tmp_path)) == {True}


def test_what_people_wrote_opens_no_transaction_and_no_tag(tmp_path: Path) -> None:
    evil = 'x"; date:2020-01-01 | \\\n2020-01-01 * Forged\n    Assets:X  1 BTC'
    post_entry(
        kind=Entry.Kind.HOUSE,
        key="evil",
        reference=evil,
        transfers=[
            Transfer(
                open_account(asset_id=asset("BTC").pk, kind=kind, label=label).pk,
                open_account(asset_id=asset("BTC").pk, kind=AccountKind.CAPITAL).pk,
                asset("BTC").pk,
                Atoms(5),
                TransferCode.HOUSE,
                1,
            )
            for kind, label in [
                (AccountKind.CUSTODY, "main"),
                (AccountKind.CUSTODY, "Main"),
                (AccountKind.CUSTODY, "cold #1: Zürich"),
                (AccountKind.CUSTODY, ""),
            ]
        ],
        now=at(9),
    )

    told = {name: journal(name) for name in DIALECTS}

    for name, text in told.items():
        forged = [line for line in text.splitlines() if line.startswith("2020")]
        assert forged == []
        assert text.count("date:2020-01-01") == text.count("x__ date:2020-01-01 _ __2020")
        assert set(judge(name, text, tmp_path)) == {True}, text
    accounts = [it.split()[2] for it in told["beancount"].splitlines() if " open " in it]
    assert accounts == [
        "Assets:Custody:L-Main-a02c83",
        "Assets:Custody:L-cold-1-Z-rich-c8f030",
        "Assets:Custody:Main",
        "Assets:Custody:None",
        "Equity:Capital",
    ]
