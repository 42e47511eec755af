"""Many requests share a commit: the event loop's way into the command log."""

import asyncio
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection

from kernel.errors import Busy
from kernel.wire import Wire
from orders.models import Command, Market, NewCommand, Order, OrderRow, Trade, TradeRow
from orders.services import Intake, append_commands
from orders.services.intake import WAITING_MAX
from tests.stories import NOON, make_market, person

COLUMNS = [field.attname for field in Command._meta.concrete_fields]


@pytest.fixture
def market(committed_db) -> Market:
    return make_market()


def order(market: Market, who: str = "alice", **more: Any) -> NewCommand:
    plain = {
        "market_id": market.pk,
        "shard": market.shard,
        "kind": 1,
        "user_id": person(who).pk,
        "side": 1,
        "type": 2,
        "time_in_force": 1,
        "price": 2_000_000,
        "quantity": 100,
        "self_trade": 2,
        "created_at": NOON,
    }
    return NewCommand(**(plain | more))


def append_at_once(*lots: list[NewCommand], wire: Wire | None = None) -> list[Any]:
    """What becomes of requests that arrive together; the ids are on the commands."""

    async def append() -> list[Any]:
        used = wire or Wire()
        intake = Intake(used)
        told = await asyncio.gather(
            *(intake.append(commands=lot, numbered=lambda: None) for lot in lots),
            return_exceptions=True,
        )
        await used.close()
        return told

    return asyncio.run(append())


def logged() -> list[tuple[Any, ...]]:
    return list(Command.objects.order_by("id").values_list("id", "user_id", "price"))


def test_requests_that_arrive_together_are_numbered_without_a_gap(market):
    alice, bob = person("alice").pk, person("bob").pk
    lots = [[order(market), order(market, price=7)], [order(market, "bob")]]

    told = append_at_once(*lots)

    ids = [command.pk for lot in lots for command in lot]
    assert told == [True, True]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
    assert logged() == [
        (ids[0], alice, 2_000_000),
        (ids[1], alice, 7),
        (ids[2], bob, 2_000_000),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"client_order_id": "mine"},
        {"post_only": 1},
        {"time_in_force": 6, "expires_at": NOON},
        {"type": 7, "price": 0, "trail": 5, "slippage_ppm": 1_000},
        {"kind": 2, "side": 0, "order_id": 5, "price": 0, "quantity": 0},
        {"unit": 1, "position": 0, "follow": 0},
    ],
)
def test_it_writes_what_the_services_write(market, more: dict[str, Any]):
    [mine] = append_at_once([order(market, **more)])
    values = {name: getattr(order(market, "bob", **more), name) for name in COLUMNS[1:]}
    append_commands(commands=[Command(**values)])

    fast, slow = Command.objects.order_by("id").values()
    assert mine is True
    assert fast | {"id": 0, "user_id": 0} == slow | {"id": 0, "user_id": 0}


def test_a_special_order_does_not_change_the_order_of_its_request(market):
    lot = [
        order(market, price=3),
        order(market, price=2, post_only=1),
        order(market, price=1),
    ]

    append_at_once(lot, [order(market, "bob", price=9)])

    assert sorted(lot, key=lambda command: command.pk) == lot
    assert {price for _, _, price in logged()} == {3, 2, 1, 9}


def test_a_client_order_id_that_is_taken_keeps_its_request_out_and_no_other(market):
    append_at_once([order(market, client_order_id="mine")])
    again = [order(market), order(market, client_order_id="mine")]
    other, theirs = order(market, price=5), order(market, "bob", client_order_id="mine")

    told = append_at_once(again, [other], [theirs])

    assert told == [False, True, True]
    assert [row[1:] for row in logged()[1:]] == [
        (person("alice").pk, 5),
        (person("bob").pk, 2_000_000),
    ]
    assert [it.pk for it in again] == [0, 0]


def test_the_same_order_twice_at_the_same_moment_is_written_once(market):
    told = append_at_once(*([order(market, client_order_id="mine")] for _ in range(3)))

    assert told == [True, False, False]
    assert len(logged()) == 1


def test_too_much_at_a_time_is_refused_before_it_is_accepted(market):
    some, many = [order(market)], [order(market)] * WAITING_MAX

    told = append_at_once(some, many)

    assert told[0] is True
    assert isinstance(told[1], Busy)
    assert len(logged()) == 1


def test_a_row_that_the_database_refuses_is_told_to_its_request_alone(market):
    wrong = order(market, price=0)

    told = append_at_once([order(market)], [wrong], [order(market, "bob")])

    assert told[0] is True
    assert isinstance(told[1], IntegrityError)
    assert told[2] is True
    assert len(logged()) == 2


def test_who_stops_waiting_has_ordered_all_the_same(market):
    mine, numbered = order(market), []

    async def order_and_go() -> None:
        wire = Wire()
        going = asyncio.create_task(
            Intake(wire).append(commands=[mine], numbered=lambda: numbered.append(mine.pk))
        )
        await asyncio.sleep(0)
        going.cancel()
        while not numbered:
            await asyncio.sleep(0.005)
        await wire.close()

    asyncio.run(order_and_go())

    assert [row[0] for row in logged()] == numbered == [mine.pk]


def test_a_connection_that_was_lost_meanwhile_is_opened_again(market):
    async def append_twice() -> list[bool]:
        wire = Wire()
        intake = Intake(wire)
        first = await intake.append(commands=[order_of], numbered=lambda: None)
        await asyncio.to_thread(end_session, await session_of(wire))
        second = await intake.append(commands=[other], numbered=lambda: None)
        await wire.close()
        return [first, second]

    order_of, other = order(market), order(market, price=5)

    assert asyncio.run(append_twice()) == [True, True]
    assert [price for *_, price in logged()] == [2_000_000, 5]


def test_a_connection_that_is_lost_in_the_middle_leaves_the_outcome_open(market):
    async def append() -> list[Any]:
        wire = Wire()
        session = await session_of(wire)
        intake = Intake(wire)
        going = [
            asyncio.create_task(intake.append(commands=[it], numbered=lambda: None))
            for it in both
        ]
        await asyncio.to_thread(wait_until_it_waits, session)
        await asyncio.to_thread(end_session, session)
        told = await asyncio.gather(*going, return_exceptions=True)
        await wire.close()
        return told

    both = [order(market), order(market, "bob")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('orders_command'))")
        told = asyncio.run(append())
        cursor.execute("SELECT pg_advisory_unlock_all()")

    assert [type(it) for it in told] == [OperationalError, OperationalError]
    assert logged() == []


async def session_of(wire: Wire) -> int:
    [[pid]] = await wire.fetch("SELECT pg_backend_pid()")
    return int(pid)


def end_session(pid: int) -> None:
    with psycopg.connect(settings.DATABASE_OWNER_URL) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def wait_until_it_waits(pid: int) -> None:
    """Return when the session waits for the queue of the command log."""
    with connection.cursor() as cursor:
        found = None
        while found is None:
            cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
            found = cursor.fetchone()
    connection.close()


@pytest.mark.parametrize(
    ("row", "model"),
    [(NewCommand, Command), (OrderRow, Order), (TradeRow, Trade)],
)
def test_a_row_has_the_names_of_its_model(row, model):
    columns = {field.attname for field in model._meta.concrete_fields} | {"pk"}

    assert set(row.__struct_fields__) <= columns
    if row is NewCommand:
        assert set(row.__struct_fields__) == columns - {"id"}
