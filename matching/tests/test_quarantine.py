"""A command that cannot be carried out stops nobody, and is told wherever it is felt.

The defect is planted: an account that has less than the engine has held in it.
"""

from datetime import timedelta

import pytest

from kernel import clock
from matching.verify import differences
from orders.commands import CommandKind, MarketState, OrderStatus, Reason
from orders.models import Command, Market, MarketChange, Order, OrderEvent
from orders.services import (
    amend_order,
    append_commands,
    cancel_all,
    configure_market,
    request_cancel,
)
from tests.attempts import no_guards, run
from tests.stories import fund, make_market, person, place, place_together, settle, terms

pytestmark = pytest.mark.django_db

NOTED = ("cancel_only", "internal_error")


@pytest.fixture
def market() -> Market:
    market = make_market()
    for name in ("alice", "bob"):
        fund(person(name), "BTC", "1")
        fund(person(name), "USDT", "100000")
    return market


@pytest.fixture
def robbed(market: Market) -> Command:
    """Alice's order in the book, whose hold is gone."""
    order = place(person("alice"), market, "sell", "0.5", at="60000")
    settle()
    rob("alice")
    return order


def rob(name: str) -> None:
    with no_guards():
        run(
            "UPDATE ledger_account SET balance = 0 WHERE owner_id = %s AND kind = 'held'",
            person(name).pk,
        )


def noted() -> list[tuple[str, str]]:
    rows = MarketChange.objects.order_by("id")
    return list(rows.values_list("state", "reason"))


def told(order: int) -> list[tuple[str, int]]:
    rows = OrderEvent.objects.filter(order_id=order).order_by("id")
    return [(Reason(e.reason).name, e.command_id) for e in rows]


def test_a_cancel_that_fails_is_told_to_its_order(robbed):
    cancel = request_cancel(user_id=robbed.user_id, order_id=robbed.pk, now=clock.now())

    assert settle() == 1

    assert told(robbed.pk) == [("INTERNAL_ERROR", cancel.pk)]
    assert Order.objects.get().status == OrderStatus.OPEN
    assert noted() == [NOTED]
    assert list(differences(shard=0)) == []


def test_an_amend_that_fails_is_told_to_its_order(robbed):
    amend = amend_order(
        user_id=robbed.user_id,
        order_id=robbed.pk,
        price=None,
        quantity=10,
        trigger=None,
        now=clock.now(),
    )

    assert settle() == 1

    assert told(robbed.pk) == [("INTERNAL_ERROR", amend.pk)]
    assert Order.objects.get().quantity == 50_000
    assert list(differences(shard=0)) == []


def test_a_cancel_of_all_that_fails_is_noted_by_the_market(robbed, market):
    cancel_all(user_id=robbed.user_id, market_id=market.pk, side=None, now=clock.now())

    assert settle() == 1

    assert told(robbed.pk) == []
    assert noted() == [NOTED]
    assert Order.objects.get().status == OrderStatus.OPEN
    assert list(differences(shard=0)) == []


def test_a_cancel_of_somebody_elses_order_tells_nobody(robbed, market):
    stranger = Command(
        market_id=market.pk,
        shard=0,
        kind=CommandKind.CANCEL,
        user_id=person("bob").pk,
        order_id=robbed.pk,
        created_at=clock.now(),
    )
    append_commands(commands=[stranger])

    assert settle() == 1

    assert told(robbed.pk) == []
    assert noted() == []


def test_an_oco_that_fails_is_rejected_whole(robbed, market):
    bob = person("bob")
    fund(bob, "BTC", "10")
    limit, stop = place_together(
        bob,
        market,
        "oco",
        terms(market, "buy", "0.1", at="60000"),
        terms(market, "buy", "0.1", type="stop", trigger="70000"),
    )

    assert settle() == 2

    rejected = Order.objects.filter(list_id=limit.pk).order_by("id")
    assert list(rejected.values_list("id", "status", "reason")) == [
        (limit.pk, OrderStatus.REJECTED, Reason.INTERNAL_ERROR),
        (stop.pk, OrderStatus.REJECTED, Reason.INTERNAL_ERROR),
    ]
    assert told(stop.pk) == [("INTERNAL_ERROR", stop.pk)]
    assert noted() == [NOTED]
    assert list(differences(shard=0)) == []


def test_what_comes_after_it_finds_the_market_as_it_left_it(robbed, market):
    request_cancel(user_id=robbed.user_id, order_id=robbed.pk, now=clock.now())
    late = place(person("bob"), market, "buy", "0.1", at="50000")

    assert settle() == 2

    assert told(late.pk) == [("MARKET_NOT_OPEN", late.pk)]
    market.refresh_from_db()
    assert market.state == "cancel_only"
    assert list(differences(shard=0)) == []


def test_a_halted_market_stays_halted(market):
    ends = clock.now() + timedelta(seconds=5)
    place(
        person("alice"), market, "sell", "0.5", at="60000", time_in_force="gtd",
        expires_at=ends,
    )  # fmt: skip
    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={"state": MarketState.HALTED},
        reason="maintenance",
        now=clock.now(),
    )
    settle()
    rob("alice")
    tick = Command(
        market_id=market.pk,
        shard=0,
        kind=CommandKind.CLOCK,
        user_id=0,
        created_at=ends + timedelta(seconds=1),
    )
    append_commands(commands=[tick])

    assert settle() == 1

    assert noted() == [("halted", "maintenance"), ("halted", "internal_error")]
    assert Order.objects.get().status == OrderStatus.OPEN
    assert list(differences(shard=0)) == []
