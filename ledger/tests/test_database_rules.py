"""What the database refuses of the books, tried with raw SQL. README.md lists the rules."""

import pytest
from django.db import connection

from ledger.models import Account, AccountKind
from ledger.services import open_account
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import NOON, asset, balances, fund, person

pytestmark = pytest.mark.django_db

TRANSFER = (
    "INSERT INTO ledger_transfer "
    "(entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at) "
    "SELECT id, %s, %s, %s, %s, 80, id, now() FROM ledger_entry ORDER BY id LIMIT 1"
)
ACCOUNT = (
    "INSERT INTO ledger_account "
    "(owner_id, asset_id, kind, label, normal_side, floor, balance, opened_at) "
    "VALUES (%s, %s, %s, '', %s, %s, %s, now())"
)
ASSET = "INSERT INTO ledger_asset (code, name, scale, kind) VALUES (%s, '', %s, 'coin')"


def account_of(name: str, code: str = "BTC") -> Account:
    return open_account(
        asset_id=asset(code).pk, kind=AccountKind.AVAILABLE, owner_id=person(name).pk
    )


def custody(code: str = "BTC") -> Account:
    return open_account(asset_id=asset(code).pk, kind=AccountKind.CUSTODY, label="main")


def count(table: str) -> int:
    return run(f"SELECT count(*) FROM {table}")[0][0]


# Transfers ------------------------------------------------------------------------------


def test_a_transfer_moves_both_balances():
    fund(person("alice"), "BTC", "1")
    alice, bob = account_of("alice"), account_of("bob")

    run(TRANSFER, alice.pk, bob.pk, alice.asset_id, 40_000_000)

    assert balances(person("alice")) == {"BTC": ("0.6", "0")}
    assert balances(person("bob")) == {"BTC": ("0.4", "0")}


def test_many_transfers_of_one_statement_are_summed():
    fund(person("alice"), "BTC", "1")
    alice, bob = account_of("alice"), account_of("bob")

    run(
        "INSERT INTO ledger_transfer "
        "(entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at) "
        "SELECT entry.id, leg.debit, leg.credit, %s, leg.amount, 80, entry.id, now() "
        "FROM (VALUES (%s, %s, 50000000), (%s, %s, 20000000), (%s, %s, 10000000)) "
        "AS leg (debit, credit, amount), (SELECT id FROM ledger_entry LIMIT 1) AS entry",
        alice.asset_id,
        *(alice.pk, bob.pk),
        *(bob.pk, alice.pk),
        *(alice.pk, bob.pk),
    )

    assert balances(person("alice")) == {"BTC": ("0.6", "0")}
    assert balances(person("bob")) == {"BTC": ("0.4", "0")}


def test_a_debit_normal_account_grows_by_debits():
    before = custody().balance

    fund(person("alice"), "BTC", "1")

    assert custody().balance - before == 100_000_000


@pytest.mark.parametrize("side", ["debit", "credit"])
def test_a_transfer_names_accounts_that_exist(side):
    fund(person("alice"), "BTC", "1")
    alice, nobody = account_of("alice"), 9_999_999
    pair = (nobody, alice.pk) if side == "debit" else (alice.pk, nobody)

    with the_owner(), refused("unknown account or one of another asset"):
        run(TRANSFER, *pair, alice.asset_id, 1)

    assert count("ledger_transfer") == 1
    assert balances(person("alice")) == {"BTC": ("1", "0")}


def test_a_transfer_stays_within_one_asset():
    fund(person("alice"), "BTC", "1")
    bitcoin, dollar = account_of("alice"), account_of("bob", "USDT")

    for named in (bitcoin.asset_id, dollar.asset_id):
        with the_owner(), refused("unknown account or one of another asset"):
            run(TRANSFER, bitcoin.pk, dollar.pk, named, 1)

    assert count("ledger_transfer") == 1
    assert balances(person("alice")) == {"BTC": ("1", "0")}


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(amount):
    fund(person("alice"), "BTC", "1")
    alice, bob = account_of("alice"), account_of("bob")

    with the_owner(), refused("transfer_amount_positive"):
        run(TRANSFER, alice.pk, bob.pk, alice.asset_id, amount)

    assert count("ledger_transfer") == 1


