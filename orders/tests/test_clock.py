"""The clock: what is due is told to the engine once, at its time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kernel import clock, pgcopy
from orders.commands import CommandKind, MarketState, OrderStatus, Reason
from orders.models import Command, Order, ShardClock, Trade
from orders.services import configure_market, run_clock
from orders.tests.deadlines import (
    FILLED,
    OPEN,
    SECOND,
    ask,
    decided,
    order,
    run_through,
    state,
)
from tests.stories import NOON, balances, fund, make_market, person, place, settle

in_a_transaction = pytest.mark.django_db


def seconds_told(shard: int = 0) -> list[int]:
    """When the shard was told the time, in seconds after noon."""
    clocks = Command.objects.filter(kind=CommandKind.CLOCK, shard=shard).order_by("id")
    return [(it.created_at - NOON) // SECOND for it in clocks]


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
