"""Days are closed softly, months for good: by whom, when, and what that refuses."""

import hashlib

import pytest
from django.db import connection

from bookkeeping.errors import (
    BookkeepingReasonMissing,
    MayNotClosePeriod,
    MayNotConfirmPeriod,
    MayNotReopenPeriod,
    PeriodFinal,
    PeriodMovedOn,
    PeriodNotOver,
    SameBookkeeper,
    TrialBalanceChanged,
    UnknownPeriod,
)
from bookkeeping.models import FrozenBalance, Period
from bookkeeping.selectors import (
    closed_at,
    days_never_closed,
    period_case,
    period_standing,
    trial_digest,
)
from bookkeeping.services import (
    close_day,
    close_days,
    confirm_closing,
    count_wallet,
    open_period,
    propose_closing,
    reopen_day,
    turn_down_closing,
)
from bookkeeping.states import PeriodKind
from bookkeeping.tests.closings import (
    DAY,
    DESK,
    NOVEMBER,
    OCTOBER,
    booked,
    closed,
    day,
    everything,
    proposed_closing,
    reopened,
    sealed,
    story,
)
from bookkeeping.tests.offices import HOUR, approved, fay, fred, proposed, worth
from kernel.units import Atoms
from ledger.errors import PeriodClosed
from ledger.models import Account, Entry, Seal, Transfer
from ledger.moments import TICK
from tests.staff import member
from tests.stories import NOON

pytestmark = pytest.mark.django_db


# Days -----------------------------------------------------------------------------------


def test_the_house_closes_each_day_that_is_over_since_the_first_transfer():
    booked(OCTOBER + 3 * DAY + HOUR)

    count = close_days(now=OCTOBER + 6 * DAY + 5 * HOUR)

    days = Period.objects.filter(state="soft closed").order_by("begins")
    assert (count, [it.name for it in days]) == (
        3,
        ["2026-10-04", "2026-10-05", "2026-10-06"],
    )
    assert story(days[0]) == [("soft closed", None, "")]
    assert close_days(now=OCTOBER + 6 * DAY + 5 * HOUR) == 0


def test_nothing_is_closed_before_anything_was_booked():
    assert close_days(now=NOON) == 0
    assert not Period.objects.exists()


def test_a_closed_day_takes_no_entry_and_the_days_beside_it_do():
    booked(OCTOBER)
    close_day(period_id=day(OCTOBER + DAY).pk, actor=fay(), now=DESK)
    before = everything()

    for at in (OCTOBER + DAY, OCTOBER + DAY + HOUR, OCTOBER + 2 * DAY - TICK):
        with pytest.raises(PeriodClosed):
            booked(at)
    assert everything() == before
    booked(OCTOBER + DAY - TICK)
    booked(OCTOBER + 2 * DAY)

    assert closed_at(moment=OCTOBER + DAY) == "day 2026-10-02"
    assert closed_at(moment=OCTOBER + 2 * DAY) is None


def test_a_day_is_reopened_with_a_reason_and_closed_again_by_hand():
    booked(OCTOBER)
    close_days(now=OCTOBER + DAY)

    reopened(OCTOBER)
    booked(OCTOBER + HOUR)

    assert days_never_closed(now=OCTOBER + DAY) == []
    assert period_standing(now=OCTOBER + DAY).open_days == 1
    close_day(period_id=day(OCTOBER).pk, actor=fred(), now=DESK)
    assert story(day(OCTOBER)) == [
        ("soft closed", None, ""),
        ("open", fay(), "late slip"),
        ("soft closed", fred(), ""),
    ]


def test_a_day_is_closed_when_it_is_over():
    booked(OCTOBER)
    before = everything()[1:]

    with pytest.raises(PeriodNotOver):
        close_day(period_id=day(OCTOBER).pk, actor=fay(), now=OCTOBER + DAY - TICK)

    assert everything()[1:] == before


@pytest.mark.parametrize("reason", ["", " "])
def test_who_reopens_a_day_says_why(reason):
    booked(OCTOBER)
    close_days(now=OCTOBER + DAY)
    before = everything()

    with pytest.raises(BookkeepingReasonMissing):
        reopen_day(period_id=day(OCTOBER).pk, actor=fay(), reason=reason, now=DESK)

    assert everything() == before


def test_a_correction_of_a_closed_day_is_dated_in_the_open_one_and_linked():
    wrong = booked(OCTOBER)
    close_days(now=OCTOBER + DAY)

    approved(proposed(list(Transfer.objects.filter(entry=wrong)), now=DESK))

    mirror = Transfer.objects.get(code=90)
    assert closed_at(moment=mirror.created_at) is None
    assert mirror.ref == Transfer.objects.get(entry=wrong).pk


# Months ---------------------------------------------------------------------------------


