"""`manage.py report` writes files, and proves them later."""

import csv
import io
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reports.tests.stories import ask, at, tell

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    """What it printed, line by line."""
    out = StringIO()
    call_command("report", *arguments, stdout=out, stderr=out)
    return out.getvalue().splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "balance.csv"


def test_it_writes_a_file_and_says_in_one_line_what_was_written(monkeypatch, file):
    tell(monkeypatch)

    said = run("trial_balance", "--as-of", "2026-11-21T18:00Z", "-o", str(file))

    written = file.read_bytes()
    manifest = json.loads((file.parent / "balance.csv.manifest.json").read_text())
    assert said == [
        f"report: {file}: 9 rows, {len(written)} bytes, SHA-256 {manifest['sha256']}"
    ]
    assert [row[:3] for row in csv.reader(io.StringIO(written.decode()))][:3] == [
        ["asset", "section", "account"],
        ["BTC", "Assets", "Custody: main"],
        ["BTC", "Liabilities", "Customers, available"],
    ]
    assert sorted(it.name for it in file.parent.iterdir()) == [
        "balance.csv",
        "balance.csv.manifest.json",
    ]


def test_a_file_as_it_was_made_is_verified(monkeypatch, file):
    tell(monkeypatch)
    run("trial_balance", "-o", str(file))

    said = run("--verify", f"{file}.manifest.json")

    assert said[-1] == f"report: {file}.manifest.json: as it was made."


def test_a_file_that_was_changed_is_found(monkeypatch, file):
    tell(monkeypatch)
    run("trial_balance", "-o", str(file))
    file.write_bytes(file.read_bytes().replace(b"9900", b"9901"))

    with pytest.raises(SystemExit):
        run("--verify", f"{file}.manifest.json")


def test_the_same_cut_gives_the_same_bytes_when_more_has_happened(monkeypatch, file):
    story = tell(monkeypatch)
    run("journal", "-o", str(file))
    cut = json.loads(Path(f"{file}.manifest.json").read_text())["cut"]
    first = file.read_bytes()
    ask(story, "7", at(17))

    run("journal", "--as-of", cut, "-o", str(file))

    assert file.read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["no_such_report"], "There is no report 'no_such_report'."),
        (["trial_balance", "--market", "BTC-USDT"], "takes no 'market'"),
        (["general_ledger"], "The report needs: account."),
        (["trial_balance", "--as-of", "yesterday"], "as_of: A moment is an instant"),
        (["trial_balance", "--asset", "NONE"], "asset: There is no such asset."),
        (["general_ledger", "--account", "77"], "account: There is no such account."),
        (["general_ledger", "--account", "x"], "account: An id is a whole number."),
        (["customer_statement", "--user", "nobody"], "user: There is no such user."),
        (["journal", "--from", "2026-11-02", "--to", "2026-11-01"], "to: A period ends"),
        (["trial_balance", "--format", "hledger"], "cannot be had as 'hledger'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_written(
    tmp_path, monkeypatch, arguments, why
):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError) as refused:
        run(*arguments)

    assert why in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_it_lists_what_there_is():
    assert run()[-1].endswith("reports; name one.")
