"""Audits that are kept: what the run of every minute finds, and what follows from it."""

import pytest

from deposits.services import confirm_deposit
from deposits.tests.arrivals import arrived
from deposits.tests.arrivals import dave as depositor
from exchange.audit_runs import run_audit
from kernel import clock
from ledger.models import Account, AuditRun, Entry, Transfer
from ledger.selectors import open_breaks
from matching.tests.scene import everything_in
from orders.commands import EventKind
from orders.models import Market, OrderEvent, Trade
from orders.services import cancel_all, configure_market, request_cancel
from tests.attempts import no_guards, run
from tests.stories import NOON, asset, fund, make_market, person, place, settle
from withdrawals.services import mark_withdrawal_paid, reject_withdrawal
from withdrawals.tests.wishes import alice_with, approved, carol, dave, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> Market:
    market = make_market()
    fund(person("alice"), "BTC", "10")
    fund(person("bob"), "USDT", "1000000")
    run_audit(full=True)
    return market


def trade(market: Market, quantity: str = "0.1") -> None:
    place(person("alice"), market, "sell", quantity, at="20000")
    place(person("bob"), market, "buy", quantity, at="20000")
    settle()


def found() -> set[tuple[str, str]]:
    """(rule, subject) of every break that is open."""
    return {(it.invariant, it.subject) for it in open_breaks()}


def recent() -> AuditRun:
    return run_audit(full=False)


def broken(statement: str, *parameters: object) -> set[str]:
    """The rules whose breaks the next audit of every minute opens."""
    with no_guards():
        run(statement, *parameters)
    recent()
    return {it.invariant for it in open_breaks()}


# Where nothing is wrong -----------------------------------------------------------------


def test_the_first_audit_is_full():
    make_market()

    assert [recent().kind, recent().kind] == ["full", "recent"]


def test_nothing_is_found_where_nothing_is_wrong(market):
    placed = everything_in(market)
    one = recent()
    trade(market)
    two = recent()
    alice = person("alice")
    request_cancel(user_id=alice.pk, order_id=placed["iceberg"], now=clock.now())
    cancel_all(user_id=alice.pk, market_id=market.pk, side=None, now=clock.now())
    place(person("bob"), market, "buy", "0.1", at="100")
    three = recent()  # the engine has not seen these yet
    settle()
    runs = [one, two, three, recent(), run_audit(full=True), recent()]

    assert [(it.outcome, it.note) for it in runs] == [("clean", "")] * 6
    assert runs[0].checked < runs[-2].checked


def test_deposits_and_withdrawals_may_be_anywhere_on_their_way(market):
    deposit = arrived(amount="0.5", reference="one")
    first = recent()
    confirm_deposit(deposit_id=deposit.pk, actor=depositor(), now=NOON)
    alice = alice_with("2")
    agreed, asked = approved(alice, "0.1"), wish(alice, "0.2")
    second = recent()
    mark_withdrawal_paid(withdrawal_id=agreed.pk, actor=dave(), txid="00ff", now=NOON)
    reject_withdrawal(withdrawal_id=asked.pk, actor=carol(), reason="x", now=NOON)
    runs = [first, second, recent(), recent(), run_audit(full=True)]

    assert [it.outcome for it in runs] == ["clean"] * 5


def test_an_audit_looks_at_what_came_since_the_last_one(market):
    trade(market)
    recent()
    with no_guards():
        run("UPDATE orders_trade SET price = price + 1, maker_fee = maker_fee + 1")

    assert recent().outcome == "clean"  # these were looked at; the seals guard them now
    run_audit(full=True)
    assert {it.invariant for it in open_breaks()} >= {"O3", "O4", "O6"}


# What is found --------------------------------------------------------------------------

