"""Orders and fills of a user are found wherever the lists of history have come to."""

import re
import threading
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.audit import audit
from kernel import clock
from orders.commands import LIVE
from orders.models import FillsOfUser, HistoryCursor, Market, Order, OrdersOfUser, Trade
from orders.selectors import (
    FILLS_OF_ORDERS,
    FillKey,
    fills_of_order,
    fills_of_orders,
    fills_page,
    history_lags,
    orders_page,
    pages_query,
    questions,
)
from orders.services import forget_history, index_fills, index_orders
from tests.attempts import run, the_owner
from tests.stories import fund, make_market, person, place, settle

NAMES = ("alice", "bob", "carol")


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    """Three ids to a row, and few recent trades: what is rare happens all the time."""
    monkeypatch.setattr("orders.services.history.STRETCH", 3)
    monkeypatch.setattr("orders.selectors.fills.RECENT_TRADES", 2)
    monkeypatch.setattr("orders.selectors.fills._WALK", 4)


@pytest.fixture
def market(db) -> Market:
    return market_of_all("BTC-USDT")


def market_of_all(symbol: str) -> Market:
    """Where everybody has enough and may trade with himself."""
    market = make_market(symbol)
    Market.objects.filter(pk=market.pk).update(self_trade_allowed=True)
    market.refresh_from_db()
    for name in NAMES:
        for code in symbol.split("-"):
            fund(person(name), code, "1000000")
    return market


def trade(market: Market, seller: str, buyer: str, quantity: str = "0.01") -> None:
    place(person(seller), market, "sell", quantity, at="1000", self_trade="none")
    place(person(buyer), market, "buy", quantity, at="1000", self_trade="none")
    settle()


def pages(page, limit: int, key) -> list:
    """All pages of a list, one after the other."""
    found, before = [], None
    while rows := page(before=before, limit=limit):
        found += rows
        before = key(rows[-1])
    return found


def orders_listed(name: str, limit: int, **scope) -> list[int]:
    def page(**where):
        return orders_page(user_id=person(name).pk, **{**ALL, **scope}, **where)

    return [it.record.pk for it in pages(page, limit, lambda it: it.record.pk)]


def fills_listed(name: str, limit: int, market_id: int | None = None) -> list[FillKey]:
    def page(**where):
        return fills_page(user_id=person(name).pk, market_id=market_id, **where)

    return [it.key for it in pages(page, limit, lambda it: it.key)]


ALL = {"market_id": None, "is_open": None}


def plain_orders(name: str, *, market_id=None, is_open=None) -> list[int]:
    """The same, by looking at every order."""
    return [
        order.pk
        for order in Order.objects.order_by("-id")
        if order.user_id == person(name).pk
        and market_id in (None, order.market_id)
        and is_open in (None, order.status in LIVE)
    ]


def plain_fills(name: str, market_id: int | None = None) -> list[tuple]:
    """(when, trade, is taker) of each, by looking at every trade."""
    user = person(name).pk
    halves = [
        (trade.created_at, trade.pk, taker)
        for trade in Trade.objects.all()
        for taker, who in enumerate([trade.maker_user_id, trade.taker_user_id])
        if who == user and market_id in (None, trade.market_id)
    ]
    return [(trade, taker) for _, trade, taker in sorted(halves, reverse=True)]


def expect_all_to_be_found(limit: int) -> None:
    markets = [None, *Market.objects.values_list("id", flat=True)]
    for name in NAMES:
        for market_id in markets:
            assert [
                (key.trade, key.taker) for key in fills_listed(name, limit, market_id)
            ] == (plain_fills(name, market_id))
            for is_open in (None, True, False):
                scope = {"market_id": market_id, "is_open": is_open}
                assert orders_listed(name, limit, **scope) == plain_orders(name, **scope)
    orders = list(Order.objects.all())
    made_up = {
        order.pk: [
            trade.pk
            for trade in Trade.objects.order_by("id")
            if order.pk in (trade.maker_order_id, trade.taker_order_id)
        ]
        for order in orders
    }
    together = fills_of_orders(orders)
    assert {
        id_: [it.trade.pk for it in fills] for id_, fills in together.items()
    } == made_up
    for order in orders[::7]:
        assert [it.trade.pk for it in fills_of_order(order)] == made_up[order.pk]


