"""What the database refuses of markets, commands, orders and trades, tried with raw SQL.

README.md lists the rules.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection

from orders.models import Market
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import asset, fund, make_market, person, place, settle

in_a_transaction = pytest.mark.django_db

COMMAND = (
    "INSERT INTO orders_command (market_id, shard, kind, user_id, side, type, "
    "time_in_force, price, quantity, budget, order_id, client_order_id, maker_ppm, "
    "taker_ppm, created_at) "
    "VALUES (1, 0, %s, 1, %s, %s, 1, %s, %s, %s, %s, %s, 0, 0, now()) RETURNING id"
)
PLACE, CANCEL, BUY, SELL, MARKET, LIMIT = 1, 2, 1, 2, 1, 2
A_COMMAND = (PLACE, BUY, LIMIT, 100, 5, 0, 0, None)
OPEN, FILLED = 1, 2
BIGINT_MAX = 2**63 - 1


def change_market(column: str, value: object) -> None:
    run(f"UPDATE orders_market SET {column} = %s", value)


def market_as_stored() -> list[tuple]:
    return run("SELECT * FROM orders_market")


def one_trade() -> Market:
    """Alice's 0.5 for sale meets bob's 0.2; alice's order stays open."""
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "100000")
    place(alice, market, "sell", "0.5", at="60000")
    place(bob, market, "buy", "0.2", at="61000")
    settle()
    return market


# Markets --------------------------------------------------------------------------------


@in_a_transaction
def test_a_market_never_rounds():
    make_market()
    before = market_as_stored()

    for column, value in (("tick_size", 1_000_001), ("lot_size", 999), ("tick_value", 11)):
        with the_owner(), refused("market_never_rounds"):
            change_market(column, value)

    assert market_as_stored() == before


@in_a_transaction
def test_the_largest_order_of_a_market_fits_a_bigint():
    make_market()
    before = market_as_stored()

    for column, value in (("price_max", BIGINT_MAX), ("quantity_max", 2**62)):
        with the_owner(), refused("market_never_overflows"):
            change_market(column, value)

    assert market_as_stored() == before


@in_a_transaction
def test_a_market_trades_two_assets():
    market = make_market()

    with the_owner(), refused("market_of_two_assets"):
        change_market("quote_id", market.base_id)

    assert run("SELECT quote_id FROM orders_market") == [(asset("USDT").pk,)]


@in_a_transaction
@pytest.mark.parametrize(
    "change",
    [
        "tick_size = 0, tick_value = 0",
        "lot_size = 0, tick_value = 0",
        "lot_size = 0, base_unit = 0",
        "tick_size = -tick_size, lot_size = -lot_size",
    ],
)
def test_a_markets_steps_are_positive(change):
    make_market()
    before = market_as_stored()

    with the_owner(), refused("market_steps_positive"):
        run(f"UPDATE orders_market SET {change}")

    assert market_as_stored() == before


@in_a_transaction
@pytest.mark.parametrize("column", ["maker_ppm", "taker_ppm"])
def test_a_fee_is_less_than_everything(column):
    make_market()
    before = market_as_stored()

    with the_owner(), refused("market_fees_below_one"):
        change_market(column, 1_000_000)

    assert market_as_stored() == before


@in_a_transaction
@pytest.mark.parametrize(
    ("column", "value"), [("price_max", 0), ("quantity_min", 0), ("quantity_max", 0)]
)
def test_a_markets_limits_are_in_order(column, value):
    make_market()
    before = market_as_stored()

    with the_owner(), refused("market_limits_in_order"):
        change_market(column, value)

    assert market_as_stored() == before


@in_a_transaction
def test_a_symbol_names_one_market():
    make_market("BTC-USDT")
    make_market("ETH-USDT")

    with the_owner(), refused("orders_market_symbol_key"):
        run("UPDATE orders_market SET symbol = 'BTC-USDT'")

    assert run("SELECT symbol FROM orders_market ORDER BY 1") == [
        ("BTC-USDT",),
        ("ETH-USDT",),
    ]


