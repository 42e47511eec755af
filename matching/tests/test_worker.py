"""The engine's loop: its fence, its lease, and what it does when something is wrong."""

from datetime import timedelta

import pytest
from django.db import connection

from exchange.audit import audit
from kernel import clock
from ledger.models import AccountKind, Transfer
from matching.models import Cursor, EventBatch
from matching.verify import differences
from matching.worker import Worker
from orders.commands import MarketState, OrderSide, OrderStatus, OrderType, Reason
from orders.models import Command, Market, MarketChange, Order, Trade
from orders.services import append_commands, configure_market, request_cancel
from tests.stories import balances, fund, house, make_market, person, place, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> Market:
    market = make_market()
    for name in ("alice", "bob"):
        fund(person(name), "BTC", "1")
        fund(person(name), "USDT", "100000")
    return market


def states() -> list[tuple[str, str]]:
    return [
        (OrderStatus(o.status).name, Reason(o.reason).name)
        for o in Order.objects.order_by("id")
    ]


def configure(market: Market, *, reason: str = "maintenance", **values: int) -> Command:
    return configure_market(
        market_id=market.pk,
        user_id=None,
        settings=values,
        reason=reason,
        now=clock.now(),
    )


def changes(market: Market) -> list[tuple[str, int | None, int, str]]:
    rows = MarketChange.objects.filter(market=market).order_by("id")
    return list(rows.values_list("state", "user_id", "command_id", "reason"))


def let_the_lease_end() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matching_cursor SET renewed_at = renewed_at - interval '1 s'"
        )


def test_a_second_engine_stands_by_while_the_first_lives(market):
    first, second = Worker(shard=0), Worker(shard=0)
    place(person("alice"), market, "sell", "0.1", at="60000")
    assert first.step() == 1

    place(person("bob"), market, "buy", "0.1", at="60000")

    assert second.step() is None
    assert first.step() == 1
    assert Cursor.objects.get().holder == first.holder


def test_a_second_engine_takes_over_when_the_lease_has_ended(market):
    first, second = Worker(shard=0), Worker(shard=0)
    place(person("alice"), market, "sell", "0.1", at="60000")
    first.step()
    place(person("bob"), market, "buy", "0.1", at="60000")
    let_the_lease_end()

    assert second.step() == 1

    assert states() == [("FILLED", "NONE"), ("FILLED", "NONE")]
    assert first.step() is None


def test_an_engine_that_slept_rebuilds_its_book_before_it_matches(market):
    sleeper, other = Worker(shard=0), Worker(shard=0)
    resting = place(person("alice"), market, "sell", "0.1", at="60000")
    sleeper.step()
    let_the_lease_end()
    request_cancel(user_id=person("alice").pk, order_id=resting.pk, now=clock.now())
    other.step()
    let_the_lease_end()

    place(person("bob"), market, "buy", "0.1", at="60000")
    sleeper.step()

    assert states() == [("CANCELLED", "CANCELLED_BY_USER"), ("OPEN", "NONE")]
    assert Trade.objects.count() == 0


def test_a_release_lets_the_next_engine_in_at_once(market):
    first, second = Worker(shard=0), Worker(shard=0)
    place(person("alice"), market, "sell", "0.1", at="60000")
    first.step()

    first.release()

    assert second.step() == 0


def test_an_order_that_the_books_refuse_is_quarantined_and_closes_its_market_alone(market):
    other = make_market("ETH-USDT")
    fund(person("alice"), "ETH", "1")
    place(person("alice"), market, "sell", "0.1", at="60000")
    place(person("alice"), other, "sell", "1", at="3000")
    # A fee of more than was received would leave the taker with less than nothing; no
    # interface can ask for it, so it stands for a defect of our own.
    absurd = Command(
        market_id=market.pk,
        shard=0,
        kind=1,
        user_id=person("carol").pk,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        price=6_000_000,
        quantity=10_000,
        taker_ppm=2_000_000,
        created_at=clock.now(),
    )
    fund(person("carol"), "USDT", "10000")
    append_commands(commands=[absurd])
    place(person("bob"), other, "buy", "1", at="3000")

    assert settle() == 4

    assert states() == [
        ("OPEN", "NONE"),
        ("FILLED", "NONE"),
        ("REJECTED", "INTERNAL_ERROR"),
        ("FILLED", "NONE"),
    ]
    market.refresh_from_db()
    other.refresh_from_db()
    assert (market.state, other.state) == ("cancel_only", "open")
    assert changes(market) == [("cancel_only", None, absurd.pk, "internal_error")]
    assert changes(other) == []
    assert balances(person("carol")) == {"USDT": ("10000", "0")}
    assert [finding.invariant.id for finding in audit() if finding.violations] == []
    assert list(differences(shard=0)) == []


