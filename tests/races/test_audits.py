"""Audits while others write, and beside each other: nothing is missed, and nothing is found
that is not wrong."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import connection, transaction

from exchange.audit_halts import halt_markets
from exchange.audit_marks import safe_marks
from exchange.audit_runs import AuditAtWork, run_audit
from ledger.models import AuditRun, Break, Entry, Transfer
from ledger.selectors import open_breaks
from orders.models import Market
from tests.attempts import no_guards, run
from tests.stories import NOON, asset, fund, make_market, person, place, settle
from withdrawals.services import mark_withdrawal_paid
from withdrawals.tests.wishes import alice_with, approved, dave, wish

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def market() -> Market:
    market = make_market()
    fund(person("alice"), "BTC", "100")
    fund(person("bob"), "USDT", "10000000")
    run_audit(full=True)
    return market


@contextmanager
def meanwhile(work) -> Iterator[Future[None]]:
    """`work(stop)` goes on in another thread, until the block ends."""
    stop = Event()

    def at_work() -> None:
        try:
            work(stop)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(at_work)
        try:
            yield future
        finally:
            stop.set()
            future.result()


@contextmanager
def a_deposit_in_flight(audited: Event) -> Iterator[None]:
    """Somebody has drawn ids of an entry and its transfer, and commits after `audited`."""
    written = Event()

    def write(stop: Event) -> None:
        with transaction.atomic():
            fund(person("carol"), "ETH", "5")
            written.set()
            audited.wait(20)

    with meanwhile(write):
        assert written.wait(20)
        yield


def test_audits_during_trading_and_payouts_find_nothing(market):
    def work(stop: Event) -> None:
        alice = alice_with("2")
        while not stop.is_set():
            for _ in range(5):
                place(person("alice"), market, "sell", "0.01", at="20000")
                place(person("bob"), market, "buy", "0.01", at="20000")
            settle()
            agreed = approved(alice, "0.001")
            wish(alice, "0.001")
            mark_withdrawal_paid(
                withdrawal_id=agreed.pk, actor=dave(), txid="00ff", now=NOON
            )

    with meanwhile(work):
        runs = [run_audit(full=number % 5 == 4) for number in range(10)]

    assert [it.outcome for it in [*runs, run_audit(full=False)]] == ["clean"] * 11
    assert runs[-1].marks["transfer"] > runs[0].marks["transfer"]
    assert not Break.objects.exists()


def test_a_mark_does_not_pass_what_is_not_committed(market):
    audited = Event()
    with a_deposit_in_flight(audited):
        top = Transfer.objects.order_by("-id")[0].pk
        fund(person("bob"), "BTC", "1")  # a later id can be seen, the earlier one cannot
        assert safe_marks(patience=0.2) is None
        marks = run_audit(full=False, patience=0.2).marks
        audited.set()

    assert marks["transfer"] == top
    later = run_audit(full=False)
    assert later.outcome == "clean"
    assert later.marks["transfer"] == Transfer.objects.order_by("-id")[0].pk


def test_what_was_in_flight_is_looked_at_by_the_next_audit(market):
    audited = Event()
    with a_deposit_in_flight(audited):
        fund(person("bob"), "BTC", "1")
        run_audit(full=False, patience=0.2)
        audited.set()
    with no_guards():
        run(
            "UPDATE ledger_transfer SET entry_id = 0 WHERE credit_id = (SELECT id FROM "
            "ledger_account WHERE owner_id = %s AND kind = 'available')",
            person("carol").pk,
        )

    run_audit(full=False)

    assert "L7" in {it.invariant for it in open_breaks()}


def test_a_second_audit_does_not_look_beside_the_first(market):
    def look(stop: Event) -> None:
        def tell(_: object) -> None:
            looking.set()
            stop.wait(0.2)

        run_audit(full=False, tell=tell)

    looking, before = Event(), AuditRun.objects.count()
    with meanwhile(look):
        assert looking.wait(20)
        with pytest.raises(AuditAtWork):
            run_audit(full=False)

    assert AuditRun.objects.count() == before + 1


def test_a_second_audit_may_wait_for_the_first(market):
    def look(stop: Event) -> None:
        run_audit(full=False, tell=lambda _: looking.set())

    looking, before = Event(), AuditRun.objects.count()
    with meanwhile(look):
        assert looking.wait(20)
        run_audit(full=False, wait=20)

    assert AuditRun.objects.count() == before + 2


def test_an_audit_that_cannot_look_says_so_and_the_next_one_goes_on(market):
    run("SET ROLE NONE")
    run("ALTER TABLE orders_preventedmatch RENAME TO elsewhere")
    run("SET ROLE fairbook_app")
    try:
        with pytest.raises(Exception, match="orders_preventedmatch"):
            run_audit(full=False)
    finally:
        run("SET ROLE NONE")
        run("ALTER TABLE elsewhere RENAME TO orders_preventedmatch")
        run("SET ROLE fairbook_app")

    failed = AuditRun.objects.latest("id")
    assert failed.outcome == "failed"
    assert "orders_preventedmatch" in failed.note
    assert run_audit(full=False).outcome == "clean"
    assert not Break.objects.exists()


def test_a_halt_that_was_lost_is_made_up_for(market):
    with no_guards():
        run("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'custody'")
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr("exchange.audit_runs.halt_markets", lambda now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_audit(full=False)
    assert open_breaks().count() > 0

    run_audit(full=False)
    settle()

    market.refresh_from_db()
    assert market.state == "halted"
    assert halt_markets(now=NOON) == []
    assert asset("BTC").pk in open_breaks()[0].assets
    assert Entry.objects.count() == 2
