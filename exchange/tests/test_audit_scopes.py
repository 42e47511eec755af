"""Of what came, the audit of every minute finds what the full one finds."""

import pytest

from exchange.audit import INVARIANTS, audit
from exchange.audit_marks import in_words
from exchange.audit_runs import run_audit
from kernel.invariants import EVERYTHING, Scope
from ledger.selectors import last_look
from matching.tests.scene import everything_in
from orders.models import Market
from tests.attempts import no_guards, run
from tests.stories import fund, make_market, person

pytestmark = pytest.mark.django_db
RECENT = {it.id for it in INVARIANTS if it.recent is not None}


@pytest.fixture
def market() -> Market:
    """Audited, with some money in it and no order yet."""
    market = make_market()
    fund(person("alice"), "BTC", "1")
    run_audit(full=True)
    return market


def found(scope: Scope) -> set[str]:
    return {it.invariant.id for it in audit(scope) if it.violations}


def since_the_last() -> Scope:
    last = last_look()
    assert last is not None
    return Scope(full=False, marks=in_words(last.marks))


ORDERS = "UPDATE orders_order SET "
EVENTS = "UPDATE orders_orderevent SET "
HOUR = "interval '1 h'"


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("maker", ORDERS + "quantity = quantity + 1"),
        ("iceberg", ORDERS + "hidden = quantity + 1"),
        ("taker", ORDERS + "status = 3"),
        ("taker", ORDERS + "status = 2, quantity = quantity + 1"),
        ("taker", ORDERS + "price = 5999999"),
        ("taker", ORDERS + "filled = filled - 1"),
        ("taker", ORDERS + "user_id = user_id + 1"),
        ("taker", ORDERS + "side = 2"),
        ("taker", ORDERS + f"status = 3, updated_at = created_at - {HOUR}"),
        ("dated", ORDERS + "price = 6000000"),
        ("dated", ORDERS + "status = 3, reason = 9"),
        ("stop", ORDERS + "filled = 1, filled_quote = 1"),
        ("limit", ORDERS + "status = 3"),
        ("stop", ORDERS + "list_id = NULL"),
        ("target", ORDERS + "status = 1"),
        ("guard", "DELETE FROM orders_order"),
        ("changed", "DELETE FROM orders_order"),
        ("changed", "DELETE FROM orders_command"),
        ("poor", ORDERS + "reason = 2"),
    ],
)
def test_what_was_done_to_an_order_that_came(market, name, statement):
    placed = everything_in(market)
    assert found(since_the_last()) == found(EVERYTHING) == set()

    with no_guards():
        run(f"{statement} WHERE id = %s", placed[name])

    everything = found(EVERYTHING) - {"O8"}
    assert everything
    assert found(since_the_last()) == everything & RECENT


@pytest.mark.parametrize(
    "statement",
    [
        EVENTS + "order_id = 1000000",
        EVENTS + "command_id = 0",
        EVENTS + "kind = 9",
        EVENTS + "kind = 5",
        "UPDATE orders_preventedmatch SET mode = 3",
        "UPDATE orders_preventedmatch SET maker_order_id = 1000000",
        "UPDATE orders_preventedmatch SET user_id = user_id + 1",
        "UPDATE orders_trade SET price = price + 1",
        "UPDATE orders_trade SET auction = true, price = price - 2",
        "UPDATE orders_trade SET maker_user_id = taker_user_id",
        "UPDATE orders_trade SET quantity = quantity + 1",
        "UPDATE orders_trade SET taker_fee = taker_fee + 1",
        "UPDATE orders_trade SET taker_order_id = maker_order_id",
        "DELETE FROM orders_trade",
        "DELETE FROM matching_eventbatch",
        "UPDATE orders_market SET max_open_orders = 1, state = 'halted'",
        "UPDATE orders_marketchange SET user_id = user_id - 1",
        "UPDATE orders_marketchange SET command_id = 1000000",
        "DELETE FROM orders_marketchange",
        "UPDATE matching_cursor SET time = time + 3660000000",
        "UPDATE matching_cursor SET position = 0",
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE code = 1",
        "UPDATE ledger_transfer SET ref = 1000000 WHERE code = 20",
        "UPDATE ledger_transfer SET entry_id = 1000000 WHERE code = 1",
        "DELETE FROM ledger_transfer WHERE code = 22",
        "UPDATE ledger_transfer SET debit_id = credit_id, credit_id = debit_id "
        "WHERE code = 2",
        "DELETE FROM ledger_entry WHERE kind = 'batch'",
        "UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'held'",
        "UPDATE ledger_account SET owner_id = owner_id + 1000 WHERE kind = 'held'",
    ],
)
def test_what_was_done_to_what_came(market, statement):
    everything_in(market)
    with no_guards():
        run(statement)

    # The replay finds much of it too; the two are compared without it.
    everything = found(EVERYTHING) - {"O8"}

    assert everything
    assert found(since_the_last()) == everything & RECENT
