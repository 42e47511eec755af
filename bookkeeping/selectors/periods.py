"""Periods: what is closed, what may be closed, and what still keeps a month open."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from bookkeeping.errors import UnknownPeriod
from bookkeeping.models import Period, PeriodEvent
from bookkeeping.states import PeriodKind, PeriodState
from kernel.units import Atoms
from ledger.models import Account, Transfer

DAY = timedelta(days=1)


class Check(NamedTuple):
    """One line of the checklist of a month."""

    item: str
    is_met: bool
    detail: str


class InSuspense(NamedTuple):
    """What an account of unexplained money had at the end of a month, in atoms."""

    account: Account
    balance: Atoms


@dataclass(frozen=True, slots=True)
class PeriodCase:
    """All that somebody wants to know before closing a period.

    events    what was done to it, the first one first
    checks    of a month that is not closed for good; else empty
    digest    of a month's trial balance: as it is now, or as it was frozen
    suspense  of a month: what needs an explanation
    frozen    how many lines of its trial balance were frozen
    """

    period: Period
    events: list[PeriodEvent]
    checks: list[Check]
    digest: str
    suspense: list[InSuspense]
    frozen: int


@dataclass(frozen=True, slots=True)
class PeriodStanding:
    """How far the books are closed; None where nothing is.

    day, month  the last one that is closed
    open_days   days that are over and not closed
    proposed    months that wait for a second person
    """

    day: Period | None
    month: Period | None
    open_days: int
    proposed: int


def period_case(*, period_id: int) -> PeriodCase:
    """raises  UnknownPeriod"""
    period = _periods().filter(pk=period_id).first()
    if period is None:
        raise UnknownPeriod(period_id=str(period_id))
    is_month = period.kind == PeriodKind.MONTH
    is_final = period.state == PeriodState.HARD_CLOSED
    return PeriodCase(
        period=period,
        events=list(period.events.select_related("actor").order_by("id")),
        checks=checklist(period=period) if is_month and not is_final else [],
        digest=_digest_shown(period),
        suspense=in_suspense(until=period.ends) if is_month else [],
        frozen=period.balances.count(),
    )


def checklist(*, period: Period) -> list[Check]:
    """What must be so before a month is closed; the database looks at the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item, is_met, detail FROM bookkeeping_checklist(%s, %s)",
            [period.begins, period.ends],
        )
        return [Check(*row) for row in cursor.fetchall()]


def trial_digest(*, until: datetime) -> str:
    """SHA-256, in hex, of the trial balance of all that happened before an instant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bookkeeping_trial_digest(%s)", [until])
        return str(cursor.fetchone()[0])


def in_suspense(*, until: datetime) -> list[InSuspense]:
    """What lay in suspense before an instant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM bookkeeping_suspense(%s)", [until])
        found = {account: Atoms(int(balance)) for account, balance in cursor.fetchall()}
    accounts = Account.objects.select_related("asset").filter(pk__in=found)
    return [InSuspense(it, found[it.pk]) for it in accounts.order_by("id")]


def closed_at(*, moment: datetime) -> str | None:
    """The closed period that an instant lies in, as "day 2026-11-20"; None when open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bookkeeping_closed_at(%s)", [moment])
        name: str | None = cursor.fetchone()[0]
    return name


def days_never_closed(*, now: datetime) -> list[datetime]:
    """The beginnings of the days that are over and on which nobody has decided yet.

    From the day of the first transfer, or the end of the last month that is closed for
    good. A day that was reopened stays open until a person closes it.
    """
    begins = _first_day()
    if begins is None:
        return []
    decided = set(
        Period.objects.filter(kind=PeriodKind.DAY.value, begins__gte=begins)
        .exclude(changed_at=None)
        .values_list("begins", flat=True)
    )
    over = (_midnight(now) - begins) // DAY
    days = (begins + number * DAY for number in range(over))
    return [day for day in days if day not in decided]


def period_standing(*, now: datetime) -> PeriodStanding:
    """How far the books are closed, for dashboards."""
    days = _periods().filter(kind=PeriodKind.DAY.value)
    months = _periods().filter(kind=PeriodKind.MONTH.value)
    begins = _first_day()
    reopened = days.filter(state=PeriodState.OPEN.value, begins__gte=begins or now)
    return PeriodStanding(
        day=days.filter(state=PeriodState.SOFT_CLOSED.value).order_by("-begins").first(),
        month=months.filter(state=PeriodState.HARD_CLOSED.value)
        .order_by("-begins")
        .first(),
        open_days=len(days_never_closed(now=now))
        + reopened.exclude(changed_at=None).count(),
        proposed=proposed_months(),
    )


def proposed_months() -> int:
    """How many months wait for a second person."""
    return Period.objects.filter(state=PeriodState.PROPOSED.value).count()


def _first_day() -> datetime | None:
    """Where the days begin that are to be closed; None while nothing was booked."""
    final = Period.objects.filter(state=PeriodState.HARD_CLOSED.value).order_by("-ends")
    if ends := final.values_list("ends", flat=True).first():
        return ends
    first = Transfer.objects.order_by("id").values_list("created_at", flat=True).first()
    return first and _midnight(first)


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _digest_shown(period: Period) -> str:
    if period.kind == PeriodKind.DAY:
        return ""
    if period.state == PeriodState.HARD_CLOSED:
        return period.digest
    return trial_digest(until=period.ends)


def _periods() -> QuerySet[Period]:
    return Period.objects.select_related("proposed_by", "closed_by", "seal")