def test_a_command_for_a_market_that_is_not_there_stops_nobody(market):
    stray = Command(
        market_id=10_000,
        shard=0,
        kind=1,
        user_id=person("alice").pk,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        price=1,
        quantity=1,
        created_at=clock.now(),
    )
    append_commands(commands=[stray])
    place(person("alice"), market, "sell", "0.1", at="60000")

    assert settle() == 2

    assert states() == [("OPEN", "NONE")]
    # It cannot happen through an interface, and it does not go unseen.
    assert [f.invariant.id for f in audit() if f.violations] == ["O9"]


def test_a_market_that_takes_cancels_only_lets_everybody_out(market):
    resting = place(person("alice"), market, "sell", "0.1", at="60000")
    late = place(person("bob"), market, "buy", "0.1", at="50000")
    settle()
    configure(market, state=MarketState.CANCEL_ONLY)
    crossing = place(person("bob"), market, "buy", "0.1", at="60000")
    settle()

    for order, name in ((resting, "alice"), (late, "bob")):
        request_cancel(user_id=person(name).pk, order_id=order.pk, now=clock.now())
    settle()

    assert states() == [
        ("CANCELLED", "CANCELLED_BY_USER"),
        ("CANCELLED", "CANCELLED_BY_USER"),
        ("REJECTED", "MARKET_NOT_OPEN"),
    ]
    assert crossing.pk == Order.objects.order_by("id").last().pk
    assert balances(person("bob")) == {"BTC": ("1", "0"), "USDT": ("100000", "0")}


def test_funds_cannot_back_two_orders_in_two_markets(market):
    other = make_market("ETH-USDT")
    place(person("bob"), market, "buy", "1", at="90000")
    place(person("bob"), other, "buy", "10", at="9000")

    settle()

    assert states() == [("OPEN", "NONE"), ("REJECTED", "INSUFFICIENT_FUNDS")]
    assert balances(person("bob"))["USDT"] == ("10000", "90000")


def test_a_price_improvement_is_given_back_in_the_same_batch(market):
    place(person("alice"), market, "sell", "1", at="60000")
    place(person("bob"), market, "buy", "1", at="70000")

    settle()

    assert balances(person("bob")) == {"BTC": ("1.998", "0"), "USDT": ("40000", "0")}
    assert house("BTC", AccountKind.FEES, "BTC-USDT") == "0.002"


def test_a_market_buy_spends_whole_lots_and_gets_the_rest_back(market):
    place(person("alice"), market, "sell", "0.5", at="60000")

    bought = place(person("bob"), market, "buy", budget="1000")
    settle()

    record = Order.objects.get(pk=bought.pk)
    # 0.01666 BTC cost 999.6; one lot more would cost 1000.2.
    assert (record.filled, record.filled_quote, record.status) == (1_666, 99_960_000_000, 2)
    assert balances(person("bob"))["USDT"] == ("99000.4", "0")


def test_a_market_order_without_a_counterpart_ends_with_its_reason(market):
    place(person("alice"), market, "sell", "0.5")
    place(person("bob"), market, "buy", budget="1000")

    settle()

    assert states() == [("CANCELLED", "NO_LIQUIDITY"), ("CANCELLED", "NO_LIQUIDITY")]
    assert balances(person("alice"))["BTC"] == ("1", "0")
    assert balances(person("bob"))["USDT"] == ("100000", "0")


def test_nothing_is_written_while_nothing_waits(market):
    settle()

    assert settle() == 0

    assert EventBatch.objects.count() == 0
    assert Transfer.objects.count() == 4


def test_the_log_of_a_market_that_was_halted_still_verifies(market):
    place(person("alice"), market, "sell", "0.1", at="60000")
    configure(market, state=MarketState.HALTED)
    settle()
    place_after_halt = Command(
        market_id=market.pk,
        shard=0,
        kind=1,
        user_id=person("bob").pk,
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        price=6_000_000,
        quantity=1_000,
        created_at=clock.now(),
    )
    append_commands(commands=[place_after_halt])
    settle()

    assert states() == [("OPEN", "NONE"), ("REJECTED", "MARKET_NOT_OPEN")]
    assert list(differences(shard=0)) == []


def test_times_rise_with_the_sequence_even_when_the_clock_steps_back(market):
    place(person("alice"), market, "sell", "0.1", at="60000")
    ahead = Worker(shard=0)
    ahead._last = clock.now() + timedelta(hours=1)  # a host whose clock was wrong
    ahead.step()
    ahead.release()
    place(person("bob"), market, "buy", "0.1", at="60000")

    settle()

    times = list(EventBatch.objects.order_by("id").values_list("created_at", flat=True))
    assert len(times) == 2
    assert times == sorted(times)
