"""The fast lane reads what DRF reads: every answer is the same, byte for byte."""

import asyncio
import json
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection

from exchange.lanes.door import FastLane
from exchange.lanes.routes import fast_lane
from kernel import clock
from orders.models import Command
from tests.lanes.asking import Asking, Said, ask_both, said_by, token_of
from tests.stories import (
    fund,
    make_market,
    person,
    place,
    place_together,
    settle,
    terms,
)

pytestmark = pytest.mark.usefixtures("committed_db")
NAMES = ("alice", "bob", "carol", "dave")


@pytest.fixture
def market_day():
    """Orders of every type and state, of several people in two markets."""
    btc, eth = make_market(), make_market("ETH-USDT")
    people = {name: person(name) for name in NAMES}
    alice, bob, carol = (people[name] for name in NAMES[:3])
    for who in (alice, bob, carol):
        fund(who, "USDT", "1000000")
        fund(who, "BTC", "10")
    fund(bob, "ETH", "100")
    place(bob, btc, "sell", "1", at="60000")
    settle()
    # Filled in part, wholly, not at all; by budget; refused; cancelled at once.
    place(alice, btc, "buy", "1.5", at="60000", client_order_id="mine")
    place(bob, btc, "sell", "0.1")
    place(carol, btc, "buy", budget="600", slippage_ppm=50_000)
    place(carol, btc, "sell", "99", at="70000")
    place(carol, btc, "buy", "1", at="100", time_in_force="ioc")
    # Resting, in all their kinds.
    place(alice, btc, "sell", "0.5", at="65000", post_only="slide")
    place(alice, btc, "sell", "1", at="66000", display="0.2")
    ends = clock.now() + timedelta(days=1)
    place(bob, eth, "sell", "2", at="3000", time_in_force="gtd", expires_at=ends)
    # Waiting for their triggers.
    stop = {"type": "stop", "trigger": "50000"}
    place(alice, btc, "sell", "0.1", **stop, self_trade="cancel_both")
    place(bob, btc, "sell", "0.1", type="trailing_stop", trail_ppm=10_000)
    place(bob, btc, "sell", "0.1", type="trailing_stop", trail="100")
    place_together(
        carol,
        btc,
        "oco",
        terms(btc, "sell", "0.3", at="80000"),
        terms(btc, "sell", "0.3", **stop),
    )
    settle()
    place(carol, eth, "buy", "1", at="2000")  # the engine has not come to it
    return people


def test_balances_are_read_as_by_drf(market_day):
    askings = [Asking("/api/v1/balances", token_of(who)) for who in market_day.values()]

    fast, slow, lane = ask_both(askings * 3)

    assert fast == slow
    assert (lane.answered, lane.handed_over) == (12, 0)
    assert [len(json.loads(said.body)) for said in fast[:4]] == [2, 3, 2, 0]


def test_orders_of_every_type_and_state_are_read_as_by_drf(market_day):
    tokens = {who.pk: token_of(who) for who in market_day.values()}
    askings = [
        Asking(f"/api/v1/orders/{command.pk}", tokens[command.user_id])
        for command in Command.objects.all()
    ]

    fast, slow, lane = ask_both(askings)

    assert {said.status for said in slow} == {200}
    assert fast == slow
    assert lane.handed_over == 0


@pytest.mark.parametrize(
    "query",
    [
        "",
        "market=ETH-USDT",
        "limit=1",
        "status=all&limit=2",
        "status=closed",
        "status=open",
        "status=open&market=BTC-USDT",
        "limit=2&status=open",
    ],
)
def test_orders_are_listed_as_by_drf(market_day, query):
    askings = [
        Asking("/api/v1/orders", token_of(who), query) for who in market_day.values()
    ]

    fast, slow, lane = ask_both(askings * 3)

    assert {said.status for said in slow} == {200}
    assert fast == slow
    assert (lane.answered, lane.handed_over) == (12, 0)


