"""The catalogue of reports, by name."""

from collections.abc import Mapping, Sequence
from typing import Final

from reports.catalogue import (
    balances,
    checks,
    gains,
    movements,
    registers,
    results,
    statements,
)
from reports.errors import UnknownReport
from reports.table import Report

#: As a page shows them.
GROUPS: Final[Mapping[str, Sequence[Report]]] = {
    "Books": (
        balances.TRIAL_BALANCE,
        balances.BALANCE_SHEET,
        results.INCOME_STATEMENT,
        movements.GENERAL_LEDGER,
        movements.JOURNAL,
        balances.ACCOUNTS,
    ),
    "Customers": (
        statements.CUSTOMER_STATEMENT,
        balances.POSITIONS,
        gains.REALISED_GAINS,
    ),
    "Registers": (registers.DEPOSITS_WITHDRAWALS, registers.TRADES),
    "Checks": (checks.RECONCILIATION, checks.SUSPENSE),
}
REPORTS: Final[Mapping[str, Report]] = {
    it.name: it for group in GROUPS.values() for it in group
}


def report_of(name: str) -> Report:
    """raises  UnknownReport"""
    if name not in REPORTS:
        raise UnknownReport(
            f"There is no report {name[:40]!r}. There are: {', '.join(REPORTS)}."
        )
    return REPORTS[name]