@in_a_transaction
@pytest.mark.parametrize(
    "change",
    [
        "symbol = 'BTC-USD'",
        "tick_size = tick_size * 2, tick_value = tick_value * 2",
        "lot_size = lot_size * 2, tick_value = tick_value * 2",
        "shard = 1",
    ],
)
def test_a_market_keeps_what_its_prices_are_counted_in(change):
    make_market()
    before = market_as_stored()

    with refused("keeps its assets, steps and shard"):
        run(f"UPDATE orders_market SET {change}")
    with the_owner(), refused("keeps its assets, steps and shard"):
        run(f"UPDATE orders_market SET {change}")

    assert market_as_stored() == before


@in_a_transaction
def test_markets_are_never_deleted():
    make_market()
    before = market_as_stored()

    for statement in ("DELETE FROM orders_market", "TRUNCATE orders_market CASCADE"):
        refused_to_all(statement, why="is append-only")

    assert market_as_stored() == before


# The command log ------------------------------------------------------------------------


@in_a_transaction
@pytest.mark.parametrize(
    "shape",
    [
        (PLACE, BUY, LIMIT, 0, 5, 0, 0, None),
        (PLACE, BUY, LIMIT, 100, 0, 0, 0, None),
        (PLACE, BUY, LIMIT, 100, 5, 7, 0, None),
        (PLACE, SELL, MARKET, 100, 5, 0, 0, None),
        (PLACE, SELL, MARKET, 0, 0, 0, 0, None),
        (PLACE, BUY, MARKET, 0, 5, 7, 0, None),
        (PLACE, BUY, MARKET, 100, 0, 7, 0, None),
        (CANCEL, 0, 0, 0, 0, 0, 0, None),
        (3, BUY, LIMIT, 100, 5, 0, 0, None),
    ],
)
def test_a_command_has_the_shape_of_its_kind(shape):
    with the_owner(), refused("command_has_its_shape"):
        run(COMMAND, *shape)

    assert run("SELECT count(*) FROM orders_command") == [(0,)]


@in_a_transaction
def test_a_client_order_id_names_one_order_of_a_user():
    run(COMMAND, *A_COMMAND[:-1], "mine")
    run(COMMAND, *A_COMMAND)
    run(COMMAND, *A_COMMAND)

    with the_owner(), refused("client_order_id_is_unique"):
        run(COMMAND, *A_COMMAND[:-1], "mine")

    assert run("SELECT count(*) FROM orders_command") == [(3,)]


@in_a_transaction
def test_commands_are_for_ever():
    one_trade()

    is_append_only("orders_command")


def test_a_reader_never_sees_a_command_before_one_with_a_lower_id(committed_db):
    """Alice's insert comes first and commits last; bob's has to wait for it."""
    alice, bob = connection.copy(), connection.copy()
    bob.inc_thread_sharing()
    with ThreadPoolExecutor(1) as elsewhere, closing(alice), closing(bob):
        alice.set_autocommit(False)
        first = insert_with(alice)
        second = elsewhere.submit(insert_with, bob)
        wait_until_somebody_queues()

        assert not second.done()
        assert run("SELECT id FROM orders_command") == []

        alice.commit()
        ids = [first, second.result(timeout=5)]

    assert ids == sorted(ids)
    assert run("SELECT id FROM orders_command ORDER BY id") == [(id_,) for id_ in ids]


def test_the_queue_moves_on_when_an_insert_is_rolled_back(committed_db):
    alice, bob = connection.copy(), connection.copy()
    bob.inc_thread_sharing()
    with ThreadPoolExecutor(1) as elsewhere, closing(alice), closing(bob):
        alice.set_autocommit(False)
        insert_with(alice)
        second = elsewhere.submit(insert_with, bob)
        wait_until_somebody_queues()

        alice.rollback()
        bobs = second.result(timeout=5)

    assert run("SELECT id FROM orders_command") == [(bobs,)]