@pytest.mark.parametrize("status", ["all", "open", "closed"])
def test_pages_follow_each_other_as_by_drf(market_day, status):
    token = token_of(market_day["alice"])
    queries = [
        f"status={status}&limit=1&cursor={command.pk}" for command in Command.objects.all()
    ]

    fast, slow, lane = ask_both([Asking("/api/v1/orders", token, it) for it in queries])

    assert {said.status for said in slow} == {200}
    assert fast == slow
    assert lane.handed_over == 0


def test_lists_of_all_kinds_are_read_side_by_side(market_day):
    queries = ["", "status=open", "status=closed", "status=open&limit=1", "limit=3"]
    askings = [
        Asking("/api/v1/orders", token_of(who), query)
        for who in market_day.values()
        for query in queries
    ]

    fast, slow, lane = ask_both(askings)

    assert fast == slow
    assert lane.handed_over == 0


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/balances", "asset=BTC"),
        ("/api/v1/orders", "status=pending"),
        ("/api/v1/orders", "status=open&status=open"),
        ("/api/v1/orders", "status=open&limit=0"),
        ("/api/v1/orders", "status=open&limit=201"),
        ("/api/v1/orders", "status=open&limit="),
        ("/api/v1/orders", "status=open&cursor=x"),
        ("/api/v1/orders", "status=open&cursor=9999999999999999999"),
        ("/api/v1/orders", "status=open&market=NOT-HERE"),
        ("/api/v1/orders", "status=open&market=%E2%82%BF"),
        ("/api/v1/orders", "status=open&side=buy"),
        ("/api/v1/orders", f"status=open&market={'A' * 300}"),
        ("/api/v1/orders/0", ""),
        ("/api/v1/orders/999999999", ""),
        ("/api/v1/orders/9999999999999999999", ""),
    ],
)
def test_what_is_unusual_is_left_to_drf(market_day, path, query):
    asking = Asking(path, token_of(market_day["alice"]), query)

    fast, slow, lane = ask_both([asking])

    assert fast == slow
    assert lane.answered == 0


def test_an_order_of_somebody_else_is_not_found(market_day):
    token = token_of(market_day["bob"])
    theirs = Command.objects.exclude(user=market_day["bob"])
    askings = [Asking(f"/api/v1/orders/{command.pk}", token) for command in theirs]

    fast, slow, lane = ask_both(askings)

    assert {said.status for said in fast} == {404}
    assert fast == slow
    assert lane.answered == 0


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c"])
def test_who_has_no_good_token_is_told_so_by_drf(market_day, token):
    paths = ["/api/v1/balances", "/api/v1/orders", "/api/v1/orders/1"]

    fast, slow, lane = ask_both([Asking(it, token, "") for it in paths])

    assert {said.status for said in fast} == {401}
    assert fast == slow
    assert lane.answered == 0


def test_a_read_outlives_the_connection_of_its_lane(market_day):
    token = token_of(market_day["alice"])
    order = Command.objects.filter(user=market_day["alice"]).latest("id")
    askings = [
        Asking("/api/v1/balances", token),
        Asking("/api/v1/orders", token),
        Asking(f"/api/v1/orders/{order.pk}", token),
    ]

    ours = connection.connection.info.backend_pid
    before, after, again, lane = asyncio.run(lose_connections_between(askings, ours))

    assert {said.status for said in before} == {200}
    assert before == after == again
    assert lane.answered >= 6


async def lose_connections_between(
    askings: list[Asking], ours: int
) -> tuple[list[Said], list[Said], list[Said], FastLane]:
    """What the lane says before, just after, and later."""
    lane = fast_lane(get_asgi_application())
    before = [await said_by(lane, asking) for asking in askings]
    end_sessions(but=ours)
    after = [await said_by(lane, asking) for asking in askings]
    return before, after, [await said_by(lane, asking) for asking in askings], lane


def end_sessions(*, but: int) -> None:
    """End every session of our database but one."""
    with psycopg.connect(
        settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    ) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid NOT IN (%s, pg_backend_pid())",
            [but],
        )
