"""A report's answer: some of its rows, the totals of all, and the cut."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.db import OperationalError, connection, transaction

from ledger.models import TRANSFERS_LOG, Seal
from reports.errors import ReportTooLong
from reports.selectors.adding import summed
from reports.table import Column, Params, Query, Report, Row

#: Whoever waits for an answer waits so long; an export may take longer.
ANSWER_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over all rows of one asset (or whatever the report adds up by).

    of     empty: of all, values only
    cells  by the name of the column, decimal strings
    """

    of: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """seal    covers the last transfer of the cut; None while that is not sealed
    after   how many rows come before these
    is_all  whether no rows follow
    """

    report: Report
    params: Params
    columns: Sequence[Column]
    rows: Sequence[Row]
    totals: Sequence[Total]
    seal: Seal | None
    after: int
    is_all: bool


def answer(*, report: Report, params: Params, after: int, limit: int) -> Answer:
    """The rows after the first `after`, at most `limit` of them, and the totals of all.

    raises  ReportTooLong
    """
    columns = report.columns(params)
    with in_time():
        rows = _page(report, params, after, limit + 1)
        totals = _totals(report, params, columns)
    return Answer(
        report=report,
        params=params,
        columns=columns,
        rows=rows[:limit],
        totals=totals,
        seal=seal_of(params),
        after=after,
        is_all=len(rows) <= limit,
    )


def seal_of(params: Params) -> Seal | None:
    """The seal that covers the last transfer of the cut."""
    last = params.cut.transfer or 0
    rows = Seal.objects.filter(log=TRANSFERS_LOG, first__lte=last, last__gte=last)
    return rows.first()


@contextmanager
def in_time() -> Iterator[None]:
    """One transaction, each statement of which is given up after a while.

    raises  ReportTooLong
    """
    try:
        with transaction.atomic():
            _be_quick()
            yield
    except OperationalError as ended:
        if "statement timeout" not in str(ended):
            raise
        raise ReportTooLong from ended


def _be_quick() -> None:
    """Give up in time; and compile nothing, which takes longer than such answers do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('jit', 'off', true), "
            "set_config('statement_timeout', %s, true)",
            [str(ANSWER_MS)],
        )


def _page(report: Report, params: Params, after: int, limit: int) -> list[Row]:
    query = report.query(params)
    if query is None:
        return list(islice(report.rows(params), after, after + limit))
    part = Query(
        f"SELECT * FROM ({query.sql}) AS report OFFSET %(after)s LIMIT %(limit)s",  # noqa: S608  our own words
        {**query.args, "after": after, "limit": limit},
    )
    return _fetched(part)


def _totals(report: Report, params: Params, columns: Sequence[Column]) -> list[Total]:
    """What the columns come to, per asset; values, which have one unit, also together."""
    names = [column.name for column in columns]
    some = [column for column in columns if column.is_summed]
    if not some or report.per not in names:
        return []
    query = report.query(params)
    if query is None:
        sums = summed(report.rows(params), columns, report.per)
    else:
        sums = _sums(query, report.per, names, some)
    totals = [_total(row, some) for row in sums]
    return [it for it in totals if it.cells]


def _sums(
    query: Query, per: str, names: Sequence[str], some: Sequence[Column]
) -> list[Any]:
    listed = ", ".join(f'"{name}"' for name in names)
    sums = ", ".join(f"sum(nullif(\"{it.name}\", '')::numeric)::text" for it in some)
    part = Query(
        f'SELECT "{per}", {sums} FROM ({query.sql}) AS report ({listed}) '  # noqa: S608  our own words
        "GROUP BY GROUPING SETS ((1), ()) ORDER BY 1",
        query.args,
    )
    return _fetched(part)


def _total(row: tuple[str | None, ...], some: Sequence[Column]) -> Total:
    of, *cells = row
    told = zip(some, cells, strict=True)
    # Of all together only values, which have one unit.
    return Total(
        of or "",
        {
            it.name: cell
            for it, cell in told
            if cell is not None and (of is not None or it.kind == "value")
        },
    )


def _fetched(query: Query) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.args)
        return list(cursor.fetchall())
