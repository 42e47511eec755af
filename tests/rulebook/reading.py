"""Finds the examples of docs/orders.md and reads them, line by line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from orders.commands import UnitKind
from tests.rulebook.sayings import Given, Saying, read_given, read_saying
from tests.rulebook.words import PEOPLE

GROUPS = {
    "all or none": UnitKind.ALL_OR_NONE,
    "oco": UnitKind.OCO,
    "bracket": UnitKind.BRACKET,
}
SHOWING = re.compile(
    rf"((?:order|story) #\d+|balance (?:house|{'|'.join(PEOPLE)})"
    r"|book|trades|prevented|market|last|reference|clock(?= \d\d:\d\d$)) (.+)"
)


class Unreadable(Exception):
    """A line that is not in the notation."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"docs/orders.md:{line}: not in the notation: {text.strip()}")


class Showing(NamedTuple):
    """A line that says how things stand, or what time it is by now."""

    what: str
    answer: str


@dataclass
class Action:
    """One saying, or several that stand together; with the outcomes that are written.

    told  for each saying its own outcome
    also  what else happened in the same moment
    """

    group: UnitKind = UnitKind.NONE
    sayings: list[Saying] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)


@dataclass
class Example:
    """`line` is that of the fence; each step has its own."""

    heading: str
    line: int
    given: list[Given] = field(default_factory=list)
    steps: list[tuple[int, Action | Showing]] = field(default_factory=list)

    @property
    def last(self) -> Action | None:
        """The action above, if the line above belongs to one."""
        step = self.steps[-1][1] if self.steps else None
        return step if isinstance(step, Action) else None


def rules_of(page: str) -> list[str]:
    """The headings of the rules, in their order."""
    prose = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^### (.+)$", prose, re.MULTILINE)


def examples_of(page: str) -> Iterator[Example]:
    """Every block that is fenced as an example, with the heading that it stands below.

    raises  Unreadable
    """
    heading, start = "", 0
    block: list[str] | None = None
    fenced = False
    for number, line in enumerate(page.splitlines(), start=1):
        if line.startswith("```"):
            if block is not None:
                yield read_example(heading, start, block)
            block = [] if line.startswith("```example") and not fenced else None
            start, fenced = number, not fenced
        elif block is not None:
            block.append(line)
        elif line.startswith("#") and not fenced:
            heading = line.lstrip("# ")


def read_example(heading: str, line: int, block: list[str]) -> Example:
    """The lines of one block; `line` is that of its fence.

    raises  Unreadable
    """
    example = Example(heading, line)
    for number, text in enumerate(block, start=line + 1):
        if text.strip() and not _read_line(example, number, text):
            raise Unreadable(number, text)
    for number, step in example.steps:
        if isinstance(step, Action) and not step.sayings:
            raise Unreadable(number, block[number - line - 1])
    return example


def _read_line(example: Example, number: int, text: str) -> bool:
    """Add a line to the example; False when it is not in the notation."""
    said, arrow, outcome = (" ".join(part.split()) for part in text.partition("→"))
    if arrow:
        return bool(outcome) and _read_action(example, number, text, said, outcome)
    if said in GROUPS:
        example.steps.append((number, Action(GROUPS[said])))
    elif said.startswith("given ") and not example.steps:
        given = read_given(said.removeprefix("given "))
        if given is None:
            return False
        example.given.append(given)
    elif showing := SHOWING.fullmatch(said):
        example.steps.append((number, Showing(*showing.groups())))
    else:
        return False
    return True


def _read_action(example: Example, number: int, text: str, said: str, outcome: str) -> bool:
    above = example.last
    if not said:
        if above is None or not above.sayings:
            return False
        above.also.append(outcome)
        return True
    saying = read_saying(said)
    if saying is None:
        return False
    if text[0].isspace():
        if above is None or not above.group or above.also:
            return False
    else:
        above = Action()
        example.steps.append((number, above))
    above.sayings.append(saying)
    above.told.append(outcome)
    return True
