"""The reports of the year say what the year says, figure by figure, to the last atom."""

import csv
import io
import json
import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bookkeeping.services import record_rate
from kernel.decimals import format_decimal
from ledger.models import CUSTOMER_KINDS, DEBIT_KINDS, AccountKind
from orders.commands import OrderSide
from reports.catalogue import REPORTS
from reports.formats import FORMATS, Sink
from reports.gains import Kind, Method, Step, realise, stock
from reports.selectors import read_params
from reports.tests.stories import table
from tests.books.facts import ASSETS, ENDS, Key
from tests.books.year import Year

JUNE = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
AS_JUNE = {"from_": "2025-06-01", "to": "2025-06-30"}
WHO = 7
AFTERWARDS = ENDS + timedelta(days=1)


def told(name: str, **said: str) -> list[dict[str, str]]:
    return table(name, now=AFTERWARDS, **said)


def atoms(text: str, code: str) -> int:
    """Of a decimal string with all decimals; a turnover may be beyond a bigint."""
    assert len(text.partition(".")[2]) == (ASSETS[code] if text else 0)
    return int(text.replace(".", "") or 0)


def needed(written, name: str) -> dict[str, str]:
    """What a report cannot be without."""
    wallet = Key(None, "BTC", AccountKind.CUSTODY, "main")
    there = {
        "user": str(written.users[WHO]),
        "account": str(written.accounts[wallet]),
        "currency": "EUR",
    }
    return {need: there[need] for need in REPORTS[name].needs}