def test_a_transfer_is_between_two_accounts():
    fund(person("alice"), "BTC", "1")
    alice = account_of("alice")

    with the_owner(), refused("transfer_between_two_accounts"):
        run(TRANSFER, alice.pk, alice.pk, alice.asset_id, 1)

    assert count("ledger_transfer") == 1


def test_transfers_are_for_ever():
    fund(person("alice"), "BTC", "1")

    is_append_only("ledger_transfer")


# Entries --------------------------------------------------------------------------------


def test_entries_are_for_ever():
    fund(person("alice"), "BTC", "1")

    is_append_only("ledger_entry")


def test_an_entry_key_is_used_once():
    fund(person("alice"), "BTC", "1")

    with the_owner(), refused("ledger_entry_key_key"):
        run(
            "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
            "SELECT kind, key, digest, reference, memo, %s FROM ledger_entry",
            NOON,
        )

    assert count("ledger_entry") == 1


# Accounts -------------------------------------------------------------------------------


def test_a_balance_changes_only_by_a_transfer():
    fund(person("alice"), "BTC", "1")

    refused_to_all(
        "UPDATE ledger_account SET balance = balance + 1",
        why="a balance changes only by a transfer",
    )

    assert balances(person("alice")) == {"BTC": ("1", "0")}


def test_an_account_opens_empty():
    bitcoin = asset("BTC")

    for kind, side, owner in (
        ("available", "C", person("alice").pk),
        ("capital", "C", None),
    ):
        with the_owner(), refused("a balance changes only by a transfer"):
            run(ACCOUNT, owner, bitcoin.pk, kind, side, 0, 1)

    assert count("ledger_account") == 0


@pytest.mark.parametrize("amount", [100_000_001, 2**63 - 1])
def test_no_account_falls_below_its_floor(amount):
    fund(person("alice"), "BTC", "1")
    alice, bob = account_of("alice"), account_of("bob")

    with the_owner(), refused("account_balance_above_floor"):
        run(TRANSFER, alice.pk, bob.pk, alice.asset_id, amount)

    assert balances(person("alice")) == {"BTC": ("1", "0")}
    assert balances(person("bob")) == {"BTC": ("0", "0")}
    assert count("ledger_transfer") == 1


def test_the_house_has_a_floor_too():
    fund(person("alice"), "BTC", "1")

    with the_owner(), refused("account_balance_above_floor"):
        run(TRANSFER, account_of("alice").pk, custody().pk, asset("BTC").pk, 100_000_001)

    assert custody().balance == 100_000_000


def test_a_customers_floor_is_zero():
    bitcoin, alice = asset("BTC"), person("alice")

    for floor in (-1, 1):
        with the_owner(), refused("account_"):
            run(ACCOUNT, alice.pk, bitcoin.pk, "available", "C", floor, 0)
    with the_owner(), refused("account_customer_floor_is_zero"):
        run(ACCOUNT, alice.pk, bitcoin.pk, "available", "C", -1, 0)

    assert count("ledger_account") == 0


def test_an_owner_has_one_account_of_a_kind_and_asset():
    account = account_of("alice")

    with the_owner(), refused("account_is_unique"):
        run(ACCOUNT, account.owner_id, account.asset_id, "available", "C", 0, 0)

    assert count("ledger_account") == 1


def test_the_house_has_one_account_of_a_kind_and_label():
    bitcoin = asset("BTC")
    run(ACCOUNT, None, bitcoin.pk, "capital", "C", 0, 0)

    with the_owner(), refused("account_is_unique"):
        run(ACCOUNT, None, bitcoin.pk, "capital", "C", 0, 0)

    assert count("ledger_account") == 1


