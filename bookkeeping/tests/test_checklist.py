"""What keeps a month open, until it is so."""

import pytest

from bookkeeping.errors import (
    BookkeepingReasonMissing,
    ChecklistUnmet,
    PeriodNotOver,
)
from bookkeeping.selectors import (
    checklist,
    period_case,
)
from bookkeeping.services import (
    close_days,
    confirm_closing,
    open_period,
    propose_closing,
    turn_down_closing,
)
from bookkeeping.states import PeriodKind
from bookkeeping.tests.closings import (
    DAY,
    DESK,
    NOVEMBER,
    OCTOBER,
    audited,
    booked,
    everything,
    in_suspense,
    october,
    proposed_closing,
    ready,
    reopened,
    story,
)
from bookkeeping.tests.offices import HOUR, fay, fred
from ledger.models import Break

pytestmark = pytest.mark.django_db


def unmet() -> list[tuple[str, str]]:
    return [(it.item, it.detail) for it in checklist(period=october()) if not it.is_met]


def test_a_month_that_is_ready_has_nothing_in_its_way():
    ready()

    assert unmet() == []


def test_each_day_is_to_be_closed():
    ready()
    reopened(OCTOBER + 29 * DAY)

    assert unmet() == [("all its days are closed", "open: 2026-10-30")]


def test_the_last_audit_is_to_be_clean():
    ready()
    audited(outcome="broken", kind="recent")

    assert unmet() == [("the last audit is clean", "broken, begun 2026-11-02 09:00")]


@pytest.mark.parametrize(
    ("at", "outcome", "detail"),
    [
        (DESK, "broken", "broken, begun 2026-11-02 09:00"),
        (NOVEMBER - HOUR, "clean", "clean, begun 2026-10-31 23:00"),
    ],
)
def test_everything_is_to_be_audited_after_its_end_and_clean(at, outcome, detail):
    ready()
    audited(at, outcome)
    # Every minute's, which looks at what came and passes over some of the rules.
    audited(kind="recent")

    assert unmet() == [
        ("the last audit of everything is clean and newer than its end", detail)
    ]


def test_no_break_is_to_be_open():
    ready()
    audit = audited()
    found = Break.objects.create(
        invariant="L3",
        subject="account 1",
        what="account 1: wrong",
        found=audit,
        seen=audit,
        opened_at=DESK,
    )

    assert unmet() == [("no break is open", f"breaks {found.pk}")]


def test_its_transfers_are_to_be_sealed():
    booked(OCTOBER)
    close_days(now=DESK)
    audited()

    assert unmet() == [("its transfers are sealed", "1 are not yet")]


def test_neither_a_proposal_nor_a_closing_goes_past_the_checklist():
    period = proposed_closing()
    reopened(OCTOBER + 29 * DAY)
    before = everything()

    with pytest.raises(ChecklistUnmet, match="open: 2026-10-30"):
        confirm_closing(period_id=period.pk, actor=fred(), now=DESK)
    assert everything() == before

    turn_down_closing(period_id=period.pk, actor=fred(), reason="r", now=DESK)
    with pytest.raises(ChecklistUnmet, match="open: 2026-10-30"):
        propose_closing(period_id=period.pk, actor=fay(), reason="", now=DESK)


def test_what_lies_in_suspense_is_explained_in_the_proposal():
    in_suspense(OCTOBER + 28 * DAY)
    period = ready()
    before = everything()

    with pytest.raises(BookkeepingReasonMissing):
        propose_closing(period_id=period.pk, actor=fay(), reason=" ", now=DESK)
    assert everything() == before
    [unknown] = period_case(period_id=period.pk).suspense
    assert (unknown.account.kind, unknown.balance) == ("suspense", 7)
    propose_closing(period_id=period.pk, actor=fay(), reason="Case 12.", now=DESK)

    assert story(period) == [("proposed", fay(), "Case 12.")]


def test_a_month_is_closed_when_it_is_over():
    booked(NOVEMBER)
    november = open_period(kind=PeriodKind.MONTH, day=NOVEMBER.date(), actor=fay())

    with pytest.raises(PeriodNotOver):
        propose_closing(period_id=november.pk, actor=fay(), reason="", now=DESK)

    assert story(november) == []
