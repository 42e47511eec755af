"""Whatever the log holds, the engine reads it, gets past it, and goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from kernel import clock
from matching.verify import differences
from orders.commands import CommandKind, MarketState, OrderStatus, Reason, UnitKind
from orders.models import Command, Market, MarketChange, Order, OrderEvent
from orders.services import PlaceItem, append_commands, configure_market, submit_batch
from tests.attempts import run
from tests.stories import fund, make_market, person, place, settle, terms

pytestmark = pytest.mark.django_db

Raw = Callable[..., Command]


@pytest.fixture
def market() -> Market:
    market = make_market()
    for name in ("alice", "bob"):
        fund(person(name), "BTC", "1")
        fund(person(name), "USDT", "100000")
    return market


@pytest.fixture
def raw(market: Market) -> Raw:
    """Appends a command that no service would."""

    def append(kind: CommandKind, **more: Any) -> Command:
        fields = {"market": market, "shard": 0, "user": person("alice")} | more
        command = Command(kind=kind, created_at=clock.now(), **fields)
        append_commands(commands=[command])
        return command

    return append


def the_market_goes_on(market: Market) -> None:
    sale = place(person("alice"), market, "sell", "0.1", at="60000")
    buy = place(person("bob"), market, "buy", "0.1", at="60000")
    settle()
    statuses = Order.objects.filter(pk__in=[sale.pk, buy.pk]).values_list("status")
    assert set(statuses) == {(OrderStatus.FILLED,)}
    assert list(differences(shard=0)) == []


@pytest.mark.parametrize(
    "settings",
    [
        [],
        5,
        "halted",
        ["state"],
        {"state": 99},
        {"state": "open"},
        {"until": 1 << 62, "state": 5},
        {"band_ppm": None},
        {"halt_ppm": "much"},
        {"lot_size": 7, "id": 9},
    ],
)
def test_settings_that_are_none_stop_nobody(market, raw, settings):
    raw(CommandKind.CONFIGURE, settings=settings)

    assert settle() == 1

    market.refresh_from_db()
    assert (market.state, market.lot_size) == ("open", 1_000)
    assert MarketChange.objects.filter(state="open").exists()
    the_market_goes_on(market)


def test_a_unit_that_does_not_say_how_many_follow_stands_alone(market, raw):
    raw(CommandKind.CANCEL, order_id=1, unit=UnitKind.ALL_OR_NONE)

    the_market_goes_on(market)


def test_a_unit_whose_rest_is_missing_is_passed_over_at_the_end_of_the_log(market, raw):
    raw(CommandKind.CANCEL, order_id=1, unit=UnitKind.OCO, position=0, follow=5)

    assert settle() == 1

    the_market_goes_on_cancelling(market)


def the_market_goes_on_cancelling(market: Market) -> None:
    """A list that is none says that something is broken, until somebody has looked."""
    market.refresh_from_db()
    assert market.state == MarketState.CANCEL_ONLY.name.lower()
    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={"state": MarketState.OPEN},
        reason="looked at",
        now=clock.now(),
    )
    settle()
    market.refresh_from_db()
    the_market_goes_on(market)


def test_strangers_are_not_drawn_into_a_unit_whose_rest_is_missing(market, raw):
    raw(CommandKind.CANCEL, order_id=1, unit=UnitKind.ALL_OR_NONE, position=0, follow=1)
    order = place(person("bob"), market, "buy", "0.1", at="50000")

    assert settle() == 2

    assert Order.objects.get(pk=order.pk).status == OrderStatus.OPEN
    the_market_goes_on(market)


def test_an_order_that_expires_never_stands(market, raw):
    order = place(person("alice"), market, "sell", "0.1", at="70000")
    run(
        "INSERT INTO orders_command (market_id, shard, kind, user_id, side, type, "
        "time_in_force, price, quantity, budget, order_id, maker_ppm, taker_ppm, "
        "self_trade, expires_at, created_at) SELECT market_id, shard, kind, user_id, side, "
        "type, 6, price, quantity, budget, order_id, maker_ppm, taker_ppm, self_trade, "
        "'infinity', created_at FROM orders_command WHERE id = %s",
        order.pk,
    )

    assert settle() == 2

    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.OPEN}
    the_market_goes_on(market)


def test_a_unit_that_needs_more_than_there_can_be_is_refused(market):
    """Each of its orders is as large as the market takes; the event must fit a bigint."""
    largest = terms(market, "buy", "1000", at="10000000")
    items = [PlaceItem(market=market.rules, shard=0, terms=largest)] * 20
    fund(person("bob"), "USDT", "90000000000")

    submit_batch(user_id=person("bob").pk, items=items, all_or_none=True, now=clock.now())
    assert settle() == 20

    refused = OrderEvent.objects.get(reason=Reason.INSUFFICIENT_FUNDS)
    assert refused.actual == (1 << 63) - 1
    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.REJECTED}
    assert not MarketChange.objects.exists()
    the_market_goes_on(market)
