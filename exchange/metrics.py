"""How the exchange is doing, as Prometheus reads it; all of it is asked at the scrape.

docs/metrics.md says what to watch. The text format is Prometheus's 0.0.4: a HELP and a TYPE
line for each metric, then its samples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

from exchange.seals import seal_lags
from kernel import clock
from ledger.models import AuditRun
from ledger.selectors import audit_standing, movement_lag
from matching.selectors import shard_standings
from orders.selectors import history_lags

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number, or several that differ in the value of one label.

    values  {value of the label: number}
    """

    name: str
    means: str
    label: str
    values: Mapping[str, float]


def gauges() -> Iterator[Gauge]:
    """Everything that is measured, read anew."""
    yield from _of_engines()
    yield from _of_history()
    yield from _of_audits()
    yield from _of_seals()
    yield Gauge(
        "fairbook_database_connections",
        "Sessions open in the exchange's database, and how many the server allows.",
        "sessions",
        _connections(),
    )


def _of_engines() -> Iterator[Gauge]:
    shards = shard_standings()
    yield Gauge(
        "fairbook_commands_waiting",
        "Commands in the log that the engine of their shard has not settled.",
        "shard",
        {str(it.shard): it.waiting for it in shards},
    )
    yield Gauge(
        "fairbook_engine_lease_age_seconds",
        "Since the engine of a shard last showed that it lives; missing before the first.",
        "shard",
        {str(it.shard): _seconds(it.lease_age) for it in shards if it.lease_age},
    )


def _of_history() -> Iterator[Gauge]:
    lags = {it.name: (it.rows, it.age) for it in history_lags()}
    movements = movement_lag()
    lags["movements"] = (movements.rows, movements.age)
    yield Gauge(
        "fairbook_history_lag_rows",
        "Ids that a list of history is behind its records.",
        "log",
        {name: rows for name, (rows, _) in lags.items()},
    )
    yield Gauge(
        "fairbook_history_lag_seconds",
        "Age of the first record that a list lacks; 0 while fewer wait than are worth it.",
        "log",
        {name: _seconds(age) for name, (_, age) in lags.items()},
    )


def _of_audits() -> Iterator[Gauge]:
    standing = audit_standing()
    ages = {"any": standing.age, "full": standing.full_age}
    yield Gauge(
        "fairbook_audit_age_seconds",
        "Since the last audit began that could look; missing before the first.",
        "kind",
        {kind: _seconds(age) for kind, age in ages.items() if age is not None},
    )
    took = {"last": standing.duration}
    yield Gauge(
        "fairbook_audit_duration_seconds",
        "How long that audit took.",
        "audit",
        {audit: _seconds(it) for audit, it in took.items() if it is not None},
    )
    yield Gauge(
        "fairbook_audit_outcome",
        "1 for how the last audit ended, 0 for the others.",
        "outcome",
        {it.value: float(it.value == standing.outcome) for it in AuditRun.Outcome},
    )
    yield Gauge(
        "fairbook_breaks",
        "Breaks that audits found and nobody has resolved.",
        "state",
        standing.breaks,
    )


def _of_seals() -> Iterator[Gauge]:
    lags = seal_lags(now=clock.now())
    yield Gauge(
        "fairbook_seal_lag_rows",
        "Rows of a log that are not sealed yet.",
        "log",
        {it.log: it.rows for it in lags},
    )
    yield Gauge(
        "fairbook_seal_lag_seconds",
        "Age of the first row of a log that is not sealed yet.",
        "log",
        {it.log: _seconds(it.age) for it in lags},
    )


def _seconds(age: timedelta) -> float:
    return max(age.total_seconds(), 0.0)


def _connections() -> dict[str, float]:
    """What each session does is not ours to see: the application's role is restricted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT numbackends, current_setting('max_connections')::int "
            "FROM pg_stat_database WHERE datname = current_database()"
        )
        opened, allowed = cursor.fetchone()
    return {"open": opened, "allowed": allowed}


def as_text() -> str:
    """All gauges in Prometheus's text format."""
    return "".join(f"{line}\n" for gauge in gauges() for line in _lines(gauge))


def _lines(gauge: Gauge) -> Iterator[str]:
    yield f"# HELP {gauge.name} {gauge.means}"
    yield f"# TYPE {gauge.name} gauge"
    for value, number in gauge.values.items():
        yield f'{gauge.name}{{{gauge.label}="{_quoted(value)}"}} {number}'


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