MONEY = "UPDATE ledger_account SET balance = balance + 5 WHERE kind = 'available'"
ONE = " AND id = (SELECT min(id) FROM ledger_account WHERE kind = 'available')"


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        (MONEY + ONE, {"L2", "L3"}),
        ("UPDATE ledger_account SET balance = 0 WHERE kind = 'fees'", {"L2", "L3"}),
        (
            "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
            "code, ref, created_at) SELECT entry_id, debit_id, credit_id, asset_id, 7, 80, "
            "0, now() FROM ledger_transfer LIMIT 1",
            {"L3"},
        ),
        (
            "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
            "code, ref, created_at) SELECT 0, debit_id, credit_id, asset_id + 1, 7, 80, "
            "0, now() FROM ledger_transfer LIMIT 1",
            {"L1", "L3", "L7"},
        ),
        (
            "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
            "VALUES ('house', 'x', '', '', '', now())",
            {"L7"},
        ),
        ("UPDATE orders_order SET quantity = quantity + 1 WHERE status = 1", {"O1"}),
        ("UPDATE orders_order SET status = 1 WHERE status = 2", {"O2", "O5"}),
        ("UPDATE orders_trade SET maker_fee = maker_fee + 1", {"O3", "O6"}),
        ("UPDATE orders_trade SET price = price + 1", {"O4"}),
        ("UPDATE orders_trade SET maker_user_id = taker_user_id", {"O3", "O20"}),
        ("UPDATE orders_trade SET created_at = created_at + interval '1 h' "
         "WHERE mod(id, 2) = 0", {"O14"}),
        ("DELETE FROM orders_trade WHERE mod(id, 2) = 0", {"O2", "O3", "O7"}),
        ("UPDATE matching_marketsequence SET trades = trades + 1", {"O7"}),
        ("DELETE FROM matching_eventbatch", {"O7"}),
        ("DELETE FROM orders_order WHERE status = 2", {"O2", "O3", "O9"}),
        ("ALTER TABLE ledger_account DROP CONSTRAINT account_balance_above_floor; "
         "UPDATE ledger_account SET balance = -1 WHERE kind = 'fees'", {"L5", "L16"}),
        ("ALTER TABLE ledger_transfer DISABLE TRIGGER transfers_are_append_only", {"L4"}),
    ],
)  # fmt: skip
def test_what_somebody_did_by_force_is_found_within_a_minute(market, statement, rules):
    place(person("alice"), market, "sell", "0.1", at="90000")
    place(person("alice"), market, "sell", "0.1", at="20000")
    settle()
    recent()
    for _ in range(4):
        trade(market, "0.2")

    assert broken(statement) >= rules


def test_what_a_shard_did_before_is_no_break_where_another_lags_behind(market):
    other = make_market("ETH-USDT")
    with no_guards():
        run("UPDATE orders_market SET shard = 1 WHERE id = %s", other.pk)
    order = place(person("alice"), market, "sell", "0.1", at="90000")
    configure_market(
        market_id=market.pk, user_id=None, settings={"state": 4}, reason="x", now=NOON
    )
    request_cancel(user_id=person("alice").pk, order_id=order.pk, now=clock.now())
    settle()
    assert OrderEvent.objects.filter(kind=EventKind.CANCEL_REFUSED).exists()

    assert [recent().outcome, recent().outcome] == ["clean", "clean"]


def test_a_rule_of_the_database_that_was_made_toothless_is_found(market):
    with no_guards():
        run(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'"
        )

    recent()

    assert found() == {("L16", "rules of the database")}


def test_a_database_that_was_restored_from_a_dump_words_its_rules_anew(market):
    """PostgreSQL writes some constraints otherwise once they were dumped and read."""
    with no_guards():
        run("UPDATE ledger_auditrun SET marks = marks || "
            """'{"database": "another", "rules": "in other words"}'""")  # fmt: skip

    recent()

    assert found() == set()


def test_an_index_that_is_made_anew_beside_itself_is_no_break(market):
    invalid = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}'::regclass"
    with no_guards():
        run("CREATE UNIQUE INDEX anew ON orders_command (user_id, client_order_id)"
            " WHERE client_order_id IS NOT NULL")  # fmt: skip
        run(invalid.format("anew"))
    recent()
    assert found() == set()

    with no_guards():
        run(invalid.format("client_order_id_is_unique"))
    recent()

    assert ("L4", "index client_order_id_is_unique") in found()


def test_a_market_that_is_not_as_its_last_change_says_is_found(market):
    configure_market(
        market_id=market.pk, user_id=None, settings={"state": 3}, reason="x", now=NOON
    )
    settle()

    assert broken("UPDATE orders_market SET state = 'open'") == {"O18"}


def test_an_account_that_vanished_is_found(market):
    account = Account.objects.get(owner=person("alice"), asset=asset("BTC"), balance__gt=0)

    assert "L3" in broken("DELETE FROM ledger_account WHERE id = %s", account.pk)

    assert ("L3", f"account {account.pk}") in found()


