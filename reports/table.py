"""What a report is: columns, parameters, and rows that come as text from the database.

Every cell is text already, as PostgreSQL wrote it: amounts are exact decimal strings with
all decimals of their asset, instants are ISO 8601 in UTC with microseconds, what is not
there is an empty string. Whoever writes a report into a file only writes.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from django.db import connection, transaction

from kernel.units import BIGINT_MAX
from ledger.moments import TICK, Moment

Kind = Literal["text", "amount", "value", "rate", "count", "instant", "date", "id"]
#: What a cell leads to; a reference says by itself to what, as "trade 17".
Thing = Literal[
    "account", "command", "deposit", "entry", "order", "reference", "trade", "transfer",
    "user", "withdrawal",
]  # fmt: skip
Row = tuple[str, ...]

#: Formats that every report has; see reports.formats.
TABULAR: Final = frozenset({"csv", "xlsx", "json", "html"})
#: Formats that take whole transfers.
JOURNALS: Final = frozenset({"hledger", "beancount"})
#: Before everything that ever happened, and after.
EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
#: So many rows cross from the database at a time.
FETCHED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Column:
    """kind      value: an amount in the reporting currency
    link      what the cell leads to
    key       the column that holds the id of what it leads to; "": the cell itself
    is_summed  whether its total, per value of the column Report.per, says something
    on_page   whether a page shows it; a file has it in any case
    """

    name: str
    title: str
    kind: Kind = "text"
    link: Thing | None = None
    key: str = ""
    is_summed: bool = False
    on_page: bool = True

    @property
    def is_number(self) -> bool:
        return self.kind in ("amount", "value", "rate", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What a report is asked for, read by `reports.selectors.read_params`.

    as_of         the cut that was asked for; None: none
    cut           the cut that the report is made at: never later than asked, and with the
                  last transfer that it covers, so that the same cut gives the same bytes
    since, until  a period [since, until); None: from the beginning, up to the cut
    first         an id below which no transfer is of the period
    told_at       the cut's instant: by it rates are looked up, and what is no transfer
    asset, market, currency  codes and symbols of what there is
    kind          of ledger accounts
    said          the parameters as they were given, by their public names
    """

    cut: Moment
    told_at: datetime
    first: int = 1
    as_of: Moment | None = None
    since: datetime | None = None
    until: datetime | None = None
    user_id: int | None = None
    asset: str | None = None
    account_id: int | None = None
    market: str | None = None
    kind: str | None = None
    currency: str | None = None
    method: str | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, object]:
        """The parameters as the reports' SQL names them; none of the times is NULL.

        at, last      the cut: created_at <= at AND id <= last
        since         the period begins: created_at >= since
        before        the last instant before the period
        """
        since = self.since or EARLIEST
        return {
            "at": self.cut.at or LATEST,
            "last": BIGINT_MAX if self.cut.transfer is None else self.cut.transfer,
            "since": since,
            "before": since - TICK,
            "first": self.first,
            "told_at": self.told_at,
            "user": self.user_id,
            "asset": self.asset,
            "account": self.account_id,
            "market": self.market,
            "kind": self.kind,
            "currency": self.currency,
        }


class Query(NamedTuple):
    """SQL whose columns are the report's, all text and none NULL; and its arguments.

    in_order  all rows can be had without a sort: they lie in a table in their order, and
              the rest is looked up (see `IN_ORDER`)
    """

    sql: str
    args: Mapping[str, Any]
    in_order: bool = False


#: Has PostgreSQL walk along a key and look up the rest, remembering what it found: rows
#: come at once, and no sort of all of them waits on the disk. Until the transaction's end.
IN_ORDER: Final = (
    "SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off"
)
#: As it is otherwise.
IN_ANY_ORDER: Final = (
    "SET LOCAL enable_sort TO DEFAULT; SET LOCAL enable_hashjoin TO DEFAULT; "
    "SET LOCAL enable_mergejoin TO DEFAULT"
)


def no_query(_: Params) -> Query | None:
    """For reports that are not a query."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """takes    public names of its parameters, as in reports.selectors.PARAMETERS
    needs    those without which it cannot be
    columns  of these parameters: the reporting currency brings some along
    query    None for a report that is not a query; then `made` makes its rows
    valued_by  which rates its values are made with
    per      the column by whose values its totals are made: amounts of different assets are
             never added up
    formats  names of those that it can be had in
    """

    name: str
    title: str
    explains: str
    takes: tuple[str, ...]
    needs: tuple[str, ...] = ()
    columns: Callable[[Params], Sequence[Column]]
    query: Callable[[Params], Query | None] = no_query
    made: Callable[[Params], Iterator[Row]] | None = None
    per: str = "asset"
    valued_by: str = "by the last rate at or before the cut"
    formats: frozenset[str] = TABULAR

    def rows(self, params: Params) -> Iterator[Row]:
        """All rows, in constant memory."""
        query = self.query(params)
        if query is not None:
            return stream(query)
        assert self.made is not None, f"{self.name} has neither a query nor rows"
        return self.made(params)


def stream(query: Query) -> Generator[Any, None, None]:
    """The rows of a query, a handful at a time, in one transaction."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        if query.in_order:
            with connection.cursor() as settings:
                settings.execute(IN_ORDER)
        cursor.execute(query.sql, query.args)
        while rows := cursor.fetchmany(FETCHED):
            yield from rows
