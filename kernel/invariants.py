"""What must always be true, written so that a machine can look for the contrary."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

#: For `Invariant.recent`: the whole rule costs little, so that every run looks at all.
ALWAYS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """How much an audit looks at.

    full   everything; else what came since the marks, and what is live
    marks  {name: number}: how far the logs were covered; none when `full`
    """

    full: bool
    marks: Mapping[str, int] = field(default_factory=dict)


class Invariant(NamedTuple):
    """One rule and the search for its violations.

    id        stable, e.g. "L3"; `manage.py audit` lists them all
    sentence  the rule, for people
    sql       selects one text column, a line for each violation; nothing when the rule
              holds. A line begins with what it is about: "account 17: …"
    recent    of the run of every minute: {table: which of its rows are looked at}. The
              same query then sees these rows only. `%(name)s` stands for a mark. ALWAYS:
              the whole query; None: not at all, only the full audit looks
    check     instead of `sql`: what a query cannot say. It yields the same lines, inside
              the audit's one snapshot, and writes nothing
    """

    id: str
    sentence: str
    sql: str = ""
    recent: Mapping[str, str] | None = None
    check: Callable[[Scope], Iterable[str]] | None = None
