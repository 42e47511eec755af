"""What an engine must know beside the orders, it knows again after it was cut off."""

import pytest

from matching.rebuild import live_orders
from orders.commands import OrderStatus
from orders.models import Market, Order
from tests.stories import fund, make_market, person, place, place_together, settle, terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> Market:
    """`settle` has an engine of its own each time, so each call is a restart."""
    for name in ("alice", "bob", "carol"):
        fund(person(name), "BTC", "10")
        fund(person(name), "USDT", "1000000")
    return make_market(maker_ppm=0, taker_ppm=1_000)


def trade_at(market: Market, price: str) -> None:
    place(person("alice"), market, "sell", "0.1", at=price)
    place(person("bob"), market, "buy", "0.1", at=price)
    settle()


def status_of(number: int) -> OrderStatus:
    return OrderStatus(Order.objects.get(pk=number).status)


def test_a_trailing_stop_knows_the_best_price_since_it_was_armed(market):
    for price in ("90000", "60000"):
        trade_at(market, price)
    sells = place(person("carol"), market, "sell", "1", type="trailing_stop", trail="1000")
    buys = place(person("carol"), market, "buy", "1", type="trailing_stop", trail="5000")
    settle()
    for price in ("60500", "59600", "60100"):
        trade_at(market, price)

    extremes = {order.id: order.extreme for order in live_orders(shard=0)}

    assert extremes == {sells.pk: 6_050_000, buys.pk: 5_960_000}


def test_a_trailing_stop_is_set_off_by_a_fall_from_before_the_restart(market):
    trade_at(market, "60000")
    stop = place(person("carol"), market, "sell", "1", type="trailing_stop", trail="1000")
    settle()
    trade_at(market, "61000")
    trade_at(market, "60100")
    assert status_of(stop.pk) is OrderStatus.ARMED

    trade_at(market, "60000")

    # Nobody bids, so it ends without a fill; what counts is that it went off.
    assert status_of(stop.pk) is OrderStatus.CANCELLED


def test_exits_know_what_their_entry_brought_before_the_restart(market):
    carol = person("carol")
    entry, target, stop = place_together(
        carol,
        market,
        "bracket",
        terms(market, "buy", "1", at="60000"),
        terms(market, "sell", "1", at="70000"),
        terms(market, "sell", "1", type="stop", trigger="50000"),
    )
    settle()
    place(person("alice"), market, "sell", "0.4", at="60000")
    settle()
    assert status_of(target.pk) is OrderStatus.WAITING

    received = {order.id: order.received for order in live_orders(shard=0)}
    place(person("alice"), market, "sell", "0.6", at="60000")
    settle()

    assert received == dict.fromkeys((entry.pk, target.pk, stop.pk), 40_000_000)
    # The maker paid no fee, so all of it is for sale.
    assert status_of(target.pk) is OrderStatus.OPEN
    assert status_of(stop.pk) is OrderStatus.ARMED
    assert Order.objects.get(pk=target.pk).quantity == 100_000


def test_an_iceberg_shows_as_much_as_before(market):
    carol = person("carol")
    iceberg = place(carol, market, "sell", "1", at="60000", display="0.3")
    place(person("bob"), market, "buy", "0.4", at="60000")
    settle()

    [order] = live_orders(shard=0)

    assert (order.id, order.remaining, order.hidden) == (iceberg.pk, 20_000, 40_000)
