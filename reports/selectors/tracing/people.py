"""People, and what came for them and went from them."""

from typing import Final

from accounts.models import User
from deposits.errors import UnknownDeposit
from deposits.models import Deposit
from deposits.selectors import deposit_case
from kernel.decimals import format_decimal
from ledger.models import Account, Entry
from ledger.moments import instant_text
from reports.selectors.tracing.shape import (
    LISTED,
    Fact,
    Listing,
    Trace,
    account_name,
    events_listing,
    when,
    who,
)
from reports.table import Column, Row
from withdrawals.errors import UnknownWithdrawal
from withdrawals.models import Withdrawal
from withdrawals.selectors import withdrawal_case


def trace_user(user_id: int) -> Trace | None:
    """One person: what is theirs, and what came and went."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return None
    facts = [
        Fact("E-mail address", user.email),
        when("Joined at", user.created_at),
        Fact("May log in", "yes" if user.is_active else "no"),
        Fact("Of the staff", "yes" if user.is_staff else "no"),
    ]
    said = {"user": str(user_id)}
    return Trace(
        "user",
        user_id,
        user.email,
        facts,
        [_accounts(user_id), _passages(user_id)],
        [("customer_statement", said), ("trades", said), ("deposits_withdrawals", said)],
    )


def trace_deposit(deposit_id: int) -> Trace | None:
    """One deposit: what arrived, and which two people said so."""
    try:
        case = deposit_case(deposit_id=deposit_id)
    except UnknownDeposit:
        return None
    it = case.deposit
    facts = [
        Fact("Amount", f"{it.amount_text} {it.asset.code}"),
        who("For", it.user),
        Fact("State", it.state),
        Fact("Reference outside", it.reference),
        when("Entered at", it.created_at),
        who("Entered by", it.entered_by),
        when("Decided at", it.decided_at),
        who("Decided by", it.decided_by),
        *_entries(case.entries),
    ]
    told = [(e.created_at, e.after, e.actor, e.reason) for e in case.events]
    return Trace(
        "deposit",
        deposit_id,
        f"Deposit of {it.amount_text} {it.asset.code}",
        facts,
        [events_listing(told)],
    )


def trace_withdrawal(withdrawal_id: int) -> Trace | None:
    """One withdrawal: who asked, who approved, and how it was paid."""
    try:
        case = withdrawal_case(withdrawal_id=withdrawal_id)
    except UnknownWithdrawal:
        return None
    it = case.withdrawal
    facts = [
        Fact("Amount", f"{it.amount_text} {it.asset.code}"),
        who("Asked for by", it.user),
        when("Asked for at", it.created_at),
        Fact("Client withdrawal id", it.client_withdrawal_id or ""),
        Fact("Address", it.address),
        Fact("State", it.state),
        when("Decided at", it.decided_at),
        who("Decided by", it.decided_by),
        Fact("Transaction id", it.txid),
        *_entries(case.entries),
    ]
    told = [(e.created_at, e.after, e.actor, e.reason) for e in case.events]
    return Trace(
        "withdrawal",
        withdrawal_id,
        f"Withdrawal of {it.amount_text} {it.asset.code}",
        facts,
        [events_listing(told)],
    )


# Pieces -----------------------------------------------------------------------------------

_ACCOUNT_COLUMNS: Final = (
    Column("account_id", "Account", "id", "account"),
    Column("account", "Name", "text", "account", "account_id"),
    Column("asset", "Asset"),
    Column("balance", "Balance now", "amount"),
)
_PASSAGE_COLUMNS: Final = (
    Column("at", "At", "instant"),
    Column("thing", "What", "text", "reference"),
    Column("asset", "Asset"),
    Column("amount", "Amount", "amount"),
    Column("state", "State"),
)


def _entries(entries: list[Entry]) -> list[Fact]:
    return [Fact("Entry", it.key, f"entry {it.pk}") for it in entries]


def _accounts(user_id: int) -> Listing:
    rows = Account.objects.select_related("asset", "owner").filter(owner_id=user_id)
    return Listing(
        "Accounts",
        _ACCOUNT_COLUMNS,
        [
            (
                str(it.pk),
                account_name(it),
                it.asset.code,
                format_decimal(it.balance, scale=it.asset.scale),
            )
            for it in rows.order_by("asset__code", "kind")
        ],
    )


def _passages(user_id: int) -> Listing:
    """The newest deposits and withdrawals, together."""
    came = Deposit.objects.select_related("asset").filter(user_id=user_id)
    went = Withdrawal.objects.select_related("asset").filter(user_id=user_id)
    rows = [
        *(_passage("deposit", it) for it in came.order_by("-id")[: LISTED + 1]),
        *(_passage("withdrawal", it) for it in went.order_by("-id")[: LISTED + 1]),
    ]
    rows.sort(reverse=True)
    title = "Deposits and withdrawals, the newest first"
    return Listing(title, _PASSAGE_COLUMNS, rows[:LISTED], len(rows) <= LISTED)


def _passage(thing: str, it: Deposit | Withdrawal) -> Row:
    return (
        instant_text(it.created_at),
        f"{thing} {it.pk}",
        it.asset.code,
        it.amount_text,
        it.state,
    )