def test_customer_kinds_have_an_owner_and_house_kinds_have_none():
    bitcoin, alice = asset("BTC"), person("alice")

    for kind in ("available", "held", "withdrawing"):
        with the_owner(), refused("account_owner_fits_kind"):
            run(ACCOUNT, None, bitcoin.pk, kind, "C", 0, 0)
    for kind in ("capital", "fees", "suspense", "payouts_in_flight"):
        with the_owner(), refused("account_owner_fits_kind"):
            run(ACCOUNT, alice.pk, bitcoin.pk, kind, "C", 0, 0)

    assert count("ledger_account") == 0


def test_what_the_house_owns_grows_by_debits_and_the_rest_by_credits():
    bitcoin, alice = asset("BTC"), person("alice")

    for owner, kind, side in (
        (alice.pk, "available", "D"),
        (None, "fees", "D"),
        (None, "custody", "C"),
        (None, "network_fees", "C"),
    ):
        with the_owner(), refused("account_side_fits_kind"):
            run(ACCOUNT, owner, bitcoin.pk, kind, side, 0, 0)

    assert count("ledger_account") == 0


def test_an_account_keeps_what_it_was_opened_as():
    account = account_of("alice")
    bob = person("bob").pk
    before = run("SELECT * FROM ledger_account")

    for change, value in (
        ("id", account.pk + 1),
        ("owner_id", bob),
        ("asset_id", asset("USDT").pk),
        ("kind", "held"),
        ("label", "other"),
        ("normal_side", "D"),
        ("floor", -5),
        ("opened_at", NOON),
    ):
        with the_owner(), refused("keeps its owner, asset, kind, side and floor"):
            run(f"UPDATE ledger_account SET {change} = %s", value)
    with refused("keeps its owner, asset, kind, side and floor"):
        run("UPDATE ledger_account SET id = id")

    assert run("SELECT * FROM ledger_account") == before


def test_accounts_are_never_deleted():
    account_of("alice")

    for statement in ("DELETE FROM ledger_account", "TRUNCATE ledger_account CASCADE"):
        refused_to_all(statement, why="ledger_account is append-only")

    assert count("ledger_account") == 1


# Assets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["btc", "BTC ", "", "ＢＴＣ", "B-T"])
def test_an_asset_code_is_plain(code):
    with the_owner(), refused("asset_code_is_plain"):
        run(ASSET, code, 8)

    assert count("ledger_asset") == 0


def test_an_asset_code_is_used_once():
    asset("BTC")

    with the_owner(), refused("ledger_asset_code_key"):
        run(ASSET, "BTC", 8)

    assert count("ledger_asset") == 1


def test_an_asset_has_at_most_18_decimals():
    with the_owner(), refused("asset_scale_at_most_18"):
        run(ASSET, "FINE", 19)

    assert count("ledger_asset") == 0


# Rights ---------------------------------------------------------------------------------


def test_the_application_owns_nothing_and_changes_no_guard():
    for statement in (
        "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
        "DROP TRIGGER transfers_are_append_only ON ledger_transfer",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_balance_above_floor",
        "DROP FUNCTION ledger_move_balances() CASCADE",
    ):
        with refused("must be owner of"):
            run(statement)
    for statement in ("SET session_replication_role = replica", "CREATE TABLE mine ()"):
        with refused("permission denied"):
            run(statement)
    run(
        "GRANT UPDATE ON ledger_transfer TO fairbook_app"
    )  # PostgreSQL warns and grants nothing

    assert run("SELECT has_table_privilege('ledger_transfer', 'UPDATE')") == [(False,)]
    assert run("SELECT current_user") == [("fairbook_app",)]
    assert connection.settings_dict["OPTIONS"]["options"].endswith("role=fairbook_app")


@pytest.mark.parametrize("change", ["scale = 6", "code = 'XBT'"])
def test_an_asset_keeps_its_code_and_scale(change):
    asset("BTC")

    refused_to_all(f"UPDATE ledger_asset SET {change}", why="keeps its code and scale")

    assert run("SELECT code, scale FROM ledger_asset") == [("BTC", 8)]


def test_assets_are_never_deleted():
    asset("BTC")

    for statement in ("DELETE FROM ledger_asset", "TRUNCATE ledger_asset CASCADE"):
        refused_to_all(statement, why="is append-only")

    assert count("ledger_asset") == 1
