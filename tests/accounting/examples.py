"""Finds the worked examples of docs/accounting.md and reads them, line by line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

ARROW = "→"
EQUATION = re.compile(r"[A-Z0-9]+  +.+ = .+")


class Step(NamedTuple):
    """What somebody does, and what is booked for it.

    line  in the page
    says  what is done; empty for an equation
    told  what the page says of it: the entry's kind and a line for each transfer, or how
          an asset stands
    """

    line: int
    says: str
    told: list[str]


class Example(NamedTuple):
    heading: str
    line: int
    steps: list[Step]


class Unreadable(Exception):
    """A line that is not in the notation."""


def examples_of(page: str) -> Iterator[Example]:
    """Every block that is fenced as an example, with the heading that it stands below.

    raises  Unreadable
    """
    heading, example = "", None
    fenced = False
    for number, line in enumerate(page.splitlines(), start=1):
        if line.startswith("```"):
            if example is not None:
                yield example
            is_example = line.startswith("```example") and not fenced
            example = Example(heading, number, []) if is_example else None
            fenced = not fenced
        elif example is not None and line.strip():
            _read(example.steps, number, line)
        elif line.startswith("#") and not fenced:
            heading = line.lstrip("# ")


def _read(steps: list[Step], number: int, line: str) -> None:
    says, arrow, told = (plain(part) for part in line.partition(ARROW))
    if line.startswith("  ") and steps and steps[-1].told:
        steps[-1].told.append(plain(line))
    elif arrow:
        steps.append(Step(number, says, [told]))
    elif line.startswith("given "):
        steps.append(Step(number, plain(line), []))
    elif EQUATION.fullmatch(line):
        steps.append(Step(number, "", [plain(line)]))
    else:
        raise Unreadable(f"docs/accounting.md:{number}: not in the notation: {line}")


def plain(text: str) -> str:
    """However wide the columns are."""
    return " ".join(text.split())
