"""Closing beside those who write: who came first is waited for, who comes after is told."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import User
from bookkeeping.errors import PeriodBusy, PeriodFinal
from bookkeeping.models import Period, Rate
from bookkeeping.services import close_day, confirm_closing, record_rate
from bookkeeping.tests.closings import DESK, OCTOBER, booked, day, proposed_closing
from bookkeeping.tests.offices import fay, fred
from kernel.errors import ExchangeError
from ledger.errors import PeriodClosed
from ledger.models import Entry, Transfer
from tests.attempts import refused, run
from tests.stories import asset, person

pytestmark = pytest.mark.usefixtures("committed_db")
WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    with ThreadPoolExecutor(1) as made:
        yield made


def beside(pool: ThreadPoolExecutor, work: Callable[[], object]) -> Future:
    """Work on a connection of its own; what it answers, or what it was refused with."""

    def done() -> object:
        try:
            return work()
        except ExchangeError as refused_with:
            return type(refused_with)
        finally:
            connection.close()

    return pool.submit(done)


def wait_until_it_waits(work: Future) -> None:
    """Fail, rather than look for ever, when the work ended without waiting."""
    while not run(WAITING):
        assert not work.done(), work.result()
        time.sleep(0.01)


def close(period: Period, actor: User) -> str:
    return close_day(period_id=period.pk, actor=actor, now=DESK).state


def test_who_closes_waits_for_who_is_writing(pool):
    period, actor = day(OCTOBER), fay()

    with transaction.atomic():
        booked(OCTOBER)
        closing = beside(pool, lambda: close(period, actor))
        wait_until_it_waits(closing)
        assert not closing.done()

    assert closing.result() == "soft closed"
    assert Transfer.objects.filter(created_at=OCTOBER).count() == 1


def test_who_writes_after_who_closes_is_told_that_the_books_are_closed(pool):
    person("alice")
    booked(DESK)
    period, actor = day(OCTOBER), fay()

    with transaction.atomic():
        close(period, actor)
        writing = beside(pool, lambda: booked(OCTOBER))
        wait_until_it_waits(writing)
        assert not writing.done()

    assert writing.result() is PeriodClosed
    assert Entry.objects.count() == 1


def test_who_states_something_of_a_month_that_is_being_closed_is_told_too(pool):
    period, actor = proposed_closing(), fred()
    rate = {"asset_id": asset("BTC").pk, "currency_id": asset("USDT").pk, "price": 1}

    with transaction.atomic():
        confirm_closing(period_id=period.pk, actor=actor, now=DESK)
        stating = beside(
            pool,
            lambda: record_rate(**rate, at=OCTOBER, source="s", actor=None, now=DESK),
        )
        wait_until_it_waits(stating)
        assert not stating.done()

    assert stating.result() is PeriodFinal
    assert not Rate.objects.exists()


def test_who_closes_gives_up_rather_than_keep_the_house_waiting(pool):
    period, actor = day(OCTOBER), fay()

    with transaction.atomic():
        booked(OCTOBER)
        closing = beside(pool, lambda: close(period, actor))
        assert closing.result() is PeriodBusy

    period.refresh_from_db()
    assert (period.state, period.events.count()) == ("open", 0)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_who_looks_at_an_old_picture_moves_no_money(level):
    with refused("money moves in transactions that read what is committed"):
        run(f"SET TRANSACTION ISOLATION LEVEL {level}")
        booked(OCTOBER)

    assert not Transfer.objects.exists()
