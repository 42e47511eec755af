"""The heads of the chains, outside the database, tell whether a chain was made anew."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from exchange.seal_heads import LINES, export_heads, export_heads_of_the_day
from exchange.seals import streams
from exchange.tests.sealed_days import A_MINUTE, LATE, a_day, found
from kernel import clock
from ledger.models import Seal
from ledger.selectors import seal_head, seal_heads
from ledger.services import seal_stream
from tests.attempts import no_guards, run
from tests.stories import NOON

pytestmark = pytest.mark.usefixtures("outside")

# A chain that was made anew --------------------------------------------------------------


def forge() -> None:
    """Alter a transfer, and make the whole chain anew, as a superuser can."""
    with no_guards():
        run("UPDATE ledger_transfer SET amount = amount + 1 WHERE id = 1 + (SELECT min(id) "
            "FROM ledger_transfer)")  # fmt: skip
        run("DELETE FROM ledger_seal WHERE log = 'transfers'")
    while seal_stream(stream=streams()[0], now=LATE, least=1, most=7):
        pass


def test_a_chain_that_was_made_anew_disagrees_with_the_exported_heads(committed_db):
    a_day()
    head = seal_head()
    export_heads(now=NOON)
    forge()

    assert seal_head().sha256 != head.sha256
    [line] = found()
    assert line.startswith(f"seal {head.number} of transfers: ")
    assert "exported" in line
    assert found(A_MINUTE) == found()


def test_without_an_export_a_chain_that_was_made_anew_looks_like_one(a_sealed_day):
    """Why heads are exported, and why they should be copied to another machine."""
    forge()

    assert found() == []


def test_seals_that_were_cut_off_are_missed(committed_db):
    a_day()
    head = seal_head()
    export_heads(now=NOON)

    with no_guards():
        run("DELETE FROM ledger_seal WHERE log = 'transfers' AND number = %s", head.number)

    assert found() == [
        f"seal {head.number} of transfers: it was exported, and is not there"
    ]


def test_a_whole_chain_that_is_gone_is_missed(committed_db):
    a_day()
    export_heads(now=NOON)

    with no_guards():
        run("DELETE FROM ledger_seal WHERE log LIKE 'trades:%%'")

    assert [line.split(": ")[1] for line in found()] == [
        "it was exported, and is not there"
    ]


# The exported heads ----------------------------------------------------------------------


def test_the_heads_of_all_chains_are_exported_day_by_day(a_sealed_day, outside):
    first = export_heads(now=NOON)
    second = export_heads(now=NOON + timedelta(days=1))
    again = export_heads(now=NOON + timedelta(days=1, hours=1))

    assert [first.name, second.name, again.name] == [
        "2026-11-21.json",
        "2026-11-22.json",
        "2026-11-22T130000.000000Z.json",
    ]
    heads = {seal.log: seal.sha256 for seal in Seal.objects.order_by("number")}
    told = json.loads(first.read_text())["heads"]
    assert {head["log"]: head["sha256"] for head in told} == heads
    lines = [json.loads(line) for line in (outside / LINES).read_text().splitlines()]
    assert len(lines) == 3 * len(heads)
    assert lines[: len(heads)] == told
    assert found() == []


def test_the_house_exports_the_heads_once_a_day_however_often_it_looks(
    a_sealed_day, outside
):
    looks = [
        export_heads_of_the_day(now=NOON + timedelta(hours=hours)) for hours in (0, 1, 12)
    ]

    assert [path and path.name for path in looks] == [
        "2026-11-21.json",
        None,
        "2026-11-22.json",
    ]


def test_an_export_is_only_added_to(a_sealed_day, outside):
    export_heads(now=NOON)
    before = (outside / LINES).read_bytes()

    export_heads(now=NOON + timedelta(days=1))

    assert (outside / LINES).read_bytes().startswith(before)


def test_exports_at_once_take_turns(committed_db, outside):
    a_day()
    start = Barrier(4)

    def export(_: int) -> Path:
        start.wait()
        try:
            return export_heads(now=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(export, range(4)))

    assert set(outside.iterdir()) == {*paths, outside / LINES}
    assert len(paths) == 4
    assert len((outside / LINES).read_text().splitlines()) == 4 * len(seal_heads())
    assert found() == []


def test_half_a_line_that_a_crash_left_harms_nobody(a_sealed_day, outside):
    export_heads(now=NOON)
    with (outside / LINES).open("a") as lines:
        lines.write('{"exported_at": "2026-11-2')

    assert found() == []
    export_heads(now=NOON + timedelta(days=1))
    assert found() == []


@pytest.mark.parametrize("file", [LINES, "2026-11-21.json"])
def test_an_export_that_was_altered_is_found(a_sealed_day, outside, file):
    export_heads(now=NOON)
    head = seal_head().sha256

    text = (outside / file).read_text()
    (outside / file).write_text(text.replace(head, head[::-1]))
    assert found() != []
    (outside / file).write_bytes(b"nonsense \xff\n")
    assert any("it cannot be read" in line for line in found())


def test_a_place_that_cannot_be_read_is_found(a_sealed_day, outside):
    outside.mkdir(parents=True)
    (outside / LINES).mkdir()

    assert found() == [f"{outside}: it cannot be read: Is a directory"]


def test_another_databases_heads_are_no_concern(a_sealed_day, outside):
    export_heads(now=NOON)
    shutil.move(outside, outside.parent / "another")

    assert found() == []
