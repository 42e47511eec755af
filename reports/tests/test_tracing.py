"""From a figure to the persons behind it, step by step, as somebody would follow links."""

import pytest

from ledger.models import Account, Transfer
from reports.errors import UnknownThing
from reports.selectors import THINGS, Trace, trace
from reports.tests.stories import Story, at, table, take_back, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def of(leads_to: str) -> Trace:
    thing, _, key = leads_to.partition(" ")
    return trace(thing=thing, id_text=key)


def text(found: Trace, name: str) -> str:
    return next(it.text for it in found.facts if it.name == name)


def next_to(found: Trace, name: str) -> Trace:
    return of(next(it.leads_to for it in found.facts if it.name == name))


def test_an_income_leads_to_the_persons_whose_requests_made_it(story):
    [income] = table("income_statement", asset="USDT")
    book = table("general_ledger", account=income["account_id"])
    fee = of(f"transfer {book[1]['transfer_id']}")

    trade = next_to(fee, "Of")
    maker = next_to(trade, "The maker's order, to sell")
    taker = next_to(trade, "The taker's order, to buy")
    asked = [next_to(order, "Asked for by") for order in (maker, taker)]

    assert text(fee, "Amount") == "6.00000000 USDT"
    assert (text(trade, "Price"), text(trade, "Worth")) == (
        "30000.00000000", "6000.00000000",
    )  # fmt: skip
    assert [text(it, "Client order id") for it in asked] == ["b-1", "a-1"]
    assert [next_to(it, "Sent by").title for it in asked] == [
        "bob@example.com", "alice@example.com",
    ]  # fmt: skip


def test_a_trade_tells_all_the_money_that_it_moved(story):
    [trade] = table("trades")

    [money] = of(f"trade {trade['trade_id']}").listings

    names = [column.name for column in money.columns]
    what, amount, asset = (names.index(it) for it in ("what", "amount", "asset"))
    assert [(row[what], row[amount], row[asset]) for row in money.rows] == [
        ("trade_quote", "6000.00000000", "USDT"),
        ("trade_base", "0.20000000", "BTC"),
        ("fee", "0.00040000", "BTC"),
        ("fee", "6.00000000", "USDT"),
    ]


def test_an_order_tells_its_fills_and_its_state(story):
    [row] = table("trades")

    order = of(f"order {row['sell_order']}")

    fills = order.listings[0]
    assert (text(order, "State"), text(order, "Filled")) == ("open", "0.20000000")
    assert [cell[0] for cell in fills.rows] == [row["trade_id"]]


def test_an_entry_leads_to_what_it_is_about(story):
    [paid] = [row for row in table("journal") if row["what"] == "withdrawal_paid"]

    entry = of(f"entry {paid['entry_id']}")
    withdrawal = next_to(entry, "Of")

    assert text(entry, "By") == "carol@example.com"
    assert text(withdrawal, "Transaction id") == "tx-paid"
    assert [(row[1], row[2]) for row in withdrawal.listings[0].rows] == [
        ("approved", "carol@example.com"),
        ("paid", "carol@example.com"),
    ]


def test_a_deposit_tells_both_who_answer_for_it(story):
    deposit = of(table("deposits_withdrawals")[0]["thing"])

    assert text(deposit, "Entered by") == "carol@example.com"
    assert text(deposit, "Decided by") == "dave@example.com"
    assert next_to(deposit, "Entry").thing == "entry"


def test_what_was_taken_back_tells_by_whom_and_why(story):
    fee = Transfer.objects.get(credit__kind="fees", asset__code="USDT")
    take_back(fee, now=at(17))

    taken = of(f"transfer {fee.pk}")
    reversal = next_to(taken, "Taken back by")
    entry = next_to(reversal, "Entry")

    assert text(reversal, "Of") == f"transfer {fee.pk}"
    assert text(entry, "Reason") == "charged in error"
    assert text(entry, "Proposed by") == "fay@example.com"
    assert text(entry, "Approved by") == "fred@example.com"


def test_an_account_and_a_person_lead_to_their_reports(story):
    account = Account.objects.get(kind="available", asset__code="BTC", owner=story.bob)

    of_account, of_bob = of(f"account {account.pk}"), of(f"user {story.bob.pk}")

    assert of_account.reports == [("general_ledger", {"account": str(account.pk)})]
    assert [name for name, _ in of_bob.reports] == [
        "customer_statement", "trades", "deposits_withdrawals",
    ]  # fmt: skip


def test_every_cell_that_leads_somewhere_leads_to_something(story):
    for name in ("trial_balance", "journal", "trades", "deposits_withdrawals", "accounts"):
        for row in table(name):
            for cell in ("transfer_id", "entry_id", "account_id", "trade_id"):
                if row.get(cell):
                    assert of(f"{cell.removesuffix('_id')} {row[cell]}")
            for cell in ("reference", "thing"):
                if row.get(cell):
                    assert of(row[cell])


@pytest.mark.parametrize("thing", [*THINGS, "galaxy"])
@pytest.mark.parametrize("key", ["999999999", "0", "-1", "x", "", "9" * 19, "１"])
def test_what_there_is_not_cannot_be_traced(thing, key):
    with pytest.raises(UnknownThing):
        trace(thing=thing, id_text=key)
