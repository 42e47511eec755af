"""The journals, read by the tools that they are for."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.formats import DIALECTS, Sink, write_journal
from tests.stories import fund, make_market, person, place, settle

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
