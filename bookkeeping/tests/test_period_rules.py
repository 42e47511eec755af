"""What the database refuses of periods, by raw SQL. README.md lists the rules."""

import itertools

import pytest
from django.db import transaction

from accounts.models import User
from bookkeeping.models import Period
from bookkeeping.selectors import trial_digest
from bookkeeping.services import close_day, close_days, turn_down_closing
from bookkeeping.states import PERIOD_ARROWS, PeriodState
from bookkeeping.tests.by_hand import owning, unguarded
from bookkeeping.tests.closings import (
    DAY,
    DESK,
    NOVEMBER,
    OCTOBER,
    booked,
    closed,
    day,
    in_suspense,
    october,
    proposed_closing,
    ready,
    sealed,
)
from bookkeeping.tests.offices import HOUR, fay, fred
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import asset

pytestmark = pytest.mark.django_db
PERIOD = (
    "INSERT INTO bookkeeping_period (kind, begins, ends, state, digest) "
    "VALUES (%s, %s, %s, %s, '')"
)
EVENT = (
    "INSERT INTO bookkeeping_periodevent "
    "(period_id, before, after, actor_id, reason, digest, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, now())"
)
SOME_DIGEST = "a" * 64


def insert_period(**other: object) -> None:
    facts = {"kind": "day", "begins": OCTOBER, "ends": OCTOBER + DAY, "state": "open"}
    run(PERIOD, *(facts | other).values())


def insert_event(
    period: Period, before: str, after: str, actor: User | None, why="why", digest=""
) -> None:
    run(EVENT, period.pk, before, after, actor and actor.pk, why, digest)


def state_of(period: Period) -> str:
    period.refresh_from_db()
    return period.state


def now_digest() -> str:
    return trial_digest(until=NOVEMBER)


# Facts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "begins", "ends"),
    [
        ("day", OCTOBER + HOUR, OCTOBER + DAY + HOUR),
        ("day", OCTOBER, OCTOBER + 2 * DAY),
        ("day", OCTOBER, NOVEMBER),
        ("month", OCTOBER, OCTOBER + 30 * DAY),
        ("month", OCTOBER + DAY, NOVEMBER + DAY),
    ],
)
def test_a_period_is_a_whole_day_or_month(kind, begins, ends):
    with refused("period_is_a_whole_day_or_month"):
        insert_period(kind=kind, begins=begins, ends=ends)


def test_there_is_one_period_of_a_kind_and_time():
    insert_period()

    with refused("period_is_unique"):
        insert_period()
    insert_period(kind="month", ends=NOVEMBER)


def test_a_period_begins_open():
    for state in set(PeriodState) - {PeriodState.OPEN}:
        with refused("begins at its beginning"):
            insert_period(state=state)


@pytest.mark.parametrize(
    "change",
    [
        "id = id + 1",
        "kind = 'month'",
        "begins = now()",
        "ends = now()",
        "state = 'soft closed'",
        "proposed_by_id = 1",
        "closed_by_id = 1",
        "changed_at = now()",
        "digest = ''",
        "seal_id = 1",
    ],
)
def test_a_period_keeps_its_facts_and_moves_only_by_events(change):
    insert_period()
    before = run("SELECT * FROM bookkeeping_period")
    statement = f"UPDATE bookkeeping_period SET {change}"

    is_id = change.startswith("id ")
    with refused("moves only by an event" if is_id else "permission denied"):
        run(statement)
    with the_owner(), refused("moves only by an event"):
        run(statement)

    assert run("SELECT * FROM bookkeeping_period") == before


def test_periods_are_never_deleted():
    insert_period()

    for statement in (
        "DELETE FROM bookkeeping_period",
        "TRUNCATE bookkeeping_period CASCADE",
    ):
        refused_to_all(statement, why="bookkeeping_period is append-only")


def test_a_day_is_closed_softly_and_a_month_for_good():
    day_one, month = day(OCTOBER), october()

    with refused("period_state_fits_its_kind"):
        insert_event(day_one, "open", "proposed", fay(), digest=SOME_DIGEST)
    with refused("period_state_fits_its_kind"):
        insert_event(month, "open", "soft closed", fay())


def test_a_closing_has_its_makers():
    month = october()

    with unguarded("bookkeeping_period", "periods_move_by_events"):
        for column, maker in (("proposed_by_id", fay()), ("closed_by_id", fred())):
            with refused("period_closing_has_its_makers"):
                run(
                    f"UPDATE bookkeeping_period SET state = 'hard closed', {column} = %s "
                    "WHERE id = %s",
                    maker.pk,
                    month.pk,
                )


# Events ---------------------------------------------------------------------------------


def test_period_events_are_for_ever():
    booked(OCTOBER)
    close_days(now=OCTOBER + DAY)

    is_append_only("bookkeeping_periodevent")


@pytest.mark.parametrize(
    ("before", "after"), [*itertools.product(PeriodState, PeriodState)]
)
def test_a_period_event_follows_an_arrow_of_the_table(before, after):
    arrows = {
        (start, end) for kind in PERIOD_ARROWS.values() for (start, _), end in kind.items()
    }
    digest = SOME_DIGEST if after in ("proposed", "hard closed") else ""

    with transaction.atomic():
        if (before, after) not in arrows:
            with refused("period_event_follows_an_arrow"):
                insert_event(october(), before, after, fay(), digest=digest)
            return
        with unguarded("bookkeeping_periodevent", "events_move_periods"):
            insert_event(october(), before, after, fay(), digest=digest)
        transaction.set_rollback(True)


