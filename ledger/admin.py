"""The books, read-only: nothing here can be added, changed or deleted."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from ledger.models import Account, Asset, Entry, Transfer


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        return False


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "scale", "kind"]


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["id", "owner", "asset", "kind", "label", "balance_text"]
    list_filter = ["asset", "kind"]
    search_fields = ["owner__email"]
    list_select_related = ["owner", "asset"]
    show_full_result_count = False

    @admin.display(description="balance", ordering="balance")
    def balance_text(self, account: Account) -> str:
        from kernel.decimals import format_decimal

        return format_decimal(account.balance, scale=account.asset.scale)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "key", "reference", "created_at", "created_by"]
    list_filter = ["kind"]
    search_fields = ["key", "reference"]
    list_select_related = ["created_by"]
    show_full_result_count = False


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "entry_id",
        "debit_id",
        "credit_id",
        "asset",
        "amount",
        "code",
        "ref",
        "created_at",
    ]
    list_select_related = ["asset"]
    show_full_result_count = False
    list_per_page = 50
