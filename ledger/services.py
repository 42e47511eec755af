"""Writes to the books. One function is one verb is one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from kernel import pgcopy
from kernel.database import CopyIn
from kernel.doorbell import ring_after_commit
from kernel.units import Atoms
from ledger.errors import EntryKeyReused, InsufficientFunds
from ledger.locks import lock_accounts
from ledger.models import DEBIT_KINDS, Account, AccountKind, Asset, Entry, Side
from ledger.models import Transfer as TransferRow
from ledger.signals import balances_changed
from ledger.transfers import Row, Transfer, digest_of


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
            when the key stands for other transfers; nothing is written
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

    # From here the entry must succeed.
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


def reserve_entries(*, count: int) -> list[int]:
    """Ids for entries whose transfers are written before they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return [entry for (entry,) in cursor.fetchall()]


def write_batches(*, batches: Sequence[tuple[int, str, str]], now: datetime) -> None:
    """Write the entries of trading batches, by ids that were reserved for them.

    batches  (id, key, reference) of each
    """
    with connection.cursor() as cursor:
        for entry, key, reference in batches:
            cursor.execute(_BATCH, [entry, Entry.Kind.BATCH, key, reference, now])


_BATCH = (
    "INSERT INTO ledger_entry (id, kind, key, digest, reference, memo, created_at) "
    "VALUES (%s, %s, %s, '', %s, '', %s)"
)


def start_transfers() -> CopyIn:
    """Begin to insert thousands of transfers, made by `pack_transfers`, by binary COPY.

    The database moves the balances when they are all there. The engine's pen: the caller
    holds the locks of all accounts that are named.
    """
    return CopyIn(_COPY_TRANSFERS)


def pack_transfers(*, entry_id: int, rows: Sequence[Row], now: datetime) -> list[bytes]:
    """Rows for `start_transfers`.

    rows  (debit, credit, asset, amount, code, ref), as ledger.transfers.Transfer
    """
    time = pgcopy.timestamp(now)
    return [_pack_transfer(entry_id, *row, time) for row in rows]


_COPY_TRANSFERS = (
    "COPY ledger_transfer "
    "(entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at) "
    "FROM STDIN (FORMAT binary)"
)
_pack_transfer = pgcopy.row_packer("qqqqqhqq")


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
