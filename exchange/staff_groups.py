"""What the members of the staff may do, by group."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction

#: Decides on withdrawals, books deposits, and reads what it needs for that.
COMPLIANCE: Final = "compliance"
#: Opens, halts and configures markets, and sets the fees.
MARKETS: Final = "markets"
#: Closes the books, takes wrong entries back by two people, states rates and counts.
FINANCE: Final = "finance"
#: Reads all books, cases and reports, and writes nothing.
AUDITOR: Final = "auditor"
_BOOKS: Final = (
    "accounts.view_user",
    "bookkeeping.view_adjustment",
    "bookkeeping.view_housebooking",
    "bookkeeping.view_period",
    "bookkeeping.view_rate",
    "bookkeeping.view_walletcount",
    "deposits.view_deposit",
    "ledger.view_account",
    "ledger.view_asset",
    "ledger.view_auditrun",
    "ledger.view_break",
    "ledger.view_entry",
    "ledger.view_seal",
    "ledger.view_transfer",
    "orders.view_market",
    "proofs.view_proof",
    "reports.view_report",
    "withdrawals.view_withdrawal",
)
RIGHTS: Final[Mapping[str, Sequence[str]]] = {
    COMPLIANCE: (
        "withdrawals.view_withdrawal",
        "withdrawals.decide_withdrawal",
        "deposits.view_deposit",
        "deposits.enter_deposit",
        "deposits.confirm_deposit",
        "accounts.view_user",
        "ledger.view_asset",
        "ledger.view_account",
        "ledger.view_entry",
        "ledger.view_transfer",
        "ledger.view_auditrun",
        "ledger.view_break",
    ),
    MARKETS: (
        "ledger.view_auditrun",
        "ledger.view_break",
        "orders.view_market",
        "orders.configure_market",
        "orders.view_feetier",
        "orders.add_feetier",
        "orders.change_feetier",
        "orders.delete_feetier",
        "orders.view_uservolume",
    ),
    FINANCE: (
        *_BOOKS,
        "bookkeeping.propose_adjustment",
        "bookkeeping.approve_adjustment",
        "bookkeeping.propose_booking",
        "bookkeeping.approve_booking",
        "bookkeeping.close_period",
        "bookkeeping.reopen_period",
        "bookkeeping.confirm_period",
        "bookkeeping.record_rate",
        "bookkeeping.count_wallet",
        "ledger.resolve_break",
        "proofs.take_proof",
        "proofs.publish_proof",
    ),
    AUDITOR: _BOOKS,
}


@transaction.atomic
def open_group(name: str) -> Group:
    """Find the group, or open it, and give it exactly the rights that stand in RIGHTS."""
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set([_permission(right) for right in RIGHTS[name]])
    return group


def _permission(right: str) -> Permission:
    app, codename = right.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
