"""What the audits found, and whom an unresolved break concerns."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from ledger.errors import UnknownBreak
from ledger.models import AuditRun, Break


def last_audit(*, kind: str | None = None, outcome: str | None = None) -> AuditRun | None:
    """The newest audit, of this kind and outcome if they are given."""
    runs = AuditRun.objects.order_by("-id")
    if kind is not None:
        runs = runs.filter(kind=kind)
    if outcome is not None:
        runs = runs.filter(outcome=outcome)
    return runs.first()


def last_look() -> AuditRun | None:
    """The newest audit that could look; its marks are where the next one goes on."""
    looked = AuditRun.objects.exclude(outcome=AuditRun.Outcome.FAILED)
    return looked.order_by("-id").first()


def open_breaks() -> QuerySet[Break]:
    """The breaks that nobody has resolved, the oldest first."""
    return Break.objects.filter(~Q(state=Break.State.RESOLVED)).order_by("id")


def break_of(*, asset_id: int) -> Break | None:
    """The oldest unresolved break that concerns an asset; one of unknown assets does."""
    return open_breaks().filter(Q(assets__contains=[asset_id]) | Q(assets=[])).first()


def break_case(*, break_id: int) -> Break:
    """raises  UnknownBreak"""
    rows = Break.objects.select_related("acknowledged_by", "resolved_by", "found", "seen")
    found = rows.filter(pk=break_id).first()
    if found is None:
        raise UnknownBreak(break_id=str(break_id))
    return found


@dataclass(frozen=True, slots=True)
class AuditStanding:
    """How the audits are doing; by the database's clock.

    age       since the last one that could look began; None before the first
    duration  of it
    outcome   of the last audit of all: a failed one could not look
    full_age  since the last full one that could look began; None before the first
    breaks    that nobody has resolved, by state: "open" or "acknowledged"
    """

    age: timedelta | None
    duration: timedelta | None
    outcome: str
    full_age: timedelta | None
    breaks: dict[str, int]


def audit_standing() -> AuditStanding:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        age, duration, outcome, full_age = cursor.fetchone()
        cursor.execute(_BREAKS)
        breaks = {"open": 0, "acknowledged": 0, **dict(cursor)}
        return AuditStanding(age, duration, outcome, full_age, breaks)


_STANDING = """
    WITH last AS (
        SELECT * FROM ledger_auditrun WHERE outcome <> 'failed' ORDER BY id DESC LIMIT 1
    )
    SELECT (SELECT clock_timestamp() - started_at FROM last),
           (SELECT finished_at - started_at FROM last),
           coalesce((SELECT outcome FROM ledger_auditrun ORDER BY id DESC LIMIT 1), ''),
           (SELECT clock_timestamp() - started_at FROM ledger_auditrun
            WHERE kind = 'full' AND outcome <> 'failed' ORDER BY id DESC LIMIT 1)
"""
_BREAKS = "SELECT state, count(*) FROM ledger_break WHERE state <> 'resolved' GROUP BY 1"