def test_a_month_is_closed_for_good_by_two_people():
    period = closed()

    assert (period.state, period.proposed_by, period.closed_by) == (
        "hard closed",
        fay(),
        fred(),
    )
    assert period.seal == Seal.objects.get()
    assert story(period) == [("proposed", fay(), ""), ("hard closed", fred(), "")]
    for at in (OCTOBER, NOVEMBER - TICK, OCTOBER - 90 * DAY):
        with pytest.raises(PeriodClosed):
            booked(at)
    booked(NOVEMBER + DAY)


def copied(period: Period) -> bytes:
    """What psql writes by the statement that README.md shows."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT account_id, debits, credits FROM bookkeeping_frozenbalance "
            f"WHERE period_id = {period.pk} ORDER BY 1) TO STDOUT (DELIMITER '|')"
        ) as copy,
    ):
        return b"".join(copy)


def test_its_trial_balance_is_frozen_and_hashed_as_an_auditor_would():
    period = closed()

    frozen = FrozenBalance.objects.filter(period=period).order_by("account_id")
    lines = [f"{it.account_id}|{it.debits}|{it.credits}\n" for it in frozen]
    assert [(it.account.kind, int(it.debits), int(it.credits)) for it in frozen] == [
        ("custody", 150, 0),
        ("available", 0, 150),
    ]
    assert period.digest == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert period.digest == trial_digest(until=NOVEMBER)
    assert period.digest == hashlib.sha256(copied(period)).hexdigest()
    assert period_case(period_id=period.pk).frozen == 2


def test_who_proposed_a_closing_does_not_confirm_it():
    period = proposed_closing()
    before = everything()

    with pytest.raises(SameBookkeeper):
        confirm_closing(period_id=period.pk, actor=fay(), now=DESK)

    assert everything() == before


def test_a_proposal_is_turned_down_and_may_be_made_again():
    period = proposed_closing()

    turn_down_closing(period_id=period.pk, actor=fred(), reason="Wait.", now=DESK)
    propose_closing(period_id=period.pk, actor=fred(), reason="", now=DESK)
    confirm_closing(period_id=period.pk, actor=fay(), now=DESK)

    assert [it[0] for it in story(period)] == [
        "proposed",
        "open",
        "proposed",
        "hard closed",
    ]


def test_what_was_booked_since_the_proposal_keeps_the_month_open():
    period = proposed_closing()
    reopened(OCTOBER + 29 * DAY)
    booked(OCTOBER + 29 * DAY + HOUR)
    close_day(period_id=day(OCTOBER + 29 * DAY).pk, actor=fay(), now=DESK)
    sealed()
    before = everything()

    with pytest.raises(TrialBalanceChanged):
        confirm_closing(period_id=period.pk, actor=fred(), now=DESK)

    assert everything() == before


def test_nothing_in_a_month_that_is_closed_for_good_moves_again():
    period = closed()
    before = everything()

    with pytest.raises(PeriodMovedOn):
        turn_down_closing(period_id=period.pk, actor=fred(), reason="r", now=DESK)
    with pytest.raises(PeriodFinal):
        reopened(NOVEMBER - HOUR)
    with pytest.raises(PeriodFinal):
        worth("60000", at=NOVEMBER)
    with pytest.raises(PeriodFinal):
        count_wallet(
            account_id=Account.objects.get(kind="custody").pk,
            at=NOVEMBER,
            amount=Atoms(1),
            source="s",
            actor=fay(),
            now=NOON,
        )

    assert everything() == before


# Rights ---------------------------------------------------------------------------------


def test_who_has_no_right_moves_no_period():
    erin = member("erin", "bookkeeping.view_period")
    month = proposed_closing()
    open_one, closed_one = day(OCTOBER), day(OCTOBER + 28 * DAY)
    other = open_period(kind=PeriodKind.MONTH, day=(OCTOBER - DAY).date(), actor=fay())
    before = everything()

    def by_erin(step, period, **more):
        return step(period_id=period.pk, actor=erin, now=DESK, **more)

    with pytest.raises(MayNotClosePeriod):
        open_period(kind=PeriodKind.DAY, day=OCTOBER.date(), actor=erin)
    with pytest.raises(MayNotClosePeriod):
        by_erin(close_day, open_one)
    with pytest.raises(MayNotClosePeriod):
        by_erin(propose_closing, other, reason="r")
    with pytest.raises(MayNotReopenPeriod):
        by_erin(reopen_day, closed_one, reason="r")
    with pytest.raises(MayNotConfirmPeriod):
        by_erin(confirm_closing, month)
    with pytest.raises(MayNotConfirmPeriod):
        by_erin(turn_down_closing, month, reason="r")

    assert everything() == before


def test_an_unknown_period_is_not_found():
    for step in (close_day, confirm_closing):
        with pytest.raises(UnknownPeriod):
            step(period_id=1, actor=fay(), now=DESK)
    with pytest.raises(UnknownPeriod):
        period_case(period_id=1)


def test_the_standing_says_how_far_the_books_are_closed():
    closed()

    standing = period_standing(now=NOON)

    assert (standing.day.name, standing.month.name) == ("2026-11-01", "2026-10")
    assert (standing.open_days, standing.proposed) == (19, 0)
    assert Entry.objects.count() == 3
