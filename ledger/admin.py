"""The books, to be read: nothing here can be added, changed or deleted."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import ReadOnlyAdmin, instant
from kernel.decimals import format_decimal
from ledger.models import Account, Asset, Entry, Transfer
from ledger.transfers import TransferCode


def amount_of(atoms: int, asset: Asset) -> SafeString:
    """A decimal string with its asset."""
    return format_html(
        '<span class="amount">{} {}</span>',
        format_decimal(atoms, scale=asset.scale),
        asset.code,
    )


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "scale", "kind"]


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Whose each balance is; the house's have no owner."""

    list_display = ["id", "holder", "kind", "label", "balance_text", "normal_side"]
    list_filter = ["kind", "asset"]
    search_fields = ["=id", "owner__email", "label"]
    list_select_related = ["owner", "asset"]
    fields = [
        "holder",
        "asset",
        "kind",
        "label",
        "balance_text",
        "floor_text",
        "normal_side",
        "opened_at",
    ]

    @admin.display(description="owner", ordering="owner__email")
    def holder(self, account: Account) -> str:
        return account.owner.email if account.owner else "the house"

    @admin.display(description="balance", ordering="balance")
    def balance_text(self, account: Account) -> SafeString:
        return amount_of(account.balance, account.asset)

    @admin.display(description="may not fall below")
    def floor_text(self, account: Account) -> SafeString:
        return amount_of(account.floor, account.asset)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "key", "reference", "at", "created_by"]
    list_filter = ["kind", "created_at"]
    search_fields = ["=key", "reference"]
    list_select_related = ["created_by"]
    ordering = ["-id"]
    fields = ["kind", "key", "reference", "memo", "at", "created_by", "digest"]

    @admin.display(description="posted", ordering="created_at")
    def at(self, entry: Entry) -> str:
        return instant(entry.created_at)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The table has no index but its key, so it is read by number, the newest first."""

    list_display = ["id", "entry_id", "why", "amount_text", "debited", "credited", "at"]
    list_select_related = [
        "asset",
        "debit__owner",
        "debit__asset",
        "credit__owner",
        "credit__asset",
    ]
    search_fields = ["=id"]
    search_help_text = "Number of a transfer."
    sortable_by = ["id"]
    ordering = ["-id"]
    fields = ["entry_id", "why", "amount_text", "debited", "credited", "at"]

    @admin.display(description="why", ordering="code")
    def why(self, transfer: Transfer) -> str:
        code = TransferCode(transfer.code)
        return f"{code.name.lower().replace('_', ' ')} {transfer.ref}"

    @admin.display(description="amount")
    def amount_text(self, transfer: Transfer) -> SafeString:
        return amount_of(transfer.amount, transfer.asset)

    @admin.display(description="debit")
    def debited(self, transfer: Transfer) -> str:
        return _name(transfer.debit)

    @admin.display(description="credit")
    def credited(self, transfer: Transfer) -> str:
        return _name(transfer.credit)

    @admin.display(description="at")
    def at(self, transfer: Transfer) -> str:
        return instant(transfer.created_at)


def _name(account: Account) -> str:
    """Whose it is and what it is for, with its number."""
    owner = account.owner.email if account.owner else "house"
    label = f":{account.label}" if account.label else ""
    return f"{owner} {account.kind}{label} (#{account.pk})"