def index(least: int = 1, most: int = 1_000) -> None:
    while index_orders(least=least, most=most) + index_fills(least=least, most=most):
        pass


# Exactness ------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 1 << 32),
    steps=st.lists(st.sampled_from("ttttttsofr"), min_size=5, max_size=40),
    limit=st.integers(1, 5),
)
@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_page_is_what_a_plain_look_at_the_records_finds(db, seed, steps, limit):
    with transaction.atomic():
        chance = Random(seed)
        markets = [market_of_all("BTC-USDT"), market_of_all("ETH-USDT")]
        for step in steps:
            match step:
                case "t":  # somebody asks for something
                    place(
                        person(chance.choice(NAMES)),
                        chance.choice(markets),
                        chance.choice(["buy", "sell"]),
                        chance.choice(["0.01", "0.02", "0.05"]),
                        at=chance.choice(["999", "1000", "1001"]),
                        self_trade="none",
                    )
                case "s":
                    settle()
                case "o":
                    index_orders(least=1, most=chance.randint(1, 9))
                case "f":
                    index_fills(least=1, most=chance.randint(1, 9))
                case "r":
                    forget_history()
        settle()

        expect_all_to_be_found(limit)
        assert [it for it in audit() if it.violations] == []
        transaction.set_rollback(True)


def test_a_list_is_read_from_both_sides_of_its_cursor(market):
    for _ in range(4):
        trade(market, "alice", "bob")
    index()
    for _ in range(2):
        trade(market, "alice", "bob")

    assert len(orders_listed("alice", limit=2)) == 6
    assert len(fills_listed("bob", limit=2)) == 6
    assert OrdersOfUser.objects.filter(user=person("alice")).count() == 2
    assert FillsOfUser.objects.filter(user=person("bob")).count() == 2


def test_an_order_that_waits_for_the_engine_is_listed_and_found_once_it_has_a_record(
    market,
):
    sell = place(person("alice"), market, "sell", "0.01", at="1000")
    index()

    assert orders_listed("alice", limit=5) == []

    settle()

    assert orders_listed("alice", limit=5) == [sell.pk]


def test_who_trades_with_himself_has_the_trade_once_in_his_list(market):
    trade(market, "alice", "alice")
    index()

    [only] = FillsOfUser.objects.all()

    assert only.ids == [Trade.objects.get().pk]
    assert [key.taker for key in fills_listed("alice", limit=1)] == [1, 0]


def test_an_old_orders_fills_are_found_among_many_younger_ones(market):
    old = place(person("alice"), market, "sell", "0.03", at="1000")
    for _ in range(3):
        place(person("bob"), market, "buy", "0.01", at="1000")
        settle()
    for _ in range(6):
        trade(market, "alice", "bob")
    index()

    fills = fills_of_order(Order.objects.get(pk=old.pk))

    assert [fill.trade.quantity for fill in fills] == [1_000] * 3


# Slices ---------------------------------------------------------------------------------


def test_lists_come_in_stretches(market):
    for _ in range(4):
        trade(market, "alice", "bob")
    index()

    mine = OrdersOfUser.objects.filter(user=person("alice")).order_by("first")

    ids = [order.pk for order in Order.objects.order_by("id") if order.side == 2]
    assert [it.ids for it in mine] == [ids[:3], ids[3:]]
    assert [it.first for it in mine] == [ids[0], ids[3]]


def test_few_rows_are_left_to_the_readers(market):
    trade(market, "alice", "bob")

    assert index_orders(least=3) == 0
    assert index_fills(least=2) == 0

    assert OrdersOfUser.objects.count() == FillsOfUser.objects.count() == 0
    assert index_orders(least=2) == 2
    assert index_fills(least=1) == 1


def test_a_slice_is_no_larger_than_it_may_be(market):
    for _ in range(3):
        trade(market, "alice", "bob")

    assert [index_orders(least=1, most=4) for _ in range(3)] == [4, 2, 0]
    assert [index_fills(least=1, most=2) for _ in range(3)] == [2, 1, 0]


