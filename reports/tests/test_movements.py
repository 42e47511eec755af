"""What moved: an account's book, the journal, and a customer's statement, row by row."""

from itertools import product

import pytest

from ledger.models import Account
from ledger.services import index_movements
from reports.tests.stories import Story, at, atoms, column, table, tell, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def dollars(story: Story, kind: str = "available") -> str:
    """The id of alice's account."""
    account = Account.objects.get(kind=kind, asset__code="USDT", owner=story.alice)
    return str(account.pk)


# General ledger ---------------------------------------------------------------------------


def test_an_accounts_book_runs_from_the_opening_to_the_closing_balance(story):
    assert told("general_ledger", account=dollars(story), from_="2026-11-21T12:00Z") == [
        " |  |  | opening balance |  |  |  | USDT |  |  | 10000",
        "12:00 | #4 | entry 4 | hold | order a-1 | Customers, held for orders: alice "
        "| held USDT alice | USDT | 6000 |  | 4000",
        "13:00 | #9 | entry 5 | withdrawal_hold | withdrawal of 100 "
        "| Customers, being withdrawn: alice | withdrawing USDT alice "
        "| USDT | 100 |  | 3900",
        "15:00 | #11 | entry 7 | withdrawal_hold | withdrawal of 50 "
        "| Customers, being withdrawn: alice | withdrawing USDT alice "
        "| USDT | 50 |  | 3850",
        " |  |  | closing balance |  |  |  | USDT |  |  | 3850",
    ]


def test_custody_grows_by_debits(story):
    custody = Account.objects.get(kind="custody", asset__code="USDT")

    assert told("general_ledger", account=str(custody.pk)) == [
        " |  |  | opening balance |  |  |  | USDT |  |  | 0",
        "09:00 | #1 | entry 1 | deposit | deposit tx-alice | Customers, available: alice "
        "| available USDT alice | USDT | 10000 |  | 10000",
        "14:00 | #10 | entry 6 | withdrawal_paid | withdrawal of 100 "
        "| Customers, being withdrawn: alice | withdrawing USDT alice "
        "| USDT |  | 100 | 9900",
        " |  |  | closing balance |  |  |  | USDT |  |  | 9900",
    ]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-21T09:00Z", "2026-11-21T12:00Z"),
        ("2026-11-21T12:00Z", "2026-11-21T15:00Z"),
    ],
)
def test_of_every_account_opening_and_movements_make_the_closing(story, since, until):
    for account in Account.objects.all():
        first, *moves, last = table(
            "general_ledger", account=str(account.pk), from_=since, to=until
        )
        grows = 1 if account.normal_side == "D" else -1
        moved = sum(atoms(row["debit"]) - atoms(row["credit"]) for row in moves) * grows
        assert atoms(first["balance"]) + moved == atoms(last["balance"])
        assert [row["balance"] for row in (moves or [first])][-1] == last["balance"]


def test_a_period_ends_where_the_next_one_begins(story):
    account = dollars(story)
    morning = table("general_ledger", account=account, to="2026-11-21T13:00Z")
    afternoon = table("general_ledger", account=account, from_="2026-11-21T13:00Z")

    assert morning[-1]["balance"] == afternoon[0]["balance"] == "4000.00000000"
    assert column(morning, "what") == [
        ("opening balance",), ("deposit",), ("hold",), ("closing balance",),
    ]  # fmt: skip
    assert column(afternoon, "what") == [
        ("opening balance",), ("withdrawal_hold",), ("withdrawal_hold",),
        ("closing balance",),
    ]  # fmt: skip


def test_lists_that_were_made_meanwhile_change_no_report(story):
    asked = {"account": dollars(story)}
    before = (
        table("general_ledger", **asked),
        table("customer_statement", user="alice@example.com"),
    )

    assert index_movements(least=1, most=6) == 6

    after = (
        table("general_ledger", **asked),
        table("customer_statement", user="alice@example.com"),
    )
    assert after == before


# Journal ----------------------------------------------------------------------------------


