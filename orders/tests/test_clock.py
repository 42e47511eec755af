"""The clock: what is due is told once; a dead man's switch fires in its time, and once."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from kernel import clock, pgcopy
from orders.commands import (
    CommandKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    TimeInForce,
)
from orders.errors import CancelAfterInvalid
from orders.models import CancelAfter, Command, Market, Order, ShardClock, Trade
from orders.services import (
    configure_market,
    renew_cancel_after,
    run_clock,
    set_cancel_after,
)
from tests.stories import NOON, balances, fund, make_market, person, place, settle

in_a_transaction = pytest.mark.django_db
SECOND = timedelta(seconds=1)
OPEN, FILLED = OrderStatus.OPEN, OrderStatus.FILLED


def ask(market: Market, *, expires: datetime | None, name: str = "alice") -> Command:
    """Append a place command that the engine has not seen."""
    return Command.objects.create(
        market_id=market.pk, shard=market.shard, kind=CommandKind.PLACE,
        user_id=person(name).pk, side=OrderSide.BUY, type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTD if expires else TimeInForce.GTC, price=1, quantity=1,
        expires_at=expires, created_at=NOON,
    )  # fmt: skip


def decided(command: Command, status: OrderStatus) -> Order:
    """Record what the engine made of a place command."""
    return Order.objects.create(
        id=command.pk, market_id=command.market_id, user_id=command.user_id,
        side=command.side, type=command.type, price=1, quantity=1, budget=0,
        filled=int(status == FILLED), filled_quote=0, status=status, reason=Reason.NONE,
        maker_ppm=0, taker_ppm=0, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


def order(
    market: Market,
    *,
    expires: datetime | None = None,
    status: OrderStatus = OPEN,
    name: str = "alice",
) -> Order:
    return decided(ask(market, expires=expires, name=name), status)


def state(market: Market, now: MarketState, until: datetime | None = None) -> None:
    """Change the row, as settlement does."""
    Market.objects.filter(pk=market.pk).update(state=now.name.lower(), until=until)


def seconds_told(shard: int = 0) -> list[int]:
    """When the shard was told the time, in seconds after noon."""
    clocks = Command.objects.filter(kind=CommandKind.CLOCK, shard=shard).order_by("id")
    return [(it.created_at - NOON) // SECOND for it in clocks]


def run_through(first: int, last: int) -> None:
    for second in range(first, last + 1):
        run_clock(now=NOON + second * SECOND)


# Expiry ---------------------------------------------------------------------------------


@in_a_transaction
def test_an_order_that_expires_is_told_once_at_its_time():
    market = make_market()
    placed = order(market, expires=NOON + 5 * SECOND)

    run_through(0, 5)
    placed.status = OrderStatus.CANCELLED  # the engine has heard it
    placed.save()
    run_through(6, 70)

    assert seconds_told() == [5]
    [told] = Command.objects.filter(kind=CommandKind.CLOCK)
    assert (told.market_id, told.shard, told.user_id) == (market.pk, 0, 0)


@in_a_transaction
def test_one_command_tells_all_that_is_due_in_a_shard():
    bitcoin, ether = make_market("BTC-USDT"), make_market("ETH-USDT")
    order(bitcoin, expires=NOON + 5 * SECOND)
    order(ether, expires=NOON + 5 * SECOND)
    state(ether, MarketState.AUCTION, NOON + 4 * SECOND)

    run_clock(now=NOON + 5 * SECOND)

    assert seconds_told() == [5]


@in_a_transaction
@pytest.mark.parametrize("status", [OPEN, OrderStatus.ARMED, OrderStatus.WAITING, None])
def test_whatever_may_be_live_expires_also_what_the_engine_has_not_seen(status):
    placed = ask(make_market(), expires=NOON + 5 * SECOND)
    if status is not None:
        decided(placed, status)

    run_clock(now=NOON + 5 * SECOND)

    assert seconds_told() == [5]


@in_a_transaction
@pytest.mark.parametrize(
    "status", [FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED], ids=lambda it: it.name
)
def test_what_has_ended_does_not_expire(status):
    order(make_market(), expires=NOON + 5 * SECOND, status=status)

    run_through(4, 70)

    assert seconds_told() == []


@in_a_transaction
def test_without_anything_due_nothing_is_written_to_the_log():
    order(make_market())

    run_through(0, 100)

    assert Command.objects.count() == 1


@in_a_transaction
def test_while_an_engine_is_down_the_log_is_not_flooded():
    order(make_market(), expires=NOON + 5 * SECOND)

    run_through(0, 200)

    assert seconds_told() == [5, 15, 25, 35, 45, 55, 65]


@in_a_transaction
def test_an_order_that_falls_due_behind_another_is_told_at_its_own_time():
    market = make_market()
    first = order(market, expires=NOON + 5 * SECOND)
    order(market, expires=NOON + 7 * SECOND)

    run_through(0, 5)
    first.status = OrderStatus.CANCELLED
    first.save()
    run_through(6, 8)

    assert seconds_told() == [5, 7]


@in_a_transaction
def test_an_order_that_was_written_after_its_end_is_found():
    market = make_market()
    order(market, expires=NOON + 5 * SECOND)
    run_through(0, 6)

    Order.objects.update(status=OrderStatus.CANCELLED)
    order(market, expires=NOON + 4 * SECOND)  # its commit took three seconds
    run_through(7, 16)

    assert seconds_told() == [5, 15]


@in_a_transaction
def test_after_a_long_sleep_what_fell_due_meanwhile_is_told():
    market = make_market()
    run_clock(now=NOON)
    order(market, expires=NOON + 5 * SECOND)

    run_clock(now=NOON + 86_400 * SECOND)

    assert seconds_told() == [86_400]


# Auctions -------------------------------------------------------------------------------


@in_a_transaction
def test_an_auction_is_told_when_it_ends():
    market = make_market()
    state(market, MarketState.AUCTION, NOON + 5 * SECOND)

    run_through(0, 6)
    state(market, MarketState.OPEN)
    run_through(7, 60)

    assert seconds_told() == [5]


@in_a_transaction
def test_an_auction_that_is_opened_by_hand_does_not_end_by_itself():
    state(make_market(), MarketState.AUCTION, None)

    run_through(0, 60)

    assert seconds_told() == []


# With the engine ------------------------------------------------------------------------


@in_a_transaction
def test_an_order_expires_although_nothing_else_comes_and_its_money_is_free_again():
    market, alice = make_market(), person("alice")
    fund(alice, "USDT", "1000")
    ends = clock.now() + timedelta(hours=1)
    placed = place(
        alice, market, "buy", "0.01", at="60000", time_in_force="gtd", expires_at=ends
    )
    settle()
    held = balances(alice)

    run_clock(now=ends - SECOND)
    early = settle()
    run_clock(now=ends)
    settle()

    assert (held["USDT"], early) == (("400", "600"), 0)
    ended = Order.objects.get(pk=placed.pk)
    assert (ended.status, ended.reason) == (OrderStatus.CANCELLED, Reason.EXPIRED)
    assert balances(alice)["USDT"] == ("1000", "0")


@in_a_transaction
def test_an_auction_ends_by_itself_and_trades():
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "1000")
    now = clock.now()
    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={
            "state": MarketState.AUCTION,
            "until": pgcopy.timestamp(now + 60 * SECOND),
        },
        reason="a call auction",
        now=now,
    )
    settle()
    market.refresh_from_db()
    place(alice, market, "sell", "0.01", at="50000")
    place(bob, market, "buy", "0.01", at="51000")
    settle()
    during = Trade.objects.count(), market.state

    run_clock(now=now + 60 * SECOND)
    settle()

    market.refresh_from_db()
    assert during == (0, "auction")
    assert (Trade.objects.get().auction, market.state, market.until) == (
        True,
        "open",
        None,
    )


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


# Several at once ------------------------------------------------------------------------


def test_two_at_once_do_not_both_tell_the_time(committed_db):
    order(make_market(), expires=NOON + 5 * SECOND)
    run_clock(now=NOON)

    def other() -> None:
        run_clock(now=NOON + 5 * SECOND)
        connection.close()

    with transaction.atomic():
        assert ShardClock.objects.select_for_update().get().told is None
        elsewhere = threading.Thread(target=other)
        elsewhere.start()
        elsewhere.join(timeout=10)

    assert (elsewhere.is_alive(), seconds_told()) == (False, [])


# Dead man's switches --------------------------------------------------------------------


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
