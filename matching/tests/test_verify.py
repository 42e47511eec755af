"""The replay finds every record that does not follow from the log."""

import pytest

from kernel import clock
from matching.verify import differences
from orders.models import Market
from orders.services import amend_order, configure_market
from tests.attempts import no_guards, run
from tests.stories import fund, make_market, person, place, place_together, settle, terms

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def market() -> Market:
    """A trade, an OCO, two orders at one price, a refusal, a prevented match, a setting."""
    market, alice, bob = make_market(), person("alice"), person("bob")
    for user in (alice, bob):
        fund(user, "BTC", "10")
        fund(user, "USDT", "1000000")
    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={"band_ppm": 500_000},
        reason="No typing errors.",
        now=clock.now(),
    )
    maker = place(alice, market, "sell", "0.5", at="60000")
    place(bob, market, "buy", "0.2", at="61000")
    place_together(
        alice,
        market,
        "oco",
        terms(market, "sell", "0.1", at="65000"),
        terms(market, "sell", "0.1", type="stop", trigger="55000"),
    )
    for name in ("alice", "bob"):
        place(person(name), market, "sell", "0.1", at="66000")
    place(person("carol"), market, "buy", "0.1", at="50000")
    place(alice, market, "buy", "0.1", at="60000")
    settle()
    amend_order(
        user_id=alice.pk,
        order_id=maker.pk,
        price=None,
        quantity=40_000,
        trigger=None,
        now=clock.now(),
    )
    settle()
    return market


def test_what_follows_from_the_log_has_no_differences():
    assert list(differences(shard=0)) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("orders_order SET price = price + 1 WHERE status = 1", "order"),
        ("orders_order SET reason = 9 WHERE status = 3", "order"),
        ("orders_order SET trigger_price = trigger_price + 1 WHERE status = 5", "order"),
        ("orders_order SET cap = cap - 1 WHERE cap IS NOT NULL", "order"),
        ("orders_order SET list_id = NULL", "order"),
        ("orders_order SET status = 3 WHERE status = 5", "order"),
        ("orders_order SET reason = 3 WHERE status = 4", "order"),
        ("orders_order SET hidden = 1 WHERE status = 1", "order"),
        ("orders_trade SET price = price + 1", "market, trades"),
        ("orders_trade SET auction = true", "market, trades"),
        ('orders_orderevent SET "limit" = "limit" + 1 WHERE kind = 6', "market, stories"),
        ("orders_orderevent SET reason = 1 WHERE kind = 2", "market, stories"),
        ("orders_preventedmatch SET quantity = quantity + 1", "market, prevented matches"),
        ("orders_marketchange SET state = 'halted'", "market, changes"),
        ("orders_market SET band_ppm = 7", "market"),
        ("orders_market SET state = 'halted'", "market"),
        ("matching_cursor SET time = time + 1", "time"),
    ],
)
def test_a_record_that_was_changed_is_found(market, change, what):
    with no_guards():
        run(f"UPDATE {change}")

    found = list(differences(shard=0))

    assert found
    assert found[0].startswith(what.replace("market", f"market {market.pk}"))


@pytest.mark.parametrize(
    "table", ["orders_trade", "orders_orderevent", "orders_preventedmatch", "orders_order"]
)
def test_a_record_that_is_missing_is_found(table):
    with no_guards():
        run(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")

    assert list(differences(shard=0))


def test_a_record_too_many_is_found(market):
    with no_guards():
        run(
            "INSERT INTO orders_preventedmatch (market_id, user_id, taker_order_id, "
            "maker_order_id, price, quantity, mode, created_at) "
            "SELECT market_id, user_id, taker_order_id, maker_order_id, price, quantity, "
            "mode, created_at FROM orders_preventedmatch"
        )

    [found] = differences(shard=0)

    assert found.startswith(f"market {market.pk}, prevented matches: recorded")
    assert found.endswith("not replayed")


def test_another_order_of_a_queue_is_found(market):
    with no_guards():
        run(
            "UPDATE orders_order SET priority = 1 WHERE price = 6600000 AND user_id = %s",
            person("bob").pk,
        )

    found = list(differences(shard=0))

    assert found[-1] == f"market {market.pk}: sell orders queue in another order"


def test_an_order_from_before_there_were_stories_need_not_tell_one():
    """As an upgraded database has them: rejected, or ended without a counterpart."""
    with no_guards():
        run(
            "DELETE FROM orders_orderevent WHERE order_id IN "
            "(SELECT id FROM orders_order WHERE status = 4)"
        )

    assert list(differences(shard=0)) == []
