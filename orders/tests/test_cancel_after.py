"""Dead man's switches: each fires in its time, and once."""

import threading

import pytest
from django.db import connection, transaction

from kernel import clock
from orders.commands import CommandKind, MarketState, OrderStatus, Reason
from orders.errors import CancelAfterInvalid
from orders.models import CancelAfter, Command, Order
from orders.services import (
    fire_cancel_after,
    renew_cancel_after,
    run_clock,
    set_cancel_after,
)
from orders.tests.deadlines import SECOND, order, run_through, state
from tests.stories import NOON, balances, fund, make_market, person, place, settle

in_a_transaction = pytest.mark.django_db


def switches() -> list[tuple[str, str, int]]:
    return [
        (it.user.email.split("@")[0], it.source, (it.deadline - NOON) // SECOND)
        for it in CancelAfter.objects.select_related("user").order_by("user_id", "source")
    ]


def cancelled() -> list[tuple[str, int]]:
    """Whose orders were cancelled where: (name, market)."""
    asked = Command.objects.filter(kind=CommandKind.CANCEL_ALL).order_by("id")
    return [(it.user.email.split("@")[0], it.market_id) for it in asked]


def switch(name: str, seconds: int | None, *, source: str = "", now=NOON) -> None:
    set_cancel_after(user_id=person(name).pk, seconds=seconds, source=source, now=now)


@in_a_transaction
def test_a_switch_cancels_everything_of_its_user_when_it_is_not_renewed():
    bitcoin, ether = make_market("BTC-USDT"), make_market("ETH-USDT")
    order(bitcoin)
    switch("alice", 5)

    run_through(0, 4)
    before = cancelled()
    run_through(5, 60)

    assert before == []
    assert sorted(cancelled()) == [("alice", bitcoin.pk), ("alice", ether.pk)]
    assert {it.side for it in Command.objects.filter(kind=CommandKind.CANCEL_ALL)} == {0}
    assert switches() == []


@in_a_transaction
def test_what_was_renewed_does_not_fire():
    make_market()
    switch("alice", 5)
    switch("alice", 5, now=NOON + 4 * SECOND)

    run_through(0, 8)

    assert cancelled() == []
    assert switches() == [("alice", "", 9)]


@in_a_transaction
def test_what_was_switched_off_does_not_fire():
    make_market()
    switch("alice", 5)
    switch("alice", None)

    run_through(0, 60)

    assert (cancelled(), switches()) == ([], [])


@in_a_transaction
def test_each_source_has_a_switch_of_its_own():
    market = make_market()
    switch("alice", 5)
    switch("alice", 50, source="socket:1")
    switch("bob", 50)

    run_through(0, 10)

    assert cancelled() == [("alice", market.pk)]
    assert switches() == [("alice", "socket:1", 50), ("bob", "", 50)]


@in_a_transaction
def test_many_sources_are_renewed_in_one_statement(django_assert_num_queries):
    alice, bob = person("alice").pk, person("bob").pk
    switch("alice", 5, source="socket:1")

    with django_assert_num_queries(1):
        renew_cancel_after(
            sources={"socket:2": alice, "socket:1": alice, "socket:3": bob},
            seconds=30,
            now=NOON,
        )

    assert switches() == [
        ("alice", "socket:1", 30),
        ("alice", "socket:2", 30),
        ("bob", "socket:3", 30),
    ]


@in_a_transaction
@pytest.mark.parametrize("seconds", [-1, 0, 86_401])
def test_a_switch_for_no_time_or_for_ever_is_refused_and_the_old_one_stays(seconds):
    switch("alice", 5)

    with pytest.raises(CancelAfterInvalid):
        switch("alice", seconds)

    assert switches() == [("alice", "", 5)]


@in_a_transaction
def test_in_a_halted_market_a_switch_waits_for_the_end_of_the_halt():
    bitcoin, ether = make_market("BTC-USDT"), make_market("ETH-USDT")
    order(bitcoin)
    order(ether)
    state(bitcoin, MarketState.HALTED)
    switch("alice", 5)

    run_through(0, 60)
    during = cancelled(), switches()
    state(bitcoin, MarketState.CANCEL_ONLY)
    run_through(61, 70)

    assert during == ([("alice", ether.pk)], [("alice", f"halt:{bitcoin.pk}", 5)])
    assert cancelled() == [("alice", ether.pk), ("alice", bitcoin.pk)]
    assert switches() == []


@in_a_transaction
def test_in_a_halted_market_without_orders_nothing_waits():
    market = make_market()
    state(market, MarketState.HALTED)
    switch("alice", 5)

    run_through(0, 10)

    assert (cancelled(), switches()) == ([], [])


def test_a_crash_while_firing_loses_nothing_and_doubles_nothing(committed_db):
    market = make_market()
    switch("alice", 5)

    with transaction.atomic():
        run_clock(now=NOON + 5 * SECOND)
        transaction.set_rollback(True)  # the lights went out before the commit
    after_crash = cancelled(), switches()
    run_clock(now=NOON + 6 * SECOND)
    run_clock(now=NOON + 7 * SECOND)

    assert after_crash == ([], [("alice", "", 5)])
    assert (cancelled(), switches()) == ([("alice", market.pk)], [])


def test_a_switch_that_is_being_fired_is_left_alone_by_others(committed_db):
    make_market()
    switch("alice", 5)

    def other() -> None:
        run_clock(now=NOON + 5 * SECOND)
        connection.close()

    with transaction.atomic():
        assert CancelAfter.objects.select_for_update().get()
        elsewhere = threading.Thread(target=other)
        elsewhere.start()
        elsewhere.join(timeout=10)

    assert (elsewhere.is_alive(), cancelled()) == (False, [])


@in_a_transaction
def test_switches_that_are_fired_by_hand_fire_at_the_next_look():
    market = make_market()
    switch("alice", 500, source="socket:1")
    switch("bob", 500, source="socket:2")

    alice, carol = person("alice").pk, person("carol").pk
    fire_cancel_after(sources={"socket:1": alice, "socket:3": carol}, now=NOON)
    run_through(0, 2)

    assert cancelled() == [("alice", market.pk)]
    assert switches() == [("bob", "socket:2", 500)]


@in_a_transaction
def test_a_switch_opens_no_accounts_where_its_user_never_traded():
    market, _ = make_market("BTC-USDT"), make_market("ETH-EUR")
    alice = person("alice")
    fund(alice, "BTC", "1")
    place(alice, market, "sell", "0.4", at="60000")
    settle()
    switch("alice", 5, now=clock.now())

    run_clock(now=clock.now() + 5 * SECOND)
    settle()

    assert balances(alice) == {"BTC": ("1", "0"), "USDT": ("0", "0")}


@in_a_transaction
def test_a_switch_takes_back_also_what_the_engine_had_not_seen():
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    placed = place(alice, market, "sell", "0.4", at="60000")
    settle()
    waiting = place(alice, market, "sell", "0.6", at="61000")
    now = clock.now()
    set_cancel_after(user_id=alice.pk, seconds=5, now=now)

    run_clock(now=now + 5 * SECOND)
    settle()

    ended = Order.objects.in_bulk([placed.pk, waiting.pk]).values()
    assert {(it.status, it.reason) for it in ended} == {
        (OrderStatus.CANCELLED, Reason.CANCELLED_ALL)
    }
    assert balances(alice)["BTC"] == ("1", "0")
