"""`manage.py audit`: a line for each invariant, and how it ends."""

import io
import json
import re

import pytest
from django.core.management import CommandError, call_command

from exchange.audit import INVARIANTS
from exchange.env import PROJECT
from ledger.models import AuditRun, Break
from tests.attempts import no_guards, run
from tests.stories import fund, make_market, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books() -> None:
    make_market()
    fund(person("alice"), "BTC", "1")


def told(**options: object) -> list[str]:
    out = io.StringIO()
    call_command("audit", stdout=out, no_color=True, **options)
    return out.getvalue().splitlines()


def broken(**options: object) -> tuple[list[str], str]:
    """What an audit says that finds something, on both streams; it ends with 1."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("audit", stdout=out, stderr=err, no_color=True, **options)
    return out.getvalue().splitlines(), err.getvalue()


def tamper() -> None:
    with no_guards():
        run("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'custody'")


def test_there_is_a_line_for_each_invariant_and_one_at_the_end():
    lines = told()

    assert lines[-1] == f"audit: all {len(INVARIANTS)} invariants hold."
    assert [line[:7] for line in lines[:-1]] == ["ok     "] * len(INVARIANTS)
    assert [line.split()[1] for line in lines[:-1]] == [it.id for it in INVARIANTS]
    assert AuditRun.objects.get().outcome == "clean"


def test_an_invariant_has_one_id_and_looks_by_query_or_by_check():
    assert len({it.id for it in INVARIANTS}) == len(INVARIANTS)
    assert [it.id for it in INVARIANTS if bool(it.sql) == bool(it.check)] == []
    nightly = {it.id for it in INVARIANTS if it.recent is None and it.id[0] in "LOSW"}
    assert nightly == {"L8", "L12", "O8", "O22", "O23"}


def test_every_invariant_is_told_to_those_who_read_about_audits():
    text = (PROJECT / "docs" / "audits.md").read_text()
    told = {
        it
        for line in text.splitlines()
        if line.startswith("|")
        for it in re.findall(r"\b[LOSWB]\d+\b", line.split("|")[1])
    }

    assert {it.id for it in INVARIANTS if it.id[0] != "P"} - told == set()


def test_what_is_broken_is_shown_kept_and_ends_with_1():
    tamper()

    lines, last = broken()

    assert last == "audit: 2 invariants are BROKEN.\n"
    assert [line for line in lines if line.startswith("BROKEN")] == [
        "BROKEN L2   per asset, what the house holds equals what it owes and has earned",
        "BROKEN L3   every balance is the sum of its transfers",
    ]
    assert any(re.match(r" {12}account \d+: its balance exceeds", line) for line in lines)
    assert Break.objects.count() == 2


def test_it_can_be_read_by_machines(tmp_path):
    tamper()
    broken(json=tmp_path / "audit.json")

    report = json.loads((tmp_path / "audit.json").read_text())

    assert report["ok"] is False
    assert [it["id"] for it in report["invariants"] if it["violations"]] == ["L2", "L3"]
    assert report["invariants"][0].keys() == {"id", "rule", "violations", "seconds"}


def test_an_incremental_one_looks_at_less_and_finds_it_too():
    told()
    tamper()

    lines, last = broken(incremental=True)

    assert last == "audit: 2 invariants are BROKEN.\n"
    assert not any(" O8 " in line for line in lines)
    assert AuditRun.objects.latest("id").kind == "recent"


def test_an_unrecorded_one_keeps_nothing_and_halts_nothing():
    tamper()

    broken(unrecorded=True)

    assert (AuditRun.objects.count(), Break.objects.count()) == (0, 0)


def test_the_replay_can_be_left_out():
    assert told(without_replay=True)[-1] == (
        f"audit: all {len(INVARIANTS) - 1} invariants hold."
    )


def test_what_is_not_recorded_is_not_incremental():
    with pytest.raises(CommandError, match="not incremental"):
        told(unrecorded=True, incremental=True)
