"""The log as the engine reads it: whole units, plain orders at the least cost."""

from datetime import timedelta

import pytest

from kernel import clock, pgcopy
from matching.selectors import commands_after, last_id
from orders.commands import (
    PLAIN,
    Amend,
    Cancel,
    CancelAll,
    Clock,
    Command,
    CommandKind,
    Configure,
    Extra,
    Place,
    Unit,
    UnitKind,
)
from orders.models import Command as CommandRow
from orders.models import Market
from orders.services import append_commands
from tests.stories import NOON, make_market, person, place, place_together, terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> Market:
    return make_market()


def read(limit: int = 100, position: int = 0) -> list[Command | Unit]:
    units = commands_after(shard=0, position=position, limit=limit)
    return [unit for unit, _ in units]


def oco(market: Market) -> list[CommandRow]:
    return place_together(
        person("alice"),
        market,
        "oco",
        terms(market, "sell", "0.1", at="65000"),
        terms(market, "sell", "0.1", type="stop_limit", at="54000", trigger="55000"),
    )


def test_a_plain_order_is_read_with_the_one_empty_extra(market):
    row = place(person("alice"), market, "sell", "0.1", at="60000")

    [order] = read()

    assert order == Place(
        row.pk, market.pk, row.user_id, 2, 2, 1, 2, 6_000_000, 10_000, 0, 1_000, 2_000
    )
    assert order.extra is PLAIN


def test_what_a_special_order_has_is_read_with_0_for_what_it_has_not(market):
    ends = clock.now() + timedelta(days=1)
    place(
        person("alice"), market, "sell", "0.1", at="60000", display="0.01",
        post_only="slide", time_in_force="gtd", expires_at=ends,
    )  # fmt: skip

    [order] = read()

    expires = pgcopy.timestamp(ends)
    assert order.extra == Extra(post_only=2, display=1_000, expires=expires)


def test_the_time_of_a_command_is_read_to_the_microsecond(market):
    now = NOON + timedelta(microseconds=123_457)
    row = CommandRow(
        market_id=market.pk, shard=0, kind=CommandKind.CLOCK, user_id=0, created_at=now
    )
    append_commands(commands=[row])

    [(_, created)] = commands_after(shard=0, position=0, limit=1)

    assert created == pgcopy.timestamp(now)


def test_every_kind_of_command_is_read(market):
    about = {"market_id": market.pk, "shard": 0, "user_id": 7, "created_at": NOON}
    rows = [
        CommandRow(kind=CommandKind.CANCEL, order_id=3, **about),
        CommandRow(kind=CommandKind.AMEND, order_id=3, quantity=5, **about),
        CommandRow(kind=CommandKind.AMEND, order_id=3, trigger_price=9, **about),
        CommandRow(kind=CommandKind.CANCEL_ALL, side=2, **about),
        CommandRow(kind=CommandKind.CONFIGURE, settings={"halt_ppm": 8}, **about),
        CommandRow(kind=CommandKind.CLOCK, **about),
    ]
    ids = append_commands(commands=rows)

    assert read() == [
        Cancel(ids[0], market.pk, 7, 3),
        Amend(ids[1], market.pk, 7, 3, 0, 5, 0),
        Amend(ids[2], market.pk, 7, 3, 0, 0, 9),
        CancelAll(ids[3], market.pk, 7, 2),
        Configure(ids[4], market.pk, 7, {"halt_ppm": 8}),
        Clock(ids[5], market.pk, 7),
    ]


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4)])
def test_a_unit_is_never_cut(market, limit, count):
    alice = person("alice")
    place(alice, market, "sell", "0.1", at="60000")
    first, second = oco(market)
    last = place(alice, market, "sell", "0.1", at="60000")
    oco(market)

    units = read(limit)

    assert len(units) == count
    if count > 1:
        assert units[1].kind == UnitKind.OCO
        assert [command.id for command in units[1].commands] == [first.pk, second.pk]
    if count > 2:
        assert units[2].id == last.pk


def test_reading_goes_on_behind_the_last_command_of_a_unit(market):
    oco(market)
    single = place(person("alice"), market, "sell", "0.1", at="60000")

    [unit] = read(1)

    assert [order.id for order in read(position=last_id(unit))] == [single.pk]
