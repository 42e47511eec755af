"""Reports as files, read back by programs that know nothing of us."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from reports.catalogue import report_of
from reports.errors import UnknownFormat
from reports.formats import FORMATS, Sink, format_of, xlsx_file
from reports.selectors import read_params
from reports.table import Column, Params, Query, Report, Row
from reports.tests.stories import EVENING, tell

pytestmark = pytest.mark.django_db

HOSTILE = [
    ("=1+1", "-1.50000000"),
    ("+SUM(A1)", "2.00000000"),
    ("@cmd", ""),
    ('say "no", twice', "3.00000000"),
    ("two\nlines", "4.00000000"),
    ("\tTab", "5.00000000"),
    ("＝full", "6.00000000"),
    ("<b>Zoë & co</b>", "7.00000000"),
    ("back\\slash", "0.00000001"),
    ("", "99999999999.99999999"),
]


def columns(_: Params) -> list[Column]:
    return [Column("note", "Note"), Column("amount", "Amount", "amount", is_summed=True)]


def as_query(_: Params) -> Query:
    texts = ", ".join(f"(%(t{n})s::text, %(a{n})s::text)" for n in range(len(HOSTILE)))
    cells = {f"t{n}": text for n, (text, _) in enumerate(HOSTILE)}
    return Query(
        f"SELECT * FROM (VALUES {texts}) AS r (note, amount)",
        cells | {f"a{n}": amount for n, (_, amount) in enumerate(HOSTILE)},
    )


def as_made(_: Params) -> Iterator[Row]:
    yield from HOSTILE


HOSTILE_REPORT: dict[str, Any] = {
    "name": "hostile",
    "title": "Hostile",
    "explains": "What people may write.",
    "takes": (),
    "columns": columns,
    "per": "note",
}
BY_QUERY = Report(**HOSTILE_REPORT, query=as_query)
BY_HAND = Report(**HOSTILE_REPORT, made=as_made)


def written(name: str, report: Report, **said: str) -> bytes:
    out = io.BytesIO()
    params = read_params(report=report, said=said, now=EVENING)
    sink = Sink(out)
    format_of(name=name, report=report).write(sink, report, params)
    assert sink.bytes == len(out.getvalue())
    return out.getvalue()


def cells(book: bytes, sheet: int = 1) -> list[list[str]]:
    """The cells of a sheet, as another program finds them."""
    spaces = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        root = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{sheet}.xml"))
    assert root.find(".//x:f", spaces) is None, "a formula"
    return [
        [
            "".join(cell.itertext())
            + ("#" if cell.get("t") not in ("inlineStr", "s") and list(cell) else "")
            for cell in row.findall("x:c", spaces)
        ]
        for row in root.findall(".//x:row", spaces)
    ]


def test_a_csv_is_read_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch)
    report = report_of("journal")
    params = read_params(report=report, said={}, now=EVENING)

    text = written("csv", report).decode()

    names = [column.name for column in report.columns(params)]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [names, *map(list, report.rows(params))]
    assert text.count("\r\n") == text.count("\n") == len(rows) > 10


@pytest.mark.parametrize("report", [BY_QUERY, BY_HAND], ids=["by COPY", "by hand"])
def test_a_csv_calculates_nothing_and_keeps_amounts(report: Report) -> None:
    text = written("csv", report).decode()

    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert rows == [
        ["note", "amount"],
        ["'=1+1", "-1.50000000"],
        ["'+SUM(A1)", "2.00000000"],
        ["'@cmd", ""],
        ['say "no", twice', "3.00000000"],
        ["two\nlines", "4.00000000"],
        ["'\tTab", "5.00000000"],
        ["'＝full", "6.00000000"],
        ["<b>Zoë & co</b>", "7.00000000"],
        ["back\\slash", "0.00000001"],
        ["", "99999999999.99999999"],
    ]


def test_a_workbook_has_exact_texts_beside_rounded_numbers() -> None:
    book = written("xlsx", BY_QUERY)

    rows = cells(book)

    assert rows[0] == ["Note", "Amount", "Amount (rounded)"]
    assert rows[1] == ["=1+1", "-1.50000000", "-1.5#"]
    assert rows[3] == ["@cmd"]
    assert rows[10] == ["99999999999.99999999", "100000000000#"]


def test_a_workbook_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "ROWS_MAX", 8)

    book = written("xlsx", BY_HAND)

    first, second = cells(book, 1), cells(book, 2)
    assert [len(first), first[0], first[7][0]] == [8, second[0], "＝full"]
    assert second[1] == ["<b>Zoë & co</b>", "7.00000000", "7#"]


def test_the_same_report_is_the_same_workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch)
    report = report_of("trial_balance")

    assert written("xlsx", report) == written("xlsx", report)


def test_json_says_what_was_asked_and_names_every_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = tell(monkeypatch)
    report = report_of("customer_statement")
    params = read_params(report=report, said={"user": str(story.alice.pk)}, now=EVENING)

    told = json.loads(written("json", report, user=str(story.alice.pk)))

    names = [column.name for column in report.columns(params)]
    assert told["report"] == "customer_statement"
    assert told["parameters"] == {"user": str(story.alice.pk)}
    assert told["cut"] == str(params.cut)
    assert [column["name"] for column in told["columns"]] == names
    assert [list(row.values()) for row in told["rows"]] == list(
        map(list, report.rows(params))
    )


def test_json_without_rows_is_json() -> None:
    report = Report(**HOSTILE_REPORT, made=lambda _: iter(()))

    assert json.loads(written("json", report))["rows"] == []


def test_a_page_for_paper_runs_nothing_and_adds_up() -> None:
    page = written("html", BY_HAND).decode()

    assert "<b>Zoë" not in page
    assert "<td>&lt;b&gt;Zoë &amp; co&lt;/b&gt;</td>" in page
    assert "<script" not in page
    assert 'src="' not in page
    assert '<td>Total =1+1</td><td class="n">-1.50000000</td>' in page


def test_totals_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch)

    page = written("html", report_of("trial_balance")).decode()

    foot = page[page.index("<tfoot>") :]
    assert "<td>Total BTC</td>" in foot
    assert "1.00000000" in foot


def test_only_the_journal_is_a_journal() -> None:
    trial, journal = report_of("trial_balance"), report_of("journal")

    assert {name for name, it in FORMATS.items() if it.fits(trial)} == {
        "csv", "xlsx", "json", "html"
    }  # fmt: skip
    assert all(it.fits(journal) for it in FORMATS.values())
    with pytest.raises(UnknownFormat, match="cannot be had as 'hledger', but as csv, xlsx"):
        format_of(name="hledger", report=trial)
    with pytest.raises(UnknownFormat):
        format_of(name="pdf", report=journal)