def test_a_second_order_under_the_same_own_id_is_found(market):
    place(person("alice"), market, "sell", "0.1", at="90000", client_order_id="mine")
    settle()
    with no_guards():
        run("DROP INDEX client_order_id_is_unique")
        run(
            "INSERT INTO orders_command (market_id, shard, kind, user_id, side, type, "
            "time_in_force, price, quantity, budget, order_id, maker_ppm, taker_ppm, "
            "self_trade, client_order_id, created_at) SELECT market_id, 1, kind, user_id, "
            "side, type, time_in_force, price, quantity, budget, order_id, maker_ppm, "
            "taker_ppm, self_trade, client_order_id, created_at FROM orders_command "
            "WHERE client_order_id = 'mine'"
        )

    recent()

    assert "O10" in {it.invariant for it in open_breaks()}


def test_a_trade_in_a_market_that_was_halted_is_found(market):
    configure_market(
        market_id=market.pk, user_id=None, settings={"state": 3}, reason="x", now=NOON
    )
    settle()
    trade(market)
    assert not Trade.objects.exists()
    with no_guards():
        run("UPDATE orders_marketchange SET created_at = created_at + interval '1 h'")
        run("UPDATE orders_market SET state = 'open'")
    trade(market)
    with no_guards():
        run("UPDATE orders_marketchange SET created_at = created_at - interval '2 h'")

    recent()

    assert "O15" in {it.invariant for it in open_breaks()}


def test_a_gift_by_one_customer_to_another_is_found(market):
    alice, bob = (
        Account.objects.get(owner=person(name), asset=asset("BTC"), kind="available")
        for name in ("alice", "bob")
        if fund(person(name), "BTC", "1") is None
    )
    entry = Entry.objects.create(kind="house", key="gift")
    Transfer.objects.create(
        entry=entry, debit=alice, credit=bob, asset=asset("BTC"), amount=5, code=1, ref=0,
        created_at=NOON,
    )  # fmt: skip

    recent()

    assert {rule for rule, _ in found()} == {"L11"}


def test_a_house_account_that_may_go_below_zero_gives_nothing(market):
    with no_guards():
        run(
            "INSERT INTO ledger_account (asset_id, kind, label, normal_side, floor, "
            "balance, opened_at) VALUES (%s, 'promotions', '', 'C', -100, 0, now())",
            asset("BTC").pk,
        )
    promotions = Account.objects.get(kind="promotions")
    alice = Account.objects.get(owner=person("alice"), asset=asset("BTC"), balance__gt=0)
    entry = Entry.objects.create(kind="house", key="gift")
    Transfer.objects.create(
        entry=entry, debit=promotions, credit=alice, asset=asset("BTC"), amount=5, code=80,
        ref=0, created_at=NOON,
    )  # fmt: skip

    recent()

    assert {rule for rule, _ in found()} == {"L11"}


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("UPDATE deposits_deposit SET amount = amount + 1", {"W1"}),
        ("ALTER TABLE deposits_deposit DROP CONSTRAINT deposit_is_decided_by_another; "
         "UPDATE deposits_deposit SET decided_by_id = entered_by_id", {"W2", "L16"}),
        ("UPDATE withdrawals_withdrawal SET amount = amount + 1", {"W3", "W10"}),
        ("UPDATE withdrawals_withdrawal SET state = 'requested', txid = '', decided_at = "
         "NULL, decided_by_id = NULL WHERE state = 'paid'", {"W3", "W10"}),
        ("UPDATE withdrawals_event SET digest = '' WHERE after = 'approved'", {"W6"}),
        ("ALTER TABLE withdrawals_event "
         "DROP CONSTRAINT withdrawal_refusal_has_its_reason; "
         "UPDATE withdrawals_event SET reason = '' WHERE after = 'rejected'", {"S3"}),
        ("DELETE FROM withdrawals_event WHERE after = 'approved'", {"W6"}),
    ],
)  # fmt: skip
def test_what_was_done_to_deposits_and_withdrawals_is_found(market, statement, rules):
    deposit = arrived(amount="0.5", reference="one")
    confirm_deposit(deposit_id=deposit.pk, actor=depositor(), now=NOON)
    alice = alice_with("2")
    agreed, asked = approved(alice, "0.1"), wish(alice, "0.2")
    wish(alice, "0.3")
    mark_withdrawal_paid(withdrawal_id=agreed.pk, actor=dave(), txid="00ff", now=NOON)
    reject_withdrawal(withdrawal_id=asked.pk, actor=carol(), reason="x", now=NOON)

    assert broken(statement.replace("digest = ''", "digest = repeat('0', 64)")) >= rules
