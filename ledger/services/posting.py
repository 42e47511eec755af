"""Entries and their transfers, and the accounts between which they move money."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from kernel.database import ask
from kernel.doorbell import ring_after_commit
from kernel.tables import Table
from kernel.units import Atoms
from ledger.errors import EntryKeyReused, InsufficientFunds, PeriodClosed
from ledger.locks import lock_accounts
from ledger.models import (
    DEBIT_KINDS,
    Account,
    AccountKind,
    Asset,
    Entry,
    Side,
)
from ledger.models import Transfer as TransferRow
from ledger.signals import balances_changed
from ledger.transfers import Transfer, digest_of


def open_asset(
    *, code: str, name: str, scale: int = 8, kind: Asset.Kind = Asset.Kind.COIN
) -> Asset:
    """Find the asset of this code, or open it.

    scale  an amount is an integer count of 10^-scale
    """
    asset, _ = Asset.objects.get_or_create(
        code=code, defaults={"name": name, "scale": scale, "kind": kind}
    )
    return asset


def open_account(
    *, asset_id: int, kind: AccountKind, owner_id: int | None = None, label: str = ""
) -> Account:
    """Find the account of this owner, asset and kind, or open it with nothing in it.

    owner_id  a customer, for the customer kinds; None for the house
    label     which wallet, for custody
    """
    side = Side.DEBIT if kind in DEBIT_KINDS else Side.CREDIT
    account, _ = Account.objects.get_or_create(
        owner_id=owner_id,
        asset_id=asset_id,
        kind=kind,
        label=label,
        defaults={"normal_side": side},
    )
    return account


def open_accounts(*, wanted: Iterable[tuple[int, int, AccountKind]]) -> None:
    """Open the customers' accounts that do not exist yet, many at a time.

    wanted  (owner id, asset id, kind) of each
    """
    Account.objects.bulk_create(
        (
            Account(owner_id=owner, asset_id=asset, kind=kind, normal_side=Side.CREDIT)
            for owner, asset, kind in sorted(wanted)
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def post_entry(
    *,
    kind: Entry.Kind,
    key: str,
    transfers: Sequence[Transfer],
    now: datetime,
    created_by_id: int | None = None,
    reference: str = "",
    memo: str = "",
) -> Entry:
    """Write a business fact and the transfers that it consists of; balances follow.

    Posting the same key with the same transfers again returns the first entry.

    key     names the fact for ever, e.g. "deposit:17"
    raises  InsufficientFunds when an account would fall below its floor, EntryKeyReused
            when the key stands for other transfers, PeriodClosed when the books are closed
            at `now`; nothing is written
    """
    assert transfers, "an entry moves something"
    assert all(transfer.amount > 0 for transfer in transfers)
    balances = lock_accounts(
        account for transfer in transfers for account in (transfer.debit, transfer.credit)
    )
    digest = digest_of(transfers)
    if posted := Entry.objects.filter(key=key).first():
        if posted.digest != digest:
            raise EntryKeyReused(key=key)
        return posted
    accounts = Account.objects.select_related("asset").in_bulk(list(balances))
    _expect_floors(accounts, balances, transfers)

    # From here only a closed period may be in its way.
    with _closing_explained():
        entry = Entry.objects.create(
            kind=kind,
            key=key,
            digest=digest,
            reference=reference,
            memo=memo,
            created_at=now,
            created_by_id=created_by_id,
        )
        insert_transfers(entry_id=entry.pk, transfers=transfers, now=now)
    for owner_id in sorted(
        {a.owner_id for a in accounts.values() if a.owner_id is not None}
    ):
        ring_after_commit(balances_changed, user_id=owner_id)
    return entry


def insert_transfers(
    *, entry_id: int, transfers: Sequence[Transfer], now: datetime
) -> None:
    """Insert rows; the database moves the balances. The caller holds the account locks."""
    TransferRow.objects.bulk_create(
        TransferRow(
            entry_id=entry_id,
            debit_id=transfer.debit,
            credit_id=transfer.credit,
            asset_id=transfer.asset,
            amount=transfer.amount,
            code=transfer.code,
            ref=transfer.ref,
            created_at=now,
        )
        for transfer in transfers
    )


def write_batch(*, entry_id: int, key: str, reference: str, now: datetime) -> None:
    """Write the entry of a trading batch, by the id that its transfers name.

    entry_id  that of the market's event batch, beyond the ids of all other entries
    """
    ask(_BATCH, [entry_id, Entry.Kind.BATCH, key, reference, now])


_BATCH = (
    "INSERT INTO ledger_entry (id, kind, key, digest, reference, memo, created_at) "
    "VALUES (%s, %s, %s, '', %s, '', %s)"
)


#: Transfers by the thousand, or a few with other things. The engine's pen: the database
#: moves the balances when they are there; the caller holds the locks of all accounts.
TRANSFERS: Final = Table(
    "ledger_transfer",
    {
        "entry_id": "q", "debit_id": "q", "credit_id": "q", "asset_id": "q", "amount": "q",
        "code": "h", "ref": "q", "created_at": "q",
    },
)  # fmt: skip


@contextmanager
def _closing_explained() -> Iterator[None]:
    """Explain kindly what bookkeeping's guards on entries and transfers refuse."""
    try:
        yield
    except IntegrityError as refused:
        if "the books are closed" not in str(refused):
            raise
        raise PeriodClosed from refused


def _expect_floors(
    accounts: Mapping[int, Account],
    balances: Mapping[int, Atoms],
    transfers: Sequence[Transfer],
) -> None:
    """Explain kindly what the CHECK on the account would refuse."""
    change = dict.fromkeys(balances, 0)
    for transfer in transfers:
        change[transfer.debit] -= transfer.amount
        change[transfer.credit] += transfer.amount
    for account_id, account in sorted(accounts.items()):
        grows = change[account_id] * (1 if account.normal_side == Side.CREDIT else -1)
        if balances[account_id] + grows < account.floor:
            raise InsufficientFunds(asset=account.asset.code)
