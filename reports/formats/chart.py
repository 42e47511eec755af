"""The chart of accounts, as the journals name it: SQL from a ledger account to its name.

A name tells the class (Assets, Liabilities, Equity, Income, Expenses), so that an
accountant's tool draws its balance sheet and income statement without being told.
"""

from collections.abc import Mapping
from typing import Final

from ledger.models import AccountKind

#: The house's.
HOUSE: Final[Mapping[str, str]] = {
    AccountKind.CUSTODY: "Assets:Custody",
    AccountKind.DEPOSITS_IN_FLIGHT: "Liabilities:InFlight:Deposits",
    AccountKind.PAYOUTS_IN_FLIGHT: "Liabilities:InFlight:Payouts",
    AccountKind.SUSPENSE: "Liabilities:Suspense",
    AccountKind.FEES: "Income:Fees",
    AccountKind.ROUNDING: "Income:Rounding",
    AccountKind.NETWORK_FEES: "Expenses:NetworkFees",
    AccountKind.CAPITAL: "Equity:Capital",
    AccountKind.PROMOTIONS: "Equity:Promotions",
}
#: A customer's, below `Liabilities:Customers:U<id>:`.
CUSTOMERS: Final[Mapping[str, str]] = {
    AccountKind.AVAILABLE: "Available",
    AccountKind.HELD: "Held",
    AccountKind.WITHDRAWING: "Withdrawing",
}


def _case(names: Mapping[str, str]) -> str:
    whens = " ".join(f"WHEN '{kind}' THEN '{name}'" for kind, name in names.items())
    return f"CASE account.kind {whens} END"


# A label is free text and a part of a name is not: letters, digits and dashes, the first
# no small letter. What had to be changed beyond that carries the beginning of its label's
# hash, so that two labels never share a name.
_LABEL: Final = r"""
    CASE WHEN account.label = '' THEN 'None'
        WHEN account.label ~ '^[A-Z0-9][A-Z0-9-]*$' THEN account.label
        WHEN account.label ~ '^[a-z][a-z][a-z0-9-]*$' AND account.label <> 'none'
        THEN upper(left(account.label, 1)) || substr(account.label, 2)
        ELSE 'L' || regexp_replace('-' || account.label || '-', '[^A-Za-z0-9]+', '-', 'g')
            || left(md5(account.label), 6) END
"""
#: The name of `account`, a row of ledger_account. Custody is followed by its wallet, and
#: fees by their market.
NAME: Final = f"""
    CASE WHEN account.owner_id IS NOT NULL
        THEN 'Liabilities:Customers:U' || account.owner_id || ':' || {_case(CUSTOMERS)}
        ELSE {_case(HOUSE)} END
    || CASE WHEN account.kind IN ('{AccountKind.CUSTODY}', '{AccountKind.FEES}')
        THEN ':' || ({_LABEL}) WHEN account.label = '' THEN '' ELSE '-' || ({_LABEL}) END
"""
