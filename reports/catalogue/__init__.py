"""The catalogue of reports, by name."""

from collections.abc import Mapping
from typing import Final

from reports.catalogue import (
    balances,
    checks,
    movements,
    registers,
    results,
    statements,
)
from reports.errors import UnknownReport
from reports.table import Report

REPORTS: Final[Mapping[str, Report]] = {
    it.name: it
    for it in (
        balances.TRIAL_BALANCE,
        balances.BALANCE_SHEET,
        results.INCOME_STATEMENT,
        movements.GENERAL_LEDGER,
        movements.JOURNAL,
        statements.CUSTOMER_STATEMENT,
        registers.DEPOSITS_WITHDRAWALS,
        registers.TRADES,
        checks.RECONCILIATION,
        checks.SUSPENSE,
        balances.POSITIONS,
        balances.ACCOUNTS,
    )
}


def report_of(name: str) -> Report:
    """raises  UnknownReport"""
    if name not in REPORTS:
        raise UnknownReport(
            f"There is no report {name[:40]!r}. There are: {', '.join(REPORTS)}."
        )
    return REPORTS[name]