def test_a_commit_of_commands_notifies_the_engines_once(committed_db):
    with closing(connection.copy()) as listener:
        listener.ensure_connection()
        listener.connection.execute("LISTEN commands")

        with closing(connection.copy()) as alice:
            alice.set_autocommit(False)
            insert_with(alice)
            insert_with(alice)
            early = list(listener.connection.notifies(timeout=0.1))
            alice.commit()
        late = list(listener.connection.notifies(timeout=0.3))

    assert [notice.channel for notice in early] == []
    assert [notice.channel for notice in late] == ["commands"]


def insert_with(database) -> int:
    with database.cursor() as cursor:
        cursor.execute(COMMAND, A_COMMAND)
        return cursor.fetchone()[0]


def wait_until_somebody_queues() -> None:
    deadline = time.monotonic() + 5
    while not run("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
        assert time.monotonic() < deadline, "the second insert did not wait for the first"
        time.sleep(0.01)


# Orders ---------------------------------------------------------------------------------


@in_a_transaction
def test_an_order_that_has_ended_stays_ended():
    one_trade()
    before = run("SELECT * FROM orders_order ORDER BY id")

    for change in (f"status = {OPEN}", "filled = filled", "updated_at = now()"):
        statement = f"UPDATE orders_order SET {change} WHERE status = {FILLED}"
        with refused("has ended"):
            run(statement)
        with the_owner(), refused("has ended"):
            run(statement)

    assert run("SELECT * FROM orders_order ORDER BY id") == before


@in_a_transaction
def test_orders_are_never_deleted():
    one_trade()

    for statement in ("DELETE FROM orders_order", "TRUNCATE orders_order CASCADE"):
        refused_to_all(statement, why="orders_order is append-only")

    assert run("SELECT count(*) FROM orders_order") == [(2,)]


@in_a_transaction
@pytest.mark.parametrize("filled", ["quantity + 1", "-1"])
def test_an_order_fills_within_its_quantity(filled):
    one_trade()
    before = run("SELECT * FROM orders_order ORDER BY id")

    with the_owner(), refused("order_fills_within_quantity"):
        run(f"UPDATE orders_order SET filled = {filled} WHERE status = {OPEN}")

    assert run("SELECT * FROM orders_order ORDER BY id") == before


@in_a_transaction
@pytest.mark.parametrize("spent", ["budget + 1", "-1"])
def test_a_market_buy_spends_within_its_budget(spent):
    run(
        "INSERT INTO orders_order (id, market_id, user_id, side, type, price, quantity, "
        "budget, filled, filled_quote, status, reason, maker_ppm, taker_ppm, created_at, "
        "updated_at) VALUES (1, 1, 1, 1, 1, 0, 0, 1000, 0, 0, 1, 0, 0, 0, now(), now())"
    )

    with the_owner(), refused("order_spends_within_budget"):
        run(f"UPDATE orders_order SET filled_quote = {spent}")

    assert run("SELECT filled_quote FROM orders_order") == [(0,)]


# Trades ---------------------------------------------------------------------------------


@in_a_transaction
def test_trades_are_for_ever():
    one_trade()

    is_append_only("orders_trade")


@in_a_transaction
@pytest.mark.parametrize("column", ["price", "quantity", "quote_amount"])
def test_a_trade_is_of_something_for_something(column):
    one_trade()

    with the_owner(), refused("trade_is_positive"):
        insert_trade_like_the_first(**{"id": "id + 1", column: "0"})

    assert run("SELECT count(*) FROM orders_trade") == [(1,)]


@in_a_transaction
def test_a_trades_id_names_its_market():
    one_trade()

    with the_owner(), refused("trade_id_names_its_market"):
        insert_trade_like_the_first(id="id + (1::bigint << 40)")

    assert run("SELECT count(*) FROM orders_trade") == [(1,)]


def insert_trade_like_the_first(**changes: str) -> None:
    columns = [
        "id", "market_id", "price", "quantity", "quote_amount", "taker_side",
        "maker_order_id", "taker_order_id", "maker_user_id", "taker_user_id",
        "maker_fee", "taker_fee", "created_at",
    ]  # fmt: skip
    values = [changes.get(column, column) for column in columns]
    run(
        f"INSERT INTO orders_trade ({', '.join(columns)}) "
        f"SELECT {', '.join(values)} FROM orders_trade"
    )
