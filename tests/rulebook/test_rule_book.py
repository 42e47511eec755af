"""The rule book holds: every example of docs/orders.md is played against the engine."""

import re
from collections.abc import Callable

import pytest

from orders.commands import EventKind, Reason
from tests.architecture import house
from tests.rulebook.reading import Action, Example, examples_of, read_example, rules_of
from tests.rulebook.stage import Stage
from tests.rulebook.telling import units_of
from tests.rulebook.venues import TheEngine, TheTwin
from tests.rulebook.words import plain

PAGE = (house.ROOT / "docs/orders.md").read_text(encoding="utf-8")
Venue = type[TheEngine | TheTwin]
EXAMPLES = list(examples_of(PAGE))
UNITS = units_of(PAGE)
#: Rules about what lies before or behind the engine; other tests show them.
WITHOUT_EXAMPLE = {
    "The dead man's switch",  # orders/tests/test_clock.py
    "Cancel on disconnect",  # marketdata/tests
    "The same log gives the same market",  # matching/tests
}


def names() -> list[str]:
    """Of the examples, for the report: the headings, numbered where they repeat."""
    headings = [example.heading for example in EXAMPLES]
    return [
        f"{heading} ({headings[: place + 1].count(heading)})"
        if headings.count(heading) > 1
        else heading
        for place, heading in enumerate(headings)
    ]


def play(example: Example, venue: Venue) -> None:
    """Everything that the example says must be so, and nothing else may happen."""
    stage = Stage(example, UNITS, venue)
    # The twin tells each order's story, but not which of two orders came first.
    in_order: Callable[[list[str]], list[str]] = list if venue is TheEngine else sorted
    for line, step in example.steps:
        if isinstance(step, Action):
            told, also = stage.act(step)
            expect(line, [*step.told, *in_order(step.also)], [*told, *in_order(also)])
            stage.check()
        else:
            expect(line, [step.answer], [stage.show(step)])


def expect(line: int, written: list[str], happened: list[str]) -> None:
    """Compare what the example says with what is so, and show both, line by line."""
    if written != happened:
        says, so = ("".join(f"\n  → {it}" for it in lines) for lines in (written, happened))
        pytest.fail(
            f"docs/orders.md:{line}: it says{says}\nand so it is{so}", pytrace=False
        )


@pytest.mark.parametrize("example", EXAMPLES, ids=names())
@pytest.mark.parametrize("venue", [TheEngine, TheTwin])
def test_what_the_rule_book_says_happens(example: Example, venue: Venue):
    play(example, venue)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (2, "#2 bob buys 2 at 101 → filled 1 at 101"),
        (2, "#2 bob buys 2 at 101 → open"),
        (3, "book bids none; asks 5 at 101"),
        (3, "balance ann 999994 + 3 held COIN, 1000202 CASH"),
        (4, "ann cancels all → nothing"),
        (4, "staff sets halted → market halted: because"),
    ],
)
def test_an_example_that_is_wrong_is_found_at_its_line(line, wrong):
    right = [
        "#1 ann sells 5 at 101 → open",
        "#2 bob buys 2 at 101 → filled 2 at 101",
        "book bids none; asks 3 at 101",
        "ann cancels #1 → cancelled",
    ]

    play(read_example("right", 0, right), TheEngine)
    with pytest.raises(pytest.fail.Exception, match=rf"docs/orders\.md:{line}"):
        play(read_example("wrong", 0, [*right[: line - 1], wrong]), TheEngine)


def test_every_rule_has_an_example():
    shown = {example.heading for example in EXAMPLES}
    rules = rules_of(PAGE)

    assert len(rules) == len(set(rules)), "two rules share a heading"
    assert set(rules) - shown == WITHOUT_EXAMPLE
    assert shown <= set(rules), "an example stands below a rule"


def test_every_reason_has_an_example():
    """But for the one that is a fault of ours."""
    outcomes = "".join(
        outcome
        for example in EXAMPLES
        for _, step in example.steps
        if isinstance(step, Action)
        for outcome in step.told + step.also
    )

    assert [it for it in Reason if it and not told_by(it, outcomes)] == [
        Reason.INTERNAL_ERROR
    ]


def told_by(reason: Reason, outcomes: str) -> bool:
    return reason is Reason.CANCELLED_BY_USER or f": {plain(reason)}" in outcomes


def test_the_contents_list_every_chapter():
    chapters = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)

    assert re.findall(r"\[([^]]+)\]\(#[a-z-]+\)(?= ·|$)", PAGE, re.MULTILINE) == chapters


def test_the_tables_tell_every_reason_and_every_part_of_a_story():
    reasons = first_cells(chapter("Reasons"))
    kinds = first_cells(chapter("The story of an order"))

    assert sorted(reasons) == sorted(it.name.lower() for it in Reason if it)
    assert sorted(kinds) == sorted(it.name.lower() for it in EventKind)


def chapter(title: str) -> str:
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(text: str) -> list[str]:
    _, _, rows = text.partition("|---")
    return re.findall(r"^\| `([a-z_]+)` \|", rows, re.MULTILINE)
