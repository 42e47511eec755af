"""The audit finds what neither the engine nor the database would have let happen.

scene.py has the market in which it looks.
"""

from datetime import timedelta

import pytest
from django.db import connection

from kernel import clock
from matching import audit as of_matching
from matching.tests.scene import everything_in
from orders import audit as of_orders
from orders.commands import CommandKind
from orders.models import Command, Market, Order
from orders.services import (
    amend_order,
    append_commands,
    cancel_all,
    request_cancel,
)
from tests.attempts import no_guards, run
from tests.stories import (
    make_market,
    person,
    place,
    settle,
)

pytestmark = pytest.mark.django_db

SECOND = 1_000_000
INVARIANTS = (*of_orders.INVARIANTS, *of_matching.INVARIANTS)


def violations() -> dict[str, int]:
    """How many violations of each rule are found, of those that are broken."""
    found = {rule.id: len(search(rule.sql)) for rule in INVARIANTS}
    return {rule: count for rule, count in found.items() if count}


def search(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [line for (line,) in cursor.fetchall()]


def broken(statement: str, *parameters: object) -> dict[str, int]:
    """What is found after a statement that no guard stopped."""
    with no_guards():
        run(statement, *parameters)
    return violations()


@pytest.fixture
def market() -> Market:
    return make_market()


@pytest.fixture
def placed(market: Market) -> dict[str, int]:
    return everything_in(market)


def set_order(number: int, change: str, *parameters: object) -> dict[str, int]:
    return broken(f"UPDATE orders_order SET {change} WHERE id = %s", *parameters, number)


def test_nothing_is_found_where_nothing_is_wrong(placed):
    assert violations() == {}
    assert {o.pk for o in Order.objects.filter(status__in=[1, 5, 6])} == {
        placed[name]
        for name in ("maker", "limit", "stop", "entry", "target", "guard", "iceberg",
                     "trailing", "dated", "changed")
    }  # fmt: skip


# What is held ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["maker", "entry", "iceberg", "trailing"])
def test_a_hold_that_is_not_what_a_live_order_needs_is_found(placed, name):
    assert set_order(placed[name], "quantity = quantity + 1") == {"O1": 1}


def test_the_legs_of_an_oco_need_what_the_dearer_one_does(placed):
    both = "UPDATE orders_order SET quantity = quantity + 1 WHERE id IN (%s, %s)"

    assert broken(both, placed["limit"], placed["stop"]) == {"O1": 1}


def test_an_armed_order_that_buys_needs_its_cap(placed, market):
    bob = person("bob")
    stop = place(bob, market, "buy", "0.1", type="stop", trigger="80000")
    settle()
    assert violations() == {}

    assert set_order(stop.pk, "cap = cap + 1") == {"O1": 1}


def test_exits_that_wait_need_nothing(placed):
    with no_guards():
        run("UPDATE orders_order SET quantity = 1 WHERE id = %s", placed["target"])

    assert violations() == {}


# Fills ----------------------------------------------------------------------------------


def test_an_order_that_is_filled_and_lives_on_is_found(placed):
    assert set_order(placed["taker"], "status = 3") == {"O2": 1}
    assert set_order(placed["taker"], "status = 2, quantity = quantity + 1") == {"O2": 1}


def test_an_iceberg_that_hides_more_than_it_has_is_found(placed):
    assert set_order(placed["iceberg"], "hidden = quantity + 1") == {"O2": 1}


def test_a_trade_beyond_its_takers_limit_is_found(placed):
    assert set_order(placed["taker"], "price = 5999999") == {"O4": 1}


def test_a_trade_that_is_not_at_its_makers_price_is_found(placed):
    found = broken("UPDATE orders_trade SET price = price + 1")

    assert found == {"O4": 1}


def test_a_trade_of_an_auction_may_be_better_for_both_but_no_worse(placed):
    with no_guards():
        run("UPDATE orders_trade SET price = price + 1, auction = true")
    assert violations() == {}

    assert broken("UPDATE orders_trade SET price = price - 2") == {"O4": 1}


def test_a_market_order_that_went_beyond_its_cap_is_found(placed, market):
    place(person("bob"), market, "buy", "0.1")
    settle()
    assert violations() == {}

    found = broken("UPDATE orders_order SET cap = 5_999_999 WHERE type = 1")

    assert found == {"O4": 1}


def test_the_price_of_an_amended_order_may_be_another_than_that_of_its_trades(
    placed, market
):
    amend_order(
        user_id=person("alice").pk,
        order_id=placed["maker"],
        price=6_100_000,
        quantity=None,
        trigger=None,
        now=clock.now(),
    )
    settle()

    assert violations() == {}


def test_a_crossed_book_is_found_where_the_market_is_open(placed):
    assert set_order(placed["dated"], "price = 6000000")["O5"] == 1
    with no_guards():
        run("UPDATE orders_market SET state = 'auction'")
    assert "O5" not in violations()


def test_a_trade_with_oneself_is_found_unless_it_was_asked_for(placed):
    with no_guards():
        run("UPDATE orders_trade SET maker_user_id = taker_user_id")
    assert violations()["O20"] == 1

    with no_guards():
        run("UPDATE orders_command SET self_trade = 1 WHERE id = %s", placed["taker"])
    assert "O20" not in violations()


# Lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("stop", "filled = 1, filled_quote = 1"),
        ("limit", "status = 3"),
        ("stop", "status = 3"),
        ("guard", "status = 3"),
        ("target", "status = 1"),
        ("stop", "list_id = NULL"),
        ("stop", "side = 1"),
    ],
)
def test_a_list_that_is_torn_is_found(placed, name, change):
    assert set_order(placed[name], change)["O16"] >= 1


