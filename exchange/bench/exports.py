"""How fast the books leave as files, beside PostgreSQL's own COPY of the same rows."""

import resource
import time
from collections.abc import Mapping
from typing import Final

from django.db import connection

from exchange.bench.history import History
from exchange.bench.rows import Goal, Limit, Row, measured
from kernel import clock
from reports.catalogue import report_of
from reports.formats import FORMATS, Sink
from reports.selectors import read_params

RUNS: Final = 3
#: So many transfers in each format; in all formats all would take an hour.
SHORT: Final = 200_000
#: And so many in a workbook, which Python writes cell by cell.
SHORTEST: Final = 20_000
MB: Final = 1024


class _Nowhere:
    """Where the bytes go when only their rate counts."""

    def write(self, _: bytes) -> None:
        """Forget them."""


def export_rows(history: History) -> list[Row]:
    """The journal in every format, and the statement of the busiest customer."""
    before = _memory()
    raw, rates = _in_turns(SHORT)
    beside = Limit("raw COPY TO of the transfers", raw, "rows/s")
    size = _memory()
    whole = _rate("journal", "csv", {})
    long = Limit(f"after {SHORT:,} of them", [size], "MB")
    statement, rows = _statement(history.users[0])
    return [
        measured("journal as CSV", rates["csv"], "rows/s", beside=beside,
                 goal=Goal(33, "%")),
        *(
            measured(f"journal as {name}", rates[name], "rows/s", beside=beside)
            for name in ("json", "hledger", "beancount", "xlsx")
        ),
        measured(f"journal of all {history.transfers:,} as CSV", [whole], "rows/s"),
        measured("memory of whoever writes it", [_memory()], "MB", beside=long,
                 goal=Goal(1.1, "×", at_most=True),
                 note=f"before anything was written {before:,.0f}"),
        measured(f"statement of {rows:,} movements as CSV", statement, "s"),
    ]  # fmt: skip


def _in_turns(rows: int) -> tuple[list[float], dict[str, list[float]]]:
    """Rates of raw COPY and of each format, over as many of the first transfers."""
    asked = {"as_of": f"transfer:{rows}"}
    raw: list[float] = []
    few = {"as_of": f"transfer:{min(rows, SHORTEST)}"}
    rates: dict[str, list[float]] = {name: [] for name in FORMATS if name != "html"}
    for _ in range(RUNS):
        raw.append(_raw(rows))
        for name, found in rates.items():
            found.append(_rate("journal", name, few if name == "xlsx" else asked))
    return raw, rates


def _raw(rows: int) -> float:
    query = f"COPY (SELECT * FROM ledger_transfer WHERE id <= {rows}) TO STDOUT"  # noqa: S608  own number
    count, begun = 0, time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for _ in copy:
            count += 1
    return count / (time.perf_counter() - begun)


def _rate(report: str, form: str, asked: Mapping[str, str]) -> float:
    seconds, rows = _seconds(report, form, asked)
    return rows / seconds


def _statement(user: int) -> tuple[list[float], int]:
    done = [_seconds("customer_statement", "csv", {"user": str(user)}) for _ in range(RUNS)]
    return [seconds for seconds, _ in done], done[0][1]


def _seconds(report: str, form: str, asked: Mapping[str, str]) -> tuple[float, int]:
    found = report_of(report)
    begun = time.perf_counter()
    params = read_params(report=found, said=asked, now=clock.now())
    sink = Sink(_Nowhere())
    FORMATS[form].write(sink, found, params)
    return time.perf_counter() - begun, sink.rows


def _memory() -> float:
    """The most that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
