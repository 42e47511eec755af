"""What an engine must know beside the orders, it knows again after it was cut off."""

import pytest

from kernel import clock
from matching.rebuild import build_engine, special_orders
from matching.tests.book_check import check_book
from orders.commands import OrderStatus, PostOnly, SelfTrade
from orders.models import Command, Market, Order
from orders.services import amend_order
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


def amend(command: Command, *, price: int) -> None:
    amend_order(
        user_id=command.user_id,
        order_id=command.pk,
        price=price,
        quantity=None,
        trigger=None,
        now=clock.now(),
    )


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

    extremes = {order.id: order.extreme for order in special_orders(shard=0)}

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

    received = {order.id: order.received for order in special_orders(shard=0)}
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

    [order] = special_orders(shard=0)

    assert (order.id, order.remaining, order.hidden) == (iceberg.pk, 20_000, 40_000)


def queue_at_60000(market: Market) -> list[tuple[int, int, int, int, int]]:
    """(id, remaining, held atoms, self-trade mode, post-only) after a restart, in order."""
    book = build_engine(shard=0, time=0).books[market.pk]
    check_book(book)
    return [
        (order.id, order.remaining, order.hold, order.self_trade, order.extra.post_only)
        for order in book.asks.orders()
        if order.price == 6_000_000
    ]


def test_a_queue_of_all_kinds_stands_as_before_the_restart(market):
    alice, bob, carol = person("alice"), person("bob"), person("carol")
    first = place(alice, market, "sell", "0.1", at="60000", self_trade="decrement")
    careful = place(bob, market, "sell", "0.2", at="60000", post_only="reject")
    moved = place(alice, market, "sell", "0.3", at="61000")
    last = place(carol, market, "sell", "0.4", at="60000")
    settle()
    amend(moved, price=6_000_000)
    place(bob, market, "buy", "0.04", at="60000")
    settle()

    queue = queue_at_60000(market)

    lot = market.rules.lot_size
    assert queue == [
        (first.pk, 6_000, 6_000 * lot, SelfTrade.DECREMENT, PostOnly.NO),
        (careful.pk, 20_000, 20_000 * lot, SelfTrade.CANCEL_TAKER, PostOnly.REJECT),
        (last.pk, 40_000, 40_000 * lot, SelfTrade.CANCEL_TAKER, PostOnly.NO),
        (moved.pk, 30_000, 30_000 * lot, SelfTrade.CANCEL_TAKER, PostOnly.NO),
    ]


def test_an_order_of_before_its_record_stood_for_itself_is_read_by_its_command(market):
    order = place(person("alice"), market, "sell", "1", at="60000", self_trade="decrement")
    settle()
    before = queue_at_60000(market)
    Order.objects.filter(pk=order.pk).update(self_trade=None)

    assert queue_at_60000(market) == before
    assert before[0][3] == SelfTrade.DECREMENT


def test_only_a_plain_order_says_in_its_record_how_it_meets_its_own(market):
    plain = place(person("alice"), market, "sell", "1", at="60000", self_trade="decrement")
    careful = place(person("bob"), market, "sell", "1", at="60000", post_only="reject")
    settle()

    recorded = dict(Order.objects.values_list("pk", "self_trade"))

    assert recorded == {plain.pk: SelfTrade.DECREMENT, careful.pk: None}
    assert [order.id for order in special_orders(shard=0)] == [careful.pk]