def test_exits_that_are_alive_before_their_entry_has_ended_are_found(placed):
    with no_guards():
        run("UPDATE orders_order SET status = 1 WHERE id = %s", placed["target"])
        run("UPDATE orders_order SET status = 5 WHERE id = %s", placed["guard"])

    assert violations()["O16"] == 2


# Stories --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "order_id = 1000000",
        "command_id = 1000000",
        "command_id = 0",
        "kind = 2",
        "reason = 2",
        "kind = 9",
        "kind = 5",
    ],
)
def test_an_event_that_does_not_belong_to_its_order_is_found(placed, change):
    found = broken(
        f"UPDATE orders_orderevent SET {change} WHERE order_id = %s", placed["poor"]
    )

    assert found["O17"] == 1


@pytest.mark.parametrize(
    "change",
    [
        "mode = 3",
        "maker_order_id = 1000000",
        "taker_order_id = maker_order_id",
        "user_id = user_id + 1",
    ],
)
def test_a_prevented_match_of_the_wrong_orders_is_found(placed, change):
    assert broken(f"UPDATE orders_preventedmatch SET {change}") == {"O19": 1}


def test_a_prevented_match_that_was_traded_is_found(placed):
    found = broken(
        "UPDATE orders_trade SET taker_order_id = %s, maker_user_id = %s",
        placed["own"],
        person("alice").pk,
    )

    assert found["O19"] == 1


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE orders_market SET state = 'halted'", {"O18": 1}),
        ("UPDATE orders_market SET until = now()", {"O18": 1}),
        ("UPDATE orders_marketchange SET user_id = user_id - 1", {"O18": 1}),
        ("UPDATE orders_marketchange SET command_id = 1000000", {"O18": 1, "O9": 1}),
    ],
)
def test_a_market_that_is_not_as_its_last_change_says_is_found(placed, statement, found):
    assert broken(statement) == found


# Commands -------------------------------------------------------------------------------


def test_a_cancel_without_effect_is_found(placed):
    alice = person("alice")
    request_cancel(user_id=alice.pk, order_id=placed["iceberg"], now=clock.now())
    settle()
    assert violations() == {}

    assert set_order(placed["iceberg"], "status = 1, reason = 0") == {"O1": 1, "O9": 1}


def test_an_amend_without_effect_is_found(placed):
    with no_guards():
        run("DELETE FROM orders_orderevent WHERE order_id = %s", placed["changed"])
    assert violations() == {}

    found = set_order(placed["changed"], "quantity = 20000")

    assert found == {"O1": 1, "O9": 1}


def test_a_cancel_of_all_that_left_some_is_found(placed, market):
    alice = person("alice")
    cancel_all(user_id=alice.pk, market_id=market.pk, side=None, now=clock.now())
    settle()
    assert violations() == {}

    assert set_order(placed["iceberg"], "status = 1, reason = 0") == {"O1": 1, "O9": 1}


def test_a_setting_that_was_never_made_is_found(placed):
    assert broken("DELETE FROM orders_marketchange") == {"O9": 1}


def test_a_clock_that_its_engine_does_not_know_is_found(placed, market):
    now = Command(
        market_id=market.pk, shard=0, kind=CommandKind.CLOCK, user_id=0,
        created_at=clock.now() + timedelta(minutes=1),
    )  # fmt: skip
    append_commands(commands=[now])
    settle()
    assert violations() == {}

    assert broken("UPDATE matching_cursor SET time = time - 1") == {"O9": 1}


def test_what_happened_beyond_the_cursor_is_found(placed):
    found = broken("UPDATE matching_cursor SET position = 0")

    assert found["O9"] > len(placed)


# Time -----------------------------------------------------------------------------------


def test_an_order_that_outlives_its_time_is_found(placed):
    found = broken("UPDATE matching_cursor SET time = time + %s", 3_660 * SECOND)

    assert found == {"O21": 1}


def test_an_order_that_expired_too_early_is_found(placed):
    found = set_order(placed["dated"], "status = 3, reason = 9")

    assert found == {"O1": 1, "O21": 1}


def test_a_trade_after_the_time_of_one_of_its_orders_is_found(placed):
    for name in ("maker", "taker"):
        with no_guards():
            run(
                "UPDATE orders_command SET time_in_force = 6, expires_at = created_at - "
                "interval '1 s' WHERE id = %s",
                placed[name],
            )

    assert violations()["O21"] == 3  # both trades' sides, and the maker is still open
