"""docs/accounting.md holds: each of its examples is played through the real services."""

import io
import re

import pytest
from django.db import transaction

from bookkeeping.rules import ENDS
from ledger.models import DEBIT_KINDS, AccountKind, Entry
from ledger.transfers import TransferCode
from reports.formats import DIALECTS, Sink, write_journal
from reports.formats.chart import CUSTOMERS, HOUSE
from reports.selectors.chart import CHART
from tests.accounting.examples import Example, Unreadable, examples_of
from tests.accounting.stage import Stage
from tests.architecture import house

PAGE = (house.ROOT / "docs/accounting.md").read_text(encoding="utf-8")
EXAMPLES = list(examples_of(PAGE))

pytestmark = pytest.mark.django_db


def play(example: Example) -> Stage:
    """Everything that the example says must be so, and nothing else may be booked."""
    stage = Stage()
    for step in example.steps:
        if step.says.startswith("given "):
            stage.play(step.says)
        elif step.says:
            expect(step.line, step.told, stage.play(step.says))
        else:
            code = step.told[0].split()[0]
            expect(step.line, step.told, [stage.equation(code)])
    return stage


def expect(line: int, written: list[str], happened: list[str]) -> None:
    if written != happened:
        says, so = ("".join(f"\n  {it}" for it in lines) for lines in (written, happened))
        pytest.fail(
            f"docs/accounting.md:{line}: it says{says}\nand so it is{so}", pytrace=False
        )


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{it.heading} (line {it.line})" for it in EXAMPLES]
)
def test_what_the_page_says_is_booked(example):
    play(example)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("debit custody main", "debit custody cold"),
        ("0.5 BTC   deposit", "0.6 BTC   deposit"),
        ("BTC   deposit", "BTC   house"),
        ("confirms it → deposit", "confirms it → house"),
        ("BTC   custody main 0.5 =", "BTC   custody main 0.4 ="),
        ("  debit", "unreadable"),
    ],
)
def test_an_example_that_is_wrong_is_found(right, wrong):
    text = (
        "```example\n"
        "carol enters a deposit of 0.5 BTC for alice → nothing\n"
        "dave confirms it → deposit\n"
        "  debit custody main   credit alice available   0.5 BTC   deposit\n"
        "BTC   custody main 0.5 = alice available 0.5\n"
        "```"
    )
    with transaction.atomic():
        play(*examples_of(text))
        transaction.set_rollback(True)

    with pytest.raises((pytest.fail.Exception, Unreadable)):
        play(*examples_of(text.replace(right, wrong)))


# Nothing is missing ---------------------------------------------------------------------


def rows_of(title: str) -> list[list[str]]:
    """The cells of the tables below a heading, without marks."""
    chapter = PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    return [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in chapter.splitlines()
        if line.startswith("| `")
    ]


def test_the_chart_is_that_of_the_ledger_the_reports_and_the_journals():
    names = {kind: f"Liabilities:Customers:U<id>:{it}" for kind, it in CUSTOMERS.items()}
    names |= HOUSE
    names[AccountKind.CUSTODY] += ":<wallet>"
    names[AccountKind.FEES] += ":<market>"

    assert [row[:4] for row in rows_of("The chart of accounts")] == [
        [
            kind,
            f"{place.section}: {place.title}",
            names[kind],
            "debit" if kind in DEBIT_KINDS else "credit",
        ]
        for kind, place in CHART.items()
    ]
    assert set(CHART) == set(AccountKind)


def test_every_kind_of_entry_and_every_code_is_in_the_tables_and_in_an_example():
    rows = rows_of("Entries and transfers")
    played = [told for it in EXAMPLES for step in it.steps for told in step.told]

    assert [row[0] for row in rows] == [
        "deposit", "withdrawal", "batch", "house", "adjustment",
        *(code.name.lower() for code in TransferCode),
    ]  # fmt: skip
    assert [row[1] for row in rows[5:]] == [str(code.value) for code in TransferCode]
    assert set(Entry.Kind.values) <= set(played)
    for code in TransferCode:
        assert any(told.endswith(f" {code.name.lower()}") for told in played), code


def test_every_booking_of_the_house_is_in_the_table_and_in_an_example():
    done = " ".join(step.says for it in EXAMPLES for step in it.steps)
    names = {"available": "customer available"}

    assert rows_of("House bookings") == [
        [kind, ends.debit.replace("_", " "), names.get(ends.credit, ends.credit)]
        for kind, ends in ENDS.items()
    ]
    for kind in ENDS:
        assert f"proposes {kind} of" in done, kind


def test_every_kind_of_account_is_in_an_example():
    played = " ".join(told for it in EXAMPLES for step in it.steps for told in step.told)

    for kind in AccountKind:
        assert kind.replace("_", " ") in played, kind


def test_the_contents_list_every_chapter():
    chapters = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)

    assert re.findall(r"\[([^]]+)\]\(#[a-z-]+\)(?= ·|$)", PAGE, re.MULTILINE) == chapters


# The journal ----------------------------------------------------------------------------


def test_the_journal_that_is_shown_is_that_of_the_example():
    (shown,) = re.findall(r"^```journal\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
    play(next(it for it in EXAMPLES if it.heading == "Two lots and a sale"))

    out = io.BytesIO()
    write_journal(Sink(out), dialect=DIALECTS["hledger"])

    facts = out.getvalue().decode().split("\n\n")
    (second,) = (it for it in facts if "Trade BTC-USDT 2" in it)
    assert numbered(second) == numbered(shown)


def numbered(text: str) -> str:
    """With ids and times in the order in which they come."""
    order: dict[str, str] = {}
    return re.sub(
        r"(?<=U)\d+|(?<=: )\d\S*|^\d{4}-\d\d-\d\d",
        lambda it: order.setdefault(it[0], f"<{len(order)}>"),
        text.strip(),
        flags=re.MULTILINE,
    )
