"""What the database refuses of special orders, their stories, and what trading costs.

README.md lists the rules.
"""

import pytest

from tests.attempts import is_append_only, refused, run, the_owner
from tests.stories import make_market, person

in_a_transaction = pytest.mark.django_db

PLACE, CANCEL, AMEND, CANCEL_ALL, CONFIGURE, CLOCK = 1, 2, 3, 4, 5, 6
BUY, SELL = 1, 2
MARKET, LIMIT, STOP, STOP_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT, TRAILING_STOP = range(1, 8)
GTC, GTD = 1, 6
NOON = "2026-11-21 12:00:00+00"


def insert(table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    holes = ", ".join(["%s"] * len(values))
    run(f"INSERT INTO {table} ({names}) VALUES ({holes})", *values.values())


def insert_command(**values: object) -> None:
    plain = {
        "market_id": 1, "shard": 0, "kind": PLACE, "user_id": 1, "side": 0, "type": 0,
        "time_in_force": 0, "price": 0, "quantity": 0, "budget": 0, "order_id": 0,
        "maker_ppm": 0, "taker_ppm": 0, "created_at": NOON,
    }  # fmt: skip
    insert("orders_command", **plain | values)


def order(type_: int, side: int = BUY, **values: object) -> dict[str, object]:
    return {"kind": PLACE, "side": side, "type": type_, "time_in_force": GTC} | values


# Commands -------------------------------------------------------------------------------


SHAPES = [
    order(LIMIT, price=100, quantity=5),
    order(LIMIT, price=100, quantity=5, display=1, post_only=1),
    order(MARKET, quantity=5, slippage_ppm=10),
    order(MARKET, SELL, budget=5),
    order(STOP, trigger_price=100, quantity=5),
    order(STOP, trigger_price=100, budget=5),
    order(TAKE_PROFIT, trigger_price=100, budget=5),
    order(STOP_LIMIT, trigger_price=100, price=90, quantity=5),
    order(TAKE_PROFIT_LIMIT, SELL, trigger_price=100, price=90, quantity=5),
    order(TRAILING_STOP, trail=10, quantity=5),
    order(TRAILING_STOP, SELL, trail_ppm=10, quantity=5),
    {"kind": CANCEL, "order_id": 1},
    {"kind": AMEND, "order_id": 1, "price": 1},
    {"kind": AMEND, "order_id": 1, "quantity": 1},
    {"kind": AMEND, "order_id": 1, "trigger_price": 1},
    {"kind": CANCEL_ALL},
    {"kind": CANCEL_ALL, "side": SELL},
    {"kind": CONFIGURE, "settings": "{}"},
    {"kind": CLOCK},
]


@in_a_transaction
@pytest.mark.parametrize("shape", SHAPES)
def test_a_command_of_every_kind_and_type_is_taken(shape):
    insert_command(**shape)

    assert run("SELECT count(*) FROM orders_command") == [(1,)]


@in_a_transaction
@pytest.mark.parametrize(
    "shape",
    [
        order(LIMIT, price=100, quantity=5, trigger_price=90),
        order(MARKET, quantity=5, trigger_price=90),
        order(MARKET, SELL, quantity=5, budget=5),
        order(STOP, quantity=5),
        order(STOP, trigger_price=0, quantity=5),
        order(STOP, trigger_price=100, price=90, quantity=5),
        order(STOP, trigger_price=100),
        order(STOP, SELL, trigger_price=100, budget=5),
        order(TAKE_PROFIT, budget=5),
        order(STOP_LIMIT, trigger_price=100, quantity=5),
        order(STOP_LIMIT, price=100, quantity=5),
        order(TAKE_PROFIT_LIMIT, trigger_price=100, price=90, budget=5),
        order(TRAILING_STOP, quantity=5),
        order(TRAILING_STOP, trail=10, trail_ppm=10, quantity=5),
        order(TRAILING_STOP, trail=10, budget=5),
        order(TRAILING_STOP, trail=10, quantity=5, price=100),
        order(TRAILING_STOP, trail=10, quantity=5, trigger_price=100),
        order(8, price=100, quantity=5),
        order(LIMIT, 0, price=100, quantity=5),
        {"kind": CANCEL},
        {"kind": AMEND, "order_id": 1},
        {"kind": AMEND, "price": 1},
        {"kind": CANCEL_ALL, "order_id": 1},
        {"kind": CANCEL_ALL, "side": 3},
        {"kind": CONFIGURE},
        {"kind": CLOCK, "order_id": 1},
        {"kind": 7},
    ],
)
def test_a_special_command_has_the_shape_of_its_kind(shape):
    with the_owner(), refused("command_has_its_shape"):
        insert_command(**shape)

    assert run("SELECT count(*) FROM orders_command") == [(0,)]


@in_a_transaction
@pytest.mark.parametrize(
    "expiry",
    [
        {"time_in_force": GTD},
        {"time_in_force": GTC, "expires_at": NOON},
    ],
)
def test_an_order_expires_if_and_only_if_it_says_so(expiry):
    with the_owner(), refused("command_expires_if_it_says_so"):
        insert_command(**order(LIMIT, price=100, quantity=5) | expiry)

    assert run("SELECT count(*) FROM orders_command") == [(0,)]


# Stories --------------------------------------------------------------------------------


@in_a_transaction
def test_an_orders_story_is_for_ever():
    insert(
        "orders_orderevent", order_id=1, command_id=1, kind=1, reason=1, limit=5, actual=6,
        created_at=NOON,
    )  # fmt: skip

    is_append_only("orders_orderevent")


@in_a_transaction
def test_a_prevented_match_is_for_ever():
    insert(
        "orders_preventedmatch", market_id=1, user_id=1, taker_order_id=2,
        maker_order_id=1, price=100, quantity=5, mode=2, created_at=NOON,
    )  # fmt: skip

    is_append_only("orders_preventedmatch")


@in_a_transaction
def test_a_markets_changes_are_for_ever():
    insert(
        "orders_marketchange", market_id=make_market().pk, command_id=1, state="halted",
        settings="{}", reason="They asked for it.", created_at=NOON,
    )  # fmt: skip

    is_append_only("orders_marketchange")


@in_a_transaction
@pytest.mark.parametrize("status", [5, 6], ids=["armed", "waiting"])
def test_an_order_that_waits_is_not_ended(status):
    insert(
        "orders_order", id=1, market_id=1, user_id=1, side=1, type=STOP, price=0,
        quantity=5, budget=0, filled=0, filled_quote=0, status=status, reason=0,
        maker_ppm=0, taker_ppm=0, created_at=NOON, updated_at=NOON,
    )  # fmt: skip

    run("UPDATE orders_order SET status = 3")
    with refused("has ended"):
        run("UPDATE orders_order SET status = %s", status)

    assert run("SELECT status FROM orders_order") == [(3,)]


# Switches and fees ----------------------------------------------------------------------


@in_a_transaction
def test_a_source_has_one_switch_for_a_user():
    alice, bob = person("alice"), person("bob")
    for user, source in ((alice, ""), (alice, "socket"), (bob, "")):
        insert("orders_cancelafter", user_id=user.pk, source=source, deadline=NOON)

    with the_owner(), refused("one_switch_of_a_source"):
        insert("orders_cancelafter", user_id=alice.pk, source="", deadline=NOON)

    assert run("SELECT count(*) FROM orders_cancelafter") == [(3,)]


@in_a_transaction
def test_one_tier_begins_at_a_volume():
    market = make_market()
    insert_tier(market.pk, volume_from=10)
    insert_tier(market.pk, volume_from=20)

    with the_owner(), refused("one_tier_from_a_volume"):
        insert_tier(market.pk, volume_from=10)

    assert run("SELECT volume_from FROM orders_feetier ORDER BY 1") == [(10,), (20,)]


@in_a_transaction
@pytest.mark.parametrize(
    "wrong", [{"volume_from": 0}, {"maker_ppm": 1_000_000}, {"taker_ppm": 1_000_000}]
)
def test_a_tiers_fees_are_less_than_everything(wrong):
    market = make_market()

    with the_owner(), refused("tier_fees_below_one"):
        insert_tier(market.pk, **wrong)

    assert run("SELECT count(*) FROM orders_feetier") == [(0,)]


@in_a_transaction
def test_a_user_has_one_volume_of_an_asset():
    alice, market = person("alice"), make_market()
    volume = {"user_id": alice.pk, "volume": 5, "counted_at": NOON}
    insert("orders_uservolume", asset_id=market.quote_id, **volume)
    insert("orders_uservolume", asset_id=market.base_id, **volume)

    with the_owner(), refused("one_volume_of_a_user"):
        insert("orders_uservolume", asset_id=market.quote_id, **volume)

    assert run("SELECT count(*) FROM orders_uservolume") == [(2,)]


def insert_tier(market_id: int, **values: int) -> None:
    plain = {"volume_from": 10, "maker_ppm": 500, "taker_ppm": 1_000}
    insert("orders_feetier", market_id=market_id, **plain | values)


@in_a_transaction
@pytest.mark.parametrize("column", ["band_ppm", "halt_ppm", "slippage_ppm"])
def test_a_band_leaves_a_price_on_both_sides(column):
    make_market()
    before = run("SELECT * FROM orders_market")

    with the_owner(), refused("market_bands_below_one"):
        run(f"UPDATE orders_market SET {column} = 1000001")

    assert run("SELECT * FROM orders_market") == before