def total(rows: list[dict[str, str]], *names: str) -> dict[str, list[int]]:
    """Sums of columns, by asset."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(names))
    for row in rows:
        for place, name in enumerate(names):
            sums[row["asset"]][place] += atoms(row[name], row["asset"])
    return dict(sums)


def balances_before(year: Year, end: datetime) -> dict[Key, int]:
    """On the side on which each grows; of accounts that had moved."""
    sums: dict[Key, int] = defaultdict(int)
    for it in year.moves:
        if it.at < end:
            for key, change in ((it.debit, it.amount), (it.credit, -it.amount)):
                sums[key] += change if key.kind in DEBIT_KINDS else -change
    return dict(sums)


@pytest.mark.parametrize(
    ("as_of", "end"),
    [
        ("2025-12-31", ENDS),
        ("2025-06-30", JUNE[1]),
        ("2025-03-15T12:00Z", datetime(2025, 3, 15, 12, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_every_account_stands_as_it_did_and_the_trial_balances(year, written, as_of, end):
    stood = balances_before(year, end)
    numbers = {pk: key for key, pk in written.accounts.items()}

    accounts = told("accounts", as_of=as_of)
    trial = told("trial_balance", as_of=as_of)

    assert {
        numbers[int(row["account_id"])]: atoms(row["balance"], row["asset"])
        for row in accounts
    } == stood
    for sums in total(trial, "debits", "credits", "debit", "credit").values():
        assert sums[0] == sums[1]
        assert sums[2] == sums[3]
    assert total(trial, "debits", "credits") == total(accounts, "debits", "credits")


def test_the_balance_sheet_balances_in_every_asset(written):
    sheet = total(told("balance_sheet", as_of="2025-06-30"), "assets", "owed")

    assert set(sheet) == set(ASSETS)
    for assets, owed in sheet.values():
        assert assets == owed > 0


def test_the_positions_are_what_each_customer_has(year, written):
    users = dict(enumerate(written.users))
    expected: dict[tuple[int, str], int] = defaultdict(int)
    for key, balance in balances_before(year, JUNE[1]).items():
        if key.kind in CUSTOMER_KINDS:
            expected[users[key.owner], key.asset] += balance

    rows = told("positions", as_of="2025-06-30")

    assert {
        (int(row["user_id"]), row["asset"]): atoms(row["total"], row["asset"])
        for row in rows
        if atoms(row["total"], row["asset"])
    } == {place: balance for place, balance in expected.items() if balance}


def test_the_statement_of_a_customer_leads_from_opening_to_closing(year, written):
    rows = told("customer_statement", user=str(written.users[WHO]), **AS_JUNE)

    for (edge, end), place in zip(
        (("opening balance", JUNE[0]), ("closing balance", JUNE[1])), (0, -1), strict=True
    ):
        stood: dict[str, int] = defaultdict(int)
        for key, balance in balances_before(year, end).items():
            if key.owner == WHO:
                stood[key.asset] += balance
        for code in ASSETS:
            of_asset = [row for row in rows if row["asset"] == code]
            if of_asset:
                assert of_asset[place]["what"] == edge
                assert atoms(of_asset[place]["balance"], code) == stood.get(code, 0)
    movements = [row for row in rows if row["transfer_id"]]
    assert len(movements) == sum(
        JUNE[0] <= it.at < JUNE[1] and WHO in (it.debit.owner, it.credit.owner)
        for it in year.moves
    )
    for before, row in pairwise(rows):
        if before["asset"] == row["asset"]:
            code = row["asset"]
            steps = atoms(before["balance"], code) + atoms(row["change"], code)
            assert atoms(row["balance"], code) == steps


def test_the_general_ledger_of_a_wallet_runs_from_opening_to_closing(year, written):
    key = Key(None, "ETH", AccountKind.CUSTODY, "main")

    rows = told("general_ledger", account=str(written.accounts[key]), **AS_JUNE)

    assert [atoms(rows[place]["balance"], "ETH") for place in (0, -1)] == [
        balances_before(year, end)[key] for end in JUNE
    ]
    for before, row in pairwise(rows):
        change = atoms(row["debit"], "ETH") - atoms(row["credit"], "ETH")
        assert atoms(before["balance"], "ETH") + change == atoms(row["balance"], "ETH")
    assert len(rows) - 2 == sum(
        JUNE[0] <= it.at < JUNE[1] and key in (it.debit, it.credit) for it in year.moves
    )


def test_the_registers_have_every_trade_and_every_transfer_of_the_period(year, written):
    deals = [it for it in year.deals if JUNE[0] <= it.at < JUNE[1]]

    trades = told("trades", **AS_JUNE)

    worth: dict[str, int] = defaultdict(int)
    for it in deals:
        worth[it.venue.symbol] += it.quote
    said: dict[str, int] = defaultdict(int)
    for row in trades:
        said[row["market"]] += atoms(row["worth"], row["quote"])
    assert (len(trades), said) == (len(deals), worth)
    assert len(told("journal", **AS_JUNE)) == sum(
        JUNE[0] <= it.at < JUNE[1] for it in year.moves
    )


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_every_report_can_be_made_of_the_year(written, name):
    """And it says the same when it is asked for the same again."""
    said = needed(written, name)
    if "to" in REPORTS[name].takes:
        said |= AS_JUNE

    assert told(name, **said) == told(name, **said)


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_every_format_has_the_same_cells(written, name):
    """Of a period in which much happens; a spreadsheet and a page are at least whole."""
    report, said = REPORTS[name], needed(written, name)
    if "to" in report.takes:
        said |= {"from": "2025-06-02", "to": "2025-06-03"}
    params = read_params(report=report, said=said, now=AFTERWARDS)
    rows = [list(row) for row in report.rows(params)]

    files = {}
    for form in ("csv", "json", "xlsx", "html"):
        out = io.BytesIO()
        FORMATS[form].write(Sink(out), report, params)
        files[form] = out.getvalue()

    _, *told = csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"), newline=""))
    assert [[cell.removeprefix("'") for cell in row] for row in told] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert [list(row.values()) for row in json.loads(files["json"])["rows"]] == rows
    assert zipfile.ZipFile(io.BytesIO(files["xlsx"])).testzip() is None
    assert files["html"].rstrip().endswith(b"</html>")


# Gains ----------------------------------------------------------------------------------


def steps_of(year: Year, who: int, price: int) -> dict[str, list[Step[Kind]]]:
    """What came to a customer and went, out of the year itself, in USDT.

    price  of one BTC in whole USDT; nothing else has a rate
    """
    steps: dict[str, list[Step[Kind]]] = defaultdict(list)
    deals = {(it.venue.symbol, it.number): it for it in year.deals}
    for it in year.moves:
        if it.ref.what == "trade":
            deal = deals.pop((it.ref.market, it.ref.number), None)
            for order, fee in (
                ((deal.taker, deal.taker_fee), (deal.maker, deal.maker_fee)) if deal else ()
            ):
                if order.user == who:
                    _trade(steps, deal, order.side, fee, price)
        elif (it.debit.owner == who) != (it.credit.owner == who):
            came = it.credit.owner == who
            code = it.credit.asset
            value = worth(it.amount, price) if came and code == "BTC" else 0
            kind = Kind.GOT if came else Kind.LEFT
            steps[code].append(Step(kind, it.amount, value, kind))
    return steps


def worth(satoshi: int, price: int) -> int:
    """Atoms of USDT, half up."""
    return (2 * satoshi * price * 10**6 + 10**8) // (2 * 10**8)


def _trade(steps, deal, side, fee, price) -> None:
    base, quote, venue = deal.lots * deal.venue.lot_size, deal.quote, deal.venue
    buys = side is OrderSide.BUY
    base, quote = (base - fee, quote) if buys else (base, quote - fee)
    if venue.quote == "USDT":
        value = quote
    else:
        value = worth(quote, price) if venue.quote == "BTC" else 0
    got, gave = (venue.base, venue.quote) if buys else (venue.quote, venue.base)
    amounts = {venue.base: base, venue.quote: quote}
    # A fee may take all that one gets of it.
    if amounts[got]:
        steps[got].append(Step(Kind.GOT, amounts[got], value, Kind.GOT))
    kind = Kind.SOLD if amounts[got] else Kind.LEFT
    steps[gave].append(Step(kind, amounts[gave], value, kind))


@pytest.fixture(scope="module")
def btc_at_40_000(written) -> int:
    record_rate(
        asset_id=written.assets["BTC"], currency_id=written.assets["USDT"],
        at=datetime(2024, 12, 31, tzinfo=UTC), price=40_000 * 10**10, source="a test",
        actor=None, now=ENDS,
    )  # fmt: skip
    return 40_000


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("who", [WHO, 11, 70])
def test_the_gains_of_a_customer_are_those_of_the_year(
    year, written, btc_at_40_000, who, method
):
    steps = steps_of(year, who, btc_at_40_000)
    del steps["USDT"]

    rows = told(
        "realised_gains", user=str(written.users[who]), currency="USDT", method=method
    )

    for code in ASSETS:
        held = stock(method)
        parts = [part for step in steps[code] for part in realise(held, step)]
        assert [(row["quantity"], row["cost"]) for row in rows if row["asset"] == code] == [
            (
                format_decimal(it.quantity, scale=ASSETS[code]),
                format_decimal(it.cost, scale=6),
            )
            for it in parts
        ], code
        known = code in ("BTC", "ETH", "1INCH")
        assert [row["gain"] for row in rows if row["asset"] == code and row["gain"]] == [
            format_decimal(it.gain, scale=6)
            for it in parts
            if known or it.went is Kind.LEFT
        ], code
        assert (
            held.quantity
            == sum(
                balance
                for key, balance in year.balances.items()
                if key.owner == who and key.asset == code
            )
            or code == "USDT"
        )
