"""What must always be true, written so that a machine can look for the contrary."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Final, NamedTuple

#: For `Invariant.recent`: the query costs little, so that every run looks at all.
ALWAYS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """How much an audit looks at.

    full   everything; else what came since the marks, and what is live
    marks  {name: its words in SQL}: how far the logs were covered; none when `full`
    """

    full: bool
    marks: Mapping[str, str] = field(default_factory=dict)


EVERYTHING: Final = Scope(full=True)


class Invariant(NamedTuple):
    """One rule and the search for its violations.

    id        stable, e.g. "L3"; `manage.py audit` lists them all
    sentence  the rule, for people
    sql       selects one text column, a line for each violation; nothing when the rule
              holds. A line begins with what it is about, and a colon: "account 17: …"
    recent    for the run of every minute. {table: SELECT}: the same query, with only these
              rows of the table in it; `public.table` still means all. Text: a query of its
              own. ALWAYS: the query as it is. None: only the full audit looks. `$name`
              stands for a mark
    check     instead of `sql`, for what a query cannot say. It yields the same lines within
              the audit's snapshot and writes nothing; `recent` must not be None for it to
              be asked every minute
    """

    id: str
    sentence: str
    sql: str = ""
    recent: Mapping[str, str] | str | None = None
    check: Callable[[Scope], Iterable[str]] | None = None


def applies(rule: Invariant, scope: Scope) -> bool:
    """Whether a run of this scope looks at the rule."""
    return scope.full or rule.recent is not None


def query_of(rule: Invariant, scope: Scope) -> str:
    """The query that finds what the rule has to say within the scope."""
    sql = rule.sql.strip()
    if scope.full or not rule.recent:
        return sql
    if isinstance(rule.recent, str):
        return Template(rule.recent).substitute(scope.marks).strip()
    # A name in WITH stands before the table of that name: the query is the same, and sees
    # fewer rows. Within its own SELECT the name still means the table.
    rows = ", ".join(
        f"{table} AS ({Template(select).substitute(scope.marks)})"
        for table, select in rule.recent.items()
    )
    if sql.startswith("WITH "):
        return f"WITH {rows}, {sql.removeprefix('WITH ')}"
    return f"WITH {rows} {sql}"