def test_an_event_begins_where_the_period_is():
    period = day(OCTOBER)

    with refused(f"period {period.pk} is not soft closed"):
        insert_event(period, "soft closed", "open", fay())
    insert_event(period, "open", "soft closed", None)

    assert (state_of(period), period.closed_by) == ("soft closed", None)


def test_only_the_house_closes_days_without_a_name():
    period = ready()

    with refused("period_event_has_its_actor"):
        insert_event(day(OCTOBER + 29 * DAY), "soft closed", "open", None)
    with refused("period_event_has_its_actor"):
        insert_event(period, "open", "proposed", None, digest=now_digest())


def test_an_opening_has_its_reason():
    period = proposed_closing()

    for why in ("", " "):
        with refused("period_opening_has_its_reason"):
            insert_event(day(OCTOBER + 29 * DAY), "soft closed", "open", fay(), why)
        with refused("period_opening_has_its_reason"):
            insert_event(period, "proposed", "open", fred(), why)


def test_what_is_seen_of_a_month_is_named_by_its_digest():
    period = ready()

    for digest in ("", "A" * 64, "a" * 63):
        with refused("period_event_has_its_digest"):
            insert_event(period, "open", "proposed", fay(), digest=digest)
    with refused("period_event_has_its_digest"):
        insert_event(day(OCTOBER), "open", "soft closed", fay(), digest=SOME_DIGEST)


def test_a_period_that_is_not_over_is_not_closed():
    [[today]] = run("SELECT date_trunc('day', now(), 'UTC')")
    period = day(today)

    with owning(), refused(f"period {period.pk} is not over"):
        insert_event(period, "open", "soft closed", fay())

    assert state_of(period) == "open"


# Closing for good -----------------------------------------------------------------------


def test_who_proposed_a_month_does_not_close_it():
    period = proposed_closing()

    with owning(), refused("period_is_closed_by_another"):
        insert_event(period, "proposed", "hard closed", fay(), digest=now_digest())

    assert state_of(period) == "proposed"


def test_a_month_is_proposed_and_closed_when_its_checklist_is_met():
    period = proposed_closing()
    last = day(OCTOBER + 29 * DAY)
    insert_event(last, "soft closed", "open", fay())

    with owning(), refused("not met: all its days are closed: open: 2026-10-30"):
        insert_event(period, "proposed", "hard closed", fred(), digest=now_digest())
    turn_down_closing(period_id=period.pk, actor=fred(), reason="r", now=DESK)
    with owning(), refused("not met: all its days are closed: open: 2026-10-30"):
        insert_event(period, "open", "proposed", fay(), digest=now_digest())

    assert state_of(period) == "open"


def test_a_month_is_closed_with_the_trial_balance_that_both_have_seen():
    period = proposed_closing()
    seen = now_digest()
    insert_event(day(OCTOBER + 29 * DAY), "soft closed", "open", fay())
    booked(OCTOBER + 29 * DAY)
    sealed()
    close_day(period_id=day(OCTOBER + 29 * DAY).pk, actor=fay(), now=DESK)

    with owning(), refused("the trial balance is not the one that was seen"):
        insert_event(period, "proposed", "hard closed", fred(), digest=seen)
    with owning(), refused("the trial balance is not the one that was proposed"):
        insert_event(period, "proposed", "hard closed", fred(), digest=now_digest())

    assert state_of(period) == "proposed"


def test_what_lies_in_suspense_has_its_explanation():
    in_suspense(OCTOBER + 29 * DAY)
    period = ready()

    with owning(), refused("what lies in suspense is not explained"):
        insert_event(period, "open", "proposed", fay(), " ", now_digest())
    insert_event(period, "open", "proposed", fay(), "Case 12.", now_digest())


def test_nothing_before_the_end_of_a_closed_month_moves():
    closed()
    last = day(NOVEMBER - HOUR)

    with owning(), refused(f"period {last.pk} is closed for good"):
        insert_event(last, "soft closed", "open", fay())
    september = day(OCTOBER - DAY)
    with owning(), refused(f"period {september.pk} is closed for good"):
        insert_event(september, "open", "soft closed", fay())


def test_a_frozen_trial_balance_is_for_ever():
    period = closed()
    row = "INSERT INTO bookkeeping_frozenbalance VALUES (default, 1, 1, %s, %s)"

    is_append_only("bookkeeping_frozenbalance")
    refused_row = (0, period.pk)
    with refused("permission denied"):
        run(row, *refused_row)
    with the_owner(), refused("begins at its beginning"):
        run(row, *refused_row)


def test_an_account_is_frozen_once():
    closed()

    with (
        unguarded("bookkeeping_frozenbalance", "frozen_balances_come_with_the_closing"),
        refused("balance_is_frozen_once"),
    ):
        run(
            "INSERT INTO bookkeeping_frozenbalance "
            "(debits, credits, account_id, period_id) "
            "SELECT debits, credits, account_id, period_id FROM bookkeeping_frozenbalance"
        )


# What is closed -------------------------------------------------------------------------


def test_nothing_is_stated_of_a_month_that_is_closed_for_good():
    closed()
    for at in (OCTOBER - DAY, NOVEMBER):
        with the_owner(), refused("the books are closed: nothing is stated"):
            run(
                "INSERT INTO bookkeeping_rate (asset_id, currency_id, at, price, source, "
                "created_at) VALUES (%s, %s, %s, 1, 's', now())",
                asset("BTC").pk,
                asset("USDT").pk,
                at,
            )
        with the_owner(), refused("the books are closed: nothing is stated"):
            run(
                "INSERT INTO bookkeeping_walletcount (account_id, at, amount, source, "
                "entered_by_id, created_at) SELECT id, %s, 1, 's', %s, now() "
                "FROM ledger_account WHERE kind = 'custody'",
                at,
                fay().pk,
            )