def test_the_journal_has_every_transfer_once(story):
    assert told("journal") == [
        "09:00 | #1 | entry 1 | deposit | entry 1 | deposit | deposit tx-alice "
        "| Custody: main | custody USDT main "
        "| Customers, available: alice | available USDT alice | USDT | 10000",
        "09:00 | #2 | entry 2 | deposit | entry 2 | deposit | deposit tx-bob "
        "| Custody: main | custody BTC main "
        "| Customers, available: bob | available BTC bob | BTC | 1",
        "12:00 | #3 | entry 3 | batch | entry 3 | hold | order b-1 "
        "| Customers, available: bob | available BTC bob "
        "| Customers, held for orders: bob | held BTC bob | BTC | 0.50000000",
        "12:00 | #4 | entry 4 | batch | entry 4 | hold | order a-1 "
        "| Customers, available: alice | available USDT alice "
        "| Customers, held for orders: alice | held USDT alice | USDT | 6000",
        "12:00 | #5 | entry 4 | batch | entry 4 | trade_quote | trade 1 "
        "| Customers, held for orders: alice | held USDT alice "
        "| Customers, available: bob | available USDT bob | USDT | 6000",
        "12:00 | #6 | entry 4 | batch | entry 4 | trade_base | trade 1 "
        "| Customers, held for orders: bob | held BTC bob "
        "| Customers, available: alice | available BTC alice | BTC | 0.20000000",
        "12:00 | #7 | entry 4 | batch | entry 4 | fee | trade 1 "
        "| Customers, available: alice | available BTC alice "
        "| Fees: BTC-USDT | fees BTC BTC-USDT | BTC | 0.00040000",
        "12:00 | #8 | entry 4 | batch | entry 4 | fee | trade 1 "
        "| Customers, available: bob | available USDT bob "
        "| Fees: BTC-USDT | fees USDT BTC-USDT | USDT | 6",
        "13:00 | #9 | entry 5 | withdrawal | entry 5 | withdrawal_hold | withdrawal of 100 "
        "| Customers, available: alice | available USDT alice "
        "| Customers, being withdrawn: alice | withdrawing USDT alice | USDT | 100",
        "14:00 | #10 | entry 6 | withdrawal | entry 6 | withdrawal_paid "
        "| withdrawal of 100 "
        "| Customers, being withdrawn: alice | withdrawing USDT alice "
        "| Custody: main | custody USDT main | USDT | 100",
        "15:00 | #11 | entry 7 | withdrawal | entry 7 | withdrawal_hold | withdrawal of 50 "
        "| Customers, available: alice | available USDT alice "
        "| Customers, being withdrawn: alice | withdrawing USDT alice | USDT | 50",
    ]


def test_the_journal_of_an_asset_a_user_or_a_period_is_a_part_of_it(story):
    whole = told("journal")

    assert told("journal", asset="BTC") == [it for it in whole if " | BTC | " in it]
    assert told("journal", user="bob@example.com") == [it for it in whole if " bob" in it]
    parts = [{"to": "2026-11-21T12:00Z"}, {"from_": "2026-11-21T12:00Z"}]
    assert [it for part in parts for it in told("journal", **part)] == whole


# Statement --------------------------------------------------------------------------------


def test_a_statement_tells_every_movement_with_its_trade_fee_and_reference(story):
    assert told("customer_statement", user="alice@example.com") == [
        "BTC |  | opening balance |  |  |  |  |  |  |  |  | 0 |  | ",
        "BTC | 12:00 | trade_base | trade 1 | BTC-USDT | 30000 |  "
        "| 0.20000000 |  |  | 0.20000000 | 0.20000000 | #6 | entry 4",
        "BTC | 12:00 | fee | trade 1 | BTC-USDT | 30000 |  "
        "| -0.00040000 |  |  | -0.00040000 | 0.19960000 | #7 | entry 4",
        "BTC |  | closing balance |  |  |  |  |  |  |  |  | 0.19960000 |  | ",
        "USDT |  | opening balance |  |  |  |  |  |  |  |  | 0 |  | ",
        "USDT | 09:00 | deposit | deposit tx-alice |  |  | tx-alice "
        "| 10000 |  |  | 10000 | 10000 | #1 | entry 1",
        "USDT | 12:00 | hold | order a-1 |  |  |  "
        "| -6000 | 6000 |  | 0 | 10000 | #4 | entry 4",
        "USDT | 12:00 | trade_quote | trade 1 | BTC-USDT | 30000 |  "
        "|  | -6000 |  | -6000 | 4000 | #5 | entry 4",
        "USDT | 13:00 | withdrawal_hold | withdrawal of 100 |  |  | addr-alice "
        "| -100 |  | 100 | 0 | 4000 | #9 | entry 5",
        "USDT | 14:00 | withdrawal_paid | withdrawal of 100 |  |  | tx-paid "
        "|  |  | -100 | -100 | 3900 | #10 | entry 6",
        "USDT | 15:00 | withdrawal_hold | withdrawal of 50 |  |  | addr-alice "
        "| -50 |  | 50 | 0 | 3900 | #11 | entry 7",
        "USDT |  | closing balance |  |  |  |  |  |  |  |  | 3900 |  | ",
    ]


def test_a_statements_opening_and_movements_make_its_closing(story):
    for name, hour, code in product(("alice", "bob"), range(9, 18, 2), ("BTC", "USDT")):
        of_it = table(
            "customer_statement",
            user=f"{name}@example.com",
            from_=f"2026-11-21T{hour:02}:00Z",
            to=f"2026-11-21T{hour + 2:02}:00Z",
            asset=code,
        )
        if not of_it:
            continue
        first, *moves, last = of_it
        moved = sum(atoms(row["change"]) for row in moves)
        assert atoms(first["balance"]) + moved == atoms(last["balance"])
        for row in moves:
            parts = [atoms(row[it]) for it in ("available", "held", "withdrawing")]
            assert sum(parts) == atoms(row["change"])


def test_statements_of_two_halves_of_a_day_fit_together(story):
    noon = "2026-11-21T12:00Z"
    morning = table("customer_statement", user="alice@example.com", to=noon)
    afternoon = table("customer_statement", user="alice@example.com", from_=noon)

    closing = {row["asset"]: row["balance"] for row in morning}
    opening = {
        row["asset"]: row["balance"]
        for row in afternoon
        if row["what"] == "opening balance"
    }
    assert opening == {"BTC": "0.00000000"} | closing


def test_a_statement_tells_nothing_of_anybody_else(story):
    rows = told("customer_statement", user="carol@example.com", now=at(18))

    assert rows == []
