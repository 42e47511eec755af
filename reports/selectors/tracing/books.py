"""Transfers, entries and accounts."""

from datetime import datetime
from typing import Final

from bookkeeping.selectors import adjustment_of_entry, reversal_of
from kernel.decimals import format_decimal
from ledger.models import TRANSFERS_LOG, Account, AccountKind, Asset, Entry, Seal, Transfer
from ledger.selectors import movements_of
from reports.selectors.chart import CHART
from reports.selectors.tracing.shape import (
    LISTED,
    Fact,
    Trace,
    account_fact,
    account_name,
    reason_of,
    reference_of,
    transfers_listing,
    when,
    who,
)


def trace_transfer(transfer_id: int) -> Trace | None:
    """One transfer: what it moved, for what, and which seal covers it."""
    transfer = Transfer.objects.filter(pk=transfer_id).first()
    if transfer is None:
        return None
    asset = Asset.objects.get(pk=transfer.asset_id)
    rows = Account.objects.select_related("owner")
    accounts = rows.in_bulk([transfer.debit_id, transfer.credit_id])
    entry = Entry.objects.filter(pk=transfer.entry_id).first()
    amount = f"{format_decimal(transfer.amount, scale=asset.scale)} {asset.code}"
    reference = reference_of(transfer)
    facts = [
        when("At", transfer.created_at),
        Fact("Amount", amount),
        account_fact("Debited", accounts[transfer.debit_id]),
        account_fact("Credited", accounts[transfer.credit_id]),
        Fact("Why", reason_of(transfer).replace("_", " ")),
        Fact("Of", reference, reference),
        Fact("Entry", entry.key if entry else "", f"entry {transfer.entry_id}"),
        _seal(transfer_id),
        *_taken_back(transfer_id),
    ]
    return Trace("transfer", transfer_id, f"Transfer of {amount}", facts)


def _seal(transfer_id: int) -> Fact:
    rows = Seal.objects.filter(
        log=TRANSFERS_LOG, first__lte=transfer_id, last__gte=transfer_id
    )
    seal = rows.first()
    text = f"number {seal.number}, {seal.sha256}" if seal else "not sealed yet"
    return Fact("Seal", text)


def _taken_back(transfer_id: int) -> list[Fact]:
    line = reversal_of(transfer_id=transfer_id)
    if line is None:
        return []
    if line.reversal_id is None:
        return [Fact("To be taken back", f"proposed, adjustment {line.adjustment_id}")]
    by = f"transfer {line.reversal_id}"
    return [Fact("Taken back by", f"{by}, adjustment {line.adjustment_id}", by)]


def trace_entry(entry_id: int) -> Trace | None:
    """One entry, its transfers, and who is behind it."""
    entry = Entry.objects.select_related("created_by").filter(pk=entry_id).first()
    if entry is None:
        return None
    transfers = transfers_at(entry.created_at, entry_id=entry_id)
    about = sorted({it for it in map(reference_of, transfers[:LISTED]) if it})
    facts = [
        when("At", entry.created_at),
        Fact("Kind", entry.get_kind_display()),
        who("By", entry.created_by, nobody="the engine or the house"),
        Fact("Reference", entry.reference),
        Fact("Memo", entry.memo),
        Fact("SHA-256 of its transfers", entry.digest),
        *(Fact("Of", it, it) for it in about[:10]),
        *_adjustment(entry_id),
    ]
    listing = transfers_listing("Transfers", transfers)
    return Trace("entry", entry_id, f"Entry {entry.key}", facts, [listing])


def _adjustment(entry_id: int) -> list[Fact]:
    it = adjustment_of_entry(entry_id=entry_id)
    if it is None:
        return []
    return [
        Fact("Takes back of", it.entry.key, f"entry {it.entry_id}"),
        Fact("Reason", it.reason),
        who("Proposed by", it.proposed_by),
        who("Approved by", it.decided_by),
        when("Approved at", it.decided_at),
    ]


def trace_account(account_id: int) -> Trace | None:
    """One account as it is now, with the newest that moved it."""
    rows = Account.objects.select_related("asset", "owner")
    account = rows.filter(pk=account_id).first()
    if account is None:
        return None
    scale, code = account.asset.scale, account.asset.code
    name = account_name(account)
    facts = [
        Fact("Account", name),
        who("Owner", account.owner, nobody="the house"),
        Fact("Section", CHART[AccountKind(account.kind)].section),
        Fact("Grows by", "debits" if account.normal_side == "D" else "credits"),
        Fact("Balance now", f"{format_decimal(account.balance, scale=scale)} {code}"),
        Fact("Floor", f"{format_decimal(account.floor, scale=scale)} {code}"),
        when("Opened at", account.opened_at),
    ]
    newest = movements_of(account_id=account_id, before=None, limit=LISTED + 1)
    return Trace(
        "account",
        account_id,
        f"{name}, {code}",
        facts,
        [transfers_listing("The newest transfers", newest)],
        [("general_ledger", {"account": str(account_id)})],
    )


def transfers_at(
    at: datetime, *, entry_id: int | None = None, trade_id: int | None = None
) -> list[Transfer]:
    """Those of an entry or a trade, LISTED + 1 at most. They carry its time, so seals tell
    where they may be; the table has no index for them (ADR 0003).
    """
    asked = {"at": at, "entry": entry_id, "trade": trade_id, "limit": LISTED + 1}
    return list(Transfer.objects.raw(_AT, asked))


_AT: Final = """
    WITH sealed AS (
        SELECT coalesce(max(last), 0) AS last FROM ledger_seal WHERE log = 'transfers'
    ), near AS (
        SELECT first, last FROM ledger_seal
        WHERE log = 'transfers' AND earliest <= %(at)s AND latest >= %(at)s
        UNION ALL SELECT last + 1, 9223372036854775807 FROM sealed
    )
    SELECT t.* FROM near JOIN ledger_transfer t ON t.id BETWEEN near.first AND near.last
    WHERE t.created_at = %(at)s AND (%(entry)s::bigint IS NULL OR t.entry_id = %(entry)s)
    AND (%(trade)s::bigint IS NULL OR (t.ref = %(trade)s AND t.code BETWEEN 20 AND 39))
    ORDER BY t.id LIMIT %(limit)s
"""
