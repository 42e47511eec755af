"""What is told of one thing: facts, each of which may lead on, and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import User
from kernel.decimals import format_decimal
from ledger.models import Account, AccountKind
from ledger.models import Transfer as TransferRow
from ledger.moments import instant_text
from ledger.transfers import TransferCode
from reports.selectors.chart import CHART
from reports.table import Column, Row

#: So many rows of a list are told.
LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Fact:
    """leads_to  "trade 17": the kind of thing and its id; empty for nowhere"""

    name: str
    text: str
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """is_all  whether there are no more than these"""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    is_all: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """What one thing is, and what it leads to.

    reports  reports about it: a name, and its parameters
    """

    thing: str
    id: int
    title: str
    facts: Sequence[Fact]
    listings: Sequence[Listing] = ()
    reports: Sequence[tuple[str, Mapping[str, str]]] = ()


# Pieces -----------------------------------------------------------------------------------


def who(name: str, user: User | None, nobody: str = "") -> Fact:
    """Somebody, with where that leads."""
    if user is None:
        return Fact(name, nobody)
    return Fact(name, user.email, f"user {user.pk}")


def when(name: str, at: datetime | None) -> Fact:
    return Fact(name, instant_text(at) if at else "")


def account_name(account: Account) -> str:
    """What it is and whose; its `owner` should be selected along."""
    owner = account.owner.email if account.owner else ""
    title = CHART[AccountKind(account.kind)].title
    return ": ".join(filter(None, [title, account.label, owner]))


def account_fact(name: str, account: Account) -> Fact:
    return Fact(name, account_name(account), f"account {account.pk}")


def reference_of(transfer: TransferRow) -> str:
    """What a transfer is about, as reports.catalogue.words.REFERENCE has it in SQL."""
    bounds = ((20, "order"), (40, "trade"), (60, "deposit"), (80, "withdrawal"))
    if transfer.code == TransferCode.REVERSAL:
        return f"transfer {transfer.ref}"
    thing = next((name for end, name in bounds if transfer.code < end), "")
    return f"{thing} {transfer.ref}" if thing else ""


def reason_of(transfer: TransferRow) -> str:
    return TransferCode(transfer.code).name.lower()


TRANSFER_COLUMNS: Final = (
    Column("transfer_id", "Transfer", "id", "transfer"),
    Column("at", "At", "instant"),
    Column("what", "What"),
    Column("reference", "Of", "text", "reference"),
    Column("debit", "Debit account", "text", "account", "debit_id"),
    Column("debit_id", "Debit account's id", "id", "account"),
    Column("credit", "Credit account", "text", "account", "credit_id"),
    Column("credit_id", "Credit account's id", "id", "account"),
    Column("asset", "Asset"),
    Column("amount", "Amount", "amount"),
)


def transfers_listing(title: str, transfers: Sequence[TransferRow]) -> Listing:
    """transfers  up to LISTED + 1; the last of these only tells that there are more"""
    shown = transfers[:LISTED]
    ids = {it.debit_id for it in shown} | {it.credit_id for it in shown}
    accounts = Account.objects.select_related("asset", "owner").in_bulk(ids)
    rows = [
        (
            str(it.pk),
            instant_text(it.created_at),
            reason_of(it),
            reference_of(it),
            account_name(accounts[it.debit_id]),
            str(it.debit_id),
            account_name(accounts[it.credit_id]),
            str(it.credit_id),
            accounts[it.debit_id].asset.code,
            format_decimal(it.amount, scale=accounts[it.debit_id].asset.scale),
        )
        for it in shown
    ]
    return Listing(title, TRANSFER_COLUMNS, rows, len(transfers) <= LISTED)


EVENT_COLUMNS: Final = (
    Column("at", "At", "instant"),
    Column("state", "State"),
    Column("by", "Who", "text", "user", "by_id"),
    Column("by_id", "Who, id", "id", "user"),
    Column("reason", "Why"),
)


def events_listing(events: Sequence[tuple[datetime, str, User, str]]) -> Listing:
    """events  when, into which state, by whom and why"""
    rows = [
        (instant_text(at), state, by.email, str(by.pk), why)
        for at, state, by, why in events
    ]
    return Listing("What happened, and who did it", EVENT_COLUMNS, rows)