def test_two_at_once_do_not_add_the_same_slice(committed_db):
    market = market_of_all("BTC-USDT")
    trade(market, "alice", "bob")
    index()
    trade(market, "alice", "bob")
    added = []

    def other() -> None:
        added.append((index_orders(least=1), index_fills(least=1)))
        connection.close()

    with transaction.atomic():
        list(HistoryCursor.objects.select_for_update())
        elsewhere = threading.Thread(target=other)
        elsewhere.start()
        elsewhere.join(timeout=10)

    assert (elsewhere.is_alive(), added) == (False, [(0, 0)])
    assert index_orders(least=1) == 2
    assert index_fills(least=1) == 1


def test_the_lists_are_walked_from_their_end(market):
    """A page costs what it shows, also of one user among thousands who has them all."""
    busy, seldom = person("alice").pk, person("bob").pk
    for user, step in ((busy, 1), (seldom, 2_000)):
        run(
            "INSERT INTO orders_ordersofuser SELECT %s, i, ARRAY[i] "
            "FROM generate_series(1::bigint, 20000, %s) i",
            user, step,
        )  # fmt: skip
        run(
            "INSERT INTO orders_fillsofuser SELECT %s, %s, to_timestamp(i), i, ARRAY[i] "
            "FROM generate_series(1::bigint, 20000, %s) i",
            user, market.pk, step,
        )  # fmt: skip
    with the_owner():
        run("ANALYZE orders_ordersofuser, orders_fillsofuser")
    order = Order(pk=1, market_id=market.pk, user_id=busy, filled=1, updated_at=clock.now())

    for query, asked in (
        (pages_query(is_open=None, market_id=None), [[busy], [None], [1 << 62], [50]]),
        (pages_query(is_open=False, market_id=1), [[seldom], [1], [1 << 62], [50]]),
        (FILLS_OF_ORDERS, questions([order], 10)),
    ):
        plan = "\n".join(line for (line,) in run(f"EXPLAIN {query}", *asked))

        assert re.search(r"Index Scan Backward using orders_\w+ofuser_pkey", plan), plan


# Made again -----------------------------------------------------------------------------


def test_history_that_is_forgotten_is_made_again(market):
    for _ in range(4):
        trade(market, "alice", "bob")
    index()
    before = run("SELECT user_id, unnest(ids) FROM orders_ordersofuser ORDER BY 1, 2")

    forget_history()

    assert HistoryCursor.objects.count() == OrdersOfUser.objects.count() == 0
    assert len(orders_listed("alice", limit=2)) == 4
    index(most=3)
    assert (
        run("SELECT user_id, unnest(ids) FROM orders_ordersofuser ORDER BY 1, 2") == before
    )


def test_an_audit_finds_what_a_list_lacks_has_too_much_or_twice(market):
    trade(market, "alice", "bob")
    trade(market, "alice", "bob")
    index()
    lacking, twice = OrdersOfUser.objects.order_by("user_id")
    OrdersOfUser.objects.filter(pk=lacking.pk).update(ids=lacking.ids[:1])
    OrdersOfUser.objects.filter(pk=twice.pk).update(ids=[*twice.ids, twice.ids[0]])
    FillsOfUser.objects.filter(user=person("alice")).delete()

    found = {it.invariant.id: set(it.violations) for it in audit() if it.violations}

    assert found == {
        "O22": {
            f"user {twice.user_id}: order {twice.ids[0]} is listed too often",
            f"user {lacking.user_id}: order {lacking.ids[1]} is not listed",
        },
        "O23": {
            f"user {person('alice').pk}: trade {it.pk} is not listed"
            for it in Trade.objects.all()
        },
    }


# How far behind -------------------------------------------------------------------------


def test_it_is_known_how_far_the_lists_are_behind(market, monkeypatch):
    monkeypatch.setattr("orders.selectors.history.SLICE_MIN", 2)
    trade(market, "alice", "bob")
    index()
    trade(market, "alice", "bob")

    lags = {it.name: (it.rows, it.age > timedelta(0)) for it in history_lags()}

    # One trade is less than a slice: nobody is late.
    assert lags == {"orders": (2, True), f"fills:{market.pk}": (1, False)}
