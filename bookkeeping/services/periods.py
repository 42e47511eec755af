"""Closing the books: days softly, months for good and by two people.

Lock order: the period's row, then the lock that writers of transfers share. Whoever closes
waits a moment for those, and gives up rather than keep the house waiting.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import User
from bookkeeping.errors import (
    BookkeepingReasonMissing,
    ChecklistUnmet,
    MayNotClosePeriod,
    MayNotConfirmPeriod,
    MayNotReopenPeriod,
    PeriodBusy,
    PeriodFinal,
    PeriodMovedOn,
    PeriodNotOver,
    SameBookkeeper,
    TrialBalanceChanged,
    UnknownPeriod,
)
from bookkeeping.models import Period, PeriodEvent
from bookkeeping.selectors import checklist, days_never_closed, in_suspense, trial_digest
from bookkeeping.services.adjustments import REASON_MAX, reason_given
from bookkeeping.states import PeriodKind, PeriodState, PeriodStep, period_after
from kernel.errors import Refused

RIGHT_TO_CLOSE: Final = "bookkeeping.close_period"
RIGHT_TO_REOPEN: Final = "bookkeeping.reopen_period"
RIGHT_TO_CONFIRM: Final = "bookkeeping.confirm_period"
#: So long writers of transfers may keep whoever closes waiting, and are kept by them.
PATIENCE: Final = "2s"


@transaction.atomic
def open_period(*, kind: PeriodKind, day: date, actor: User) -> Period:
    """Find the day, or the month that it lies in, or begin its story: it is open.

    raises  MayNotClosePeriod
    """
    if not actor.has_perm(RIGHT_TO_CLOSE):
        raise MayNotClosePeriod
    return _opened(kind, day)


def close_days(*, now: datetime) -> int:
    """Close softly, in the house's name, all days that are over and never were closed.

    Each in a transaction of its own, so that writers wait for none of them long.

    returns  how many
    raises   PeriodBusy; the days before are closed
    """
    days = days_never_closed(now=now)
    for day in days:
        with transaction.atomic():
            period = _opened(PeriodKind.DAY, day.date())
            _move(_locked(period.pk), PeriodStep.CLOSE, actor=None, now=now)
    return len(days)


@transaction.atomic
def close_day(*, period_id: int, actor: User, now: datetime) -> Period:
    """Close a day softly: nothing is booked into it any more, until it is reopened.

    raises  UnknownPeriod, MayNotClosePeriod, PeriodNotOver, PeriodFinal, PeriodMovedOn,
            PeriodBusy; nothing is written
    """
    period = _locked(period_id)
    _expect_arrow(period, PeriodStep.CLOSE)
    expect_mover(period=period, actor=actor)
    return _move(period, PeriodStep.CLOSE, actor=actor, now=now)


@transaction.atomic
def reopen_day(*, period_id: int, actor: User, reason: str, now: datetime) -> Period:
    """Open a day again that was closed softly.

    raises  UnknownPeriod, MayNotReopenPeriod, BookkeepingReasonMissing, PeriodFinal,
            PeriodMovedOn; nothing is written
    """
    period = _locked(period_id)
    _expect_arrow(period, PeriodStep.REOPEN)
    expect_mover(period=period, actor=actor)
    why = reason_given(reason=reason)
    return _move(period, PeriodStep.REOPEN, actor=actor, now=now, reason=why)


@transaction.atomic
def propose_closing(*, period_id: int, actor: User, reason: str, now: datetime) -> Period:
    """Propose to close a month for good, with the trial balance as it is now.

    reason  explains what lies in suspense; may be empty when nothing does
    raises  UnknownPeriod, MayNotClosePeriod, PeriodNotOver, PeriodFinal, PeriodMovedOn,
            ChecklistUnmet, BookkeepingReasonMissing, TrialBalanceChanged; nothing is
            written
    """
    period = _locked(period_id)
    _expect_arrow(period, PeriodStep.PROPOSE)
    expect_mover(period=period, actor=actor)
    _expect_checklist(period, now=now)
    if len(reason) > REASON_MAX or (not reason.strip() and in_suspense(until=period.ends)):
        raise BookkeepingReasonMissing("Explain what lies in suspense, in 500 characters.")
    return _move(
        period,
        PeriodStep.PROPOSE,
        actor=actor,
        now=now,
        reason=reason.strip(),
        digest=trial_digest(until=period.ends),
    )


@transaction.atomic
def confirm_closing(*, period_id: int, actor: User, now: datetime) -> Period:
    """Close a month for good: its trial balance is frozen, and nothing is ever booked
    again to before its end.

    raises  UnknownPeriod, SameBookkeeper, MayNotConfirmPeriod, PeriodMovedOn, PeriodFinal,
            ChecklistUnmet, TrialBalanceChanged since it was proposed, PeriodBusy; nothing
            is written
    """
    period = _locked(period_id)
    _expect_arrow(period, PeriodStep.CLOSE_FOR_GOOD)
    expect_mover(period=period, actor=actor)
    _expect_checklist(period, now=now)
    digest = trial_digest(until=period.ends)
    if digest != period.digest:
        raise TrialBalanceChanged
    return _move(period, PeriodStep.CLOSE_FOR_GOOD, actor=actor, now=now, digest=digest)


@transaction.atomic
def turn_down_closing(*, period_id: int, actor: User, reason: str, now: datetime) -> Period:
    """State why a month is not to be closed yet; it may be proposed again.

    raises  UnknownPeriod, SameBookkeeper, MayNotConfirmPeriod, BookkeepingReasonMissing,
            PeriodMovedOn; nothing is written
    """
    period = _locked(period_id)
    _expect_arrow(period, PeriodStep.TURN_DOWN)
    expect_mover(period=period, actor=actor)
    why = reason_given(reason=reason)
    return _move(period, PeriodStep.TURN_DOWN, actor=actor, now=now, reason=why)


def expect_mover(*, period: Period, actor: User) -> None:
    """Make sure that `actor` may take the next step with a period, whatever it is.

    raises  PeriodFinal, SameBookkeeper, MayNotClosePeriod, MayNotReopenPeriod,
            MayNotConfirmPeriod
    """
    _expect_not_final(period)
    is_proposed = period.state == PeriodState.PROPOSED
    if is_proposed and actor.pk == period.proposed_by_id:
        raise SameBookkeeper
    if demand := _RIGHTS.get(PeriodState(period.state)):
        right, refusal = demand
        if not actor.has_perm(right):
            raise refusal


#: Who takes the next step from a state has this right, or is refused so.
_RIGHTS: Final[Mapping[PeriodState, tuple[str, type[Refused]]]] = {
    PeriodState.OPEN: (RIGHT_TO_CLOSE, MayNotClosePeriod),
    PeriodState.SOFT_CLOSED: (RIGHT_TO_REOPEN, MayNotReopenPeriod),
    PeriodState.PROPOSED: (RIGHT_TO_CONFIRM, MayNotConfirmPeriod),
}


def _expect_not_final(period: Period) -> None:
    final = Period.objects.filter(state=PeriodState.HARD_CLOSED.value)
    if final.filter(ends__gte=period.ends).exclude(pk=period.pk).exists():
        raise PeriodFinal


def _opened(kind: PeriodKind, day: date) -> Period:
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    ends = begins + timedelta(days=1)
    if kind is PeriodKind.MONTH:
        begins = begins.replace(day=1)
        ends = (begins + timedelta(days=31)).replace(day=1)
    period, _ = Period.objects.get_or_create(
        kind=kind.value, begins=begins, defaults={"ends": ends}
    )
    return period


def _locked(period_id: int) -> Period:
    """Lock the row, so that of two steps at the same time the second sees the first."""
    period = Period.objects.select_for_update().filter(pk=period_id).first()
    if period is None:
        raise UnknownPeriod(period_id=str(period_id))
    return period


def _expect_arrow(period: Period, step: PeriodStep) -> PeriodState:
    before = PeriodState(period.state)
    after = period_after(PeriodKind(period.kind), before, step)
    if after is None:
        raise PeriodMovedOn(f"It is {before}.", state=before)
    _expect_not_final(period)
    return after


def _expect_checklist(period: Period, *, now: datetime) -> None:
    if now < period.ends:
        raise PeriodNotOver
    unmet = [check for check in checklist(period=period) if not check.is_met]
    if unmet:
        said = (f"{it.item} ({it.detail})" if it.detail else it.item for it in unmet)
        raise ChecklistUnmet("Not so yet: " + "; ".join(said) + ".")


def _move(
    period: Period,
    step: PeriodStep,
    *,
    actor: User | None,
    now: datetime,
    reason: str = "",
    digest: str = "",
) -> Period:
    """Go along an arrow of the table: the event moves the row, and closes the books."""
    after = _expect_arrow(period, step)
    if after is PeriodState.SOFT_CLOSED and now < period.ends:
        raise PeriodNotOver
    event = PeriodEvent(
        period=period,
        before=period.state,
        after=after.value,
        actor=actor,
        reason=reason,
        digest=digest,
        created_at=now,
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            event.save(force_insert=True)
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as waited:
        raise PeriodBusy from waited
    except IntegrityError as broken:
        # What was looked at above has changed since: somebody else was quicker.
        raise TrialBalanceChanged from broken
    period.refresh_from_db()
    return period
