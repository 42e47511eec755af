"""A row says what was measured, beside what, and whether that is enough."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from exchange.bench import flames, report, tables
from exchange.bench.chart import chart
from exchange.bench.limits import fsync_milliseconds
from exchange.bench.resident import taken
from exchange.bench.rows import Goal, Limit, Row, measured, unmeasured
from exchange.env import PROJECT

COPIES = Limit("raw COPY", [90.0, 100.0, 110.0], "rows/s")


def test_a_row_is_the_median_of_its_runs_beside_that_of_its_reference():
    row = measured(
        "settle", [5.0, 4.0, 9.0], "cycles/s", beside=COPIES, per=6, goal=Goal(20, "%")
    )

    assert row == Row(
        stage="settle",
        value=5.0,
        unit="cycles/s",
        reference="raw COPY",
        reference_value=100.0,
        ratio=0.3,
        goal="≥ 20 %",
        met=True,
        reached=1.5,
        spread="4–9",
    )


@pytest.mark.parametrize(
    ("goal", "value", "ratio", "reached"),
    [
        (Goal(4, "×"), 1.0, 2.0, 0.5),
        (Goal(20, "%"), 1.0, 0.2, 1.0),
        (Goal(5_000), 10_000.0, None, 2.0),
        (Goal(15, at_most=True), 30.0, None, 0.5),
        (Goal(20, "×", at_most=True), 1.0, 10.0, 2.0),
        (Goal(4, "×"), 1.0, None, None),
    ],
)
def test_a_goal_bounds_the_value_or_the_ratio(goal, value, ratio, reached):
    assert goal.reached(value=value, ratio=ratio) == pytest.approx(reached)


def test_a_reference_that_could_not_be_measured_leaves_the_goal_open():
    beside = Limit(
        "pgbench TPC-B", (), "transactions/s", missing="there is no pgbench here"
    )

    row = measured("settle", [5.0], "cycles/s", beside=beside, goal=Goal(4, "×"))

    assert (row.value, row.ratio, row.met, row.reached) == (5.0, None, None, None)
    assert row.note == "pgbench TPC-B not measured: there is no pgbench here"
    assert beside.as_row().note == "not measured: there is no pgbench here"


def test_what_was_not_measured_has_its_row_too():
    row = unmeasured("a recorded day", "requests/s", why="there is none here")

    assert (row.value, row.met, row.note) == (
        None,
        None,
        "not measured: there is none here",
    )


def test_rows_survive_json():
    row = measured("settle", [5.0], "cycles/s", beside=COPIES, goal=Goal(4, "×"))

    assert Row(**json.loads(json.dumps(row.as_json()))) == row


def test_the_table_fits_the_screen_and_says_who_missed():
    rows = [
        measured("order commit to trade commit, idle, p50", [1.25], "ms", beside=COPIES,
                 goal=Goal(20, "×", at_most=True)),
        measured("full cycles by single POSTs, engine running", [12.0, 14.0], "cycles/s",
                 goal=Goal(5_000), note="word " * 40),
        COPIES.as_row(),
    ]  # fmt: skip

    lines = list(tables.row_lines(rows))

    assert all(len(line) <= tables.WIDTH for line in lines)
    [first] = [line for line in lines if "order commit" in line]
    assert first.split()[-4:] == ["≤", "20", "×", "met"]
    [second] = [line for line in lines if "full cycles" in line]
    assert second.endswith("≥ 5,000      MISSED")


def test_the_page_gets_a_new_table_and_keeps_its_text():
    begin, end = report.ROWS
    page = f"# Performance\n\n{begin}\n| old |\n{end}\n\nText.\n"

    rewritten = report.replaced(page, report.ROWS, tables.markdown_lines([COPIES.as_row()]))

    assert rewritten.startswith(f"# Performance\n\n{begin}\n| Stage |")
    assert rewritten.endswith(f"{end}\n\nText.\n")
    assert "| raw COPY | 100 rows/s | 90–110 |" in rewritten
    assert "old" not in rewritten


def test_the_page_has_the_places_for_both_tables():
    page = report.PAGE.read_text()

    assert all(page.count(line) == 1 for line in (*report.ROWS, *report.STAGES))


def test_the_chart_has_a_bar_for_each_goal():
    rows = [
        measured("<one>", [5.0], "cycles/s", goal=Goal(4)),
        measured("another", [5_000.0], "cycles/s", goal=Goal(10_000)),
        COPIES.as_row(),
    ]

    picture = ElementTree.fromstring(chart(rows))

    bars = [it for it in picture if it.tag.endswith("rect")]
    assert [float(bar.get("width")) for bar in bars] == [175.0, 70.0]
    assert len({bar.get("fill") for bar in bars}) == 2


def test_a_flame_graph_shows_where_the_samples_part():
    stacks = [
        "main (a.py:1);run (a.py:7);match (/x/site-packages/book.py:3) 60",
        "main (a.py:1);run (a.py:9);<lambda> (b.py:4) 40",
        "Thread._bootstrap (threading.py:1);wait (threading.py:2) 900",
    ]

    picture = ElementTree.fromstring(flames.picture(stacks, "An <engine>"))

    bars = {bar[0].text: float(bar.get("width")) for bar in picture if len(bar)}
    assert bars == {"<lambda> (b.py): 40.0 %": 479.5, "match (book.py): 60.0 %": 719.5}


def test_memory_is_read_from_what_the_exchange_takes():
    printed = (
        "web                        120.5 MB\nmake up      8.0 MB\nall of it  128.5 MB\n"
    )

    assert taken(printed) == {"web": 120.5, "make up": 8.0}


def test_the_disk_is_measured(tmp_path):
    assert fsync_milliseconds(tmp_path, count=3) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_quick_section_gives_its_rows(tmp_path):
    """In a process of its own: the benchmark makes and drops databases."""
    file = tmp_path / "bench.json"
    command = ("manage.py", "bench", "--quick", "--only", "limits", "core", "--json", file)

    subprocess.run([sys.executable, *command], cwd=PROJECT, check=True, capture_output=True)

    document = json.loads(file.read_text())
    stages = [row["stage"] for row in document["rows"]]
    assert stages == [
        "pgbench TPC-B, 8 clients",
        "fdatasync of 8 kB, disk of the data directory",
        "matching core: every order type",
        "matching core: its book alone",
    ]
    assert all(row["value"] > 0 for row in document["rows"])
    assert document["machine"]["cores"] == len(os.sched_getaffinity(0))
