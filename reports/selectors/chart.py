"""The chart of accounts: where each kind of account stands (docs/accounting.md)."""

from typing import Final, NamedTuple

from ledger.models import AccountKind


class Place(NamedTuple):
    """Where a kind of account stands in a balance sheet, and what it is called there."""

    section: str
    title: str


#: In the order of a balance sheet.
CHART: Final[dict[AccountKind, Place]] = {
    AccountKind.CUSTODY: Place("Assets", "Custody"),
    AccountKind.AVAILABLE: Place("Liabilities", "Customers, available"),
    AccountKind.HELD: Place("Liabilities", "Customers, held for orders"),
    AccountKind.WITHDRAWING: Place("Liabilities", "Customers, being withdrawn"),
    AccountKind.DEPOSITS_IN_FLIGHT: Place("Liabilities", "Deposits in flight"),
    AccountKind.PAYOUTS_IN_FLIGHT: Place("Liabilities", "Payouts in flight"),
    AccountKind.SUSPENSE: Place("Liabilities", "Suspense"),
    AccountKind.CAPITAL: Place("Equity", "Capital"),
    AccountKind.PROMOTIONS: Place("Equity", "Promotions"),
    AccountKind.FEES: Place("Income", "Fees"),
    AccountKind.ROUNDING: Place("Income", "Rounding"),
    AccountKind.NETWORK_FEES: Place("Expenses", "Network fees"),
}

#: The chart as a table for SQL: `WITH … AS (…)` begins with it.
CHART_TABLE: Final = "chart (kind, section, title, place) AS (VALUES {})".format(
    ", ".join(
        f"('{kind.value}', '{place.section}', '{place.title}', {number})"
        for number, (kind, place) in enumerate(CHART.items(), start=1)
    )
)
#: An account's name, of `account` and its row of the chart.
ACCOUNT_NAME: Final = "concat_ws(': ', chart.title, nullif(account.label, ''))"
