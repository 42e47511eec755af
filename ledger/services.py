"""Writes to the books. One function is one verb is one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from kernel.database import ask
from kernel.doorbell import ring_after_commit
from kernel.tables import Table
from kernel.units import Atoms
from ledger.errors import EntryKeyReused, InsufficientFunds
from ledger.locks import lock_accounts
from ledger.models import (
    DEBIT_KINDS,
    SLICE_MIN,
    STRETCH,
    Account,
    AccountKind,
    Asset,
    Entry,
    MovementCursor,
    MovementsOfAccount,
    Side,
)
from ledger.models import Transfer as TransferRow
from ledger.selectors import movement_backlog
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


# History ---------------------------------------------------------------------------------

#: So many rows at once take a core a quarter of a second at most.
MOVEMENTS_MAX: Final = 100_000


@transaction.atomic
def index_movements(*, least: int = SLICE_MIN, most: int = MOVEMENTS_MAX) -> int:
    """Add the next slice of transfers to the lists of their accounts (ADR 0018).

    No batch waits for it. Who reads finds what is not listed yet by himself. Two at once do
    not both.

    least, most  transfers; where fewer wait, nothing is done
    returns      how many transfers the cursor has passed
    """
    if movement_backlog(most=least) < max(least, 1):
        return 0  # nothing is locked or written: the house looks every second
    MovementCursor.objects.bulk_create(
        [MovementCursor(name="transfers")], ignore_conflicts=True
    )
    cursor = MovementCursor.objects.select_for_update(skip_locked=True).first()
    if cursor is None:
        return 0
    _look_at_writers(cursor)
    with connection.cursor() as database:
        database.execute(_WAITING, [cursor.position, cursor.safe, most])
        count, last = database.fetchone()
        if count >= max(least, 1):
            bounds = {"after": cursor.position, "last": last, "size": STRETCH}
            database.execute(_ADD_MOVEMENTS, bounds)
            cursor.position = last
        else:
            count = 0
    cursor.save()
    return int(count)


@transaction.atomic
def forget_movements() -> None:
    """Empty the lists and begin anew; answers stay what they are and take longer."""
    # The cursor first: who adds a slice holds it.
    MovementCursor.objects.all().delete()
    MovementsOfAccount.objects.all().delete()


def _look_at_writers(cursor: MovementCursor) -> None:
    """Find out up to which id every transfer that will ever be there can be seen.

    Deposits, withdrawals and engines write at once, and an id is drawn before its row can
    be seen, so a lower one may appear after a higher one. Whoever has drawn an id up to a
    mark took the table's lock for writers before, and gives it back when the end of its
    transaction can be seen. So a mark is safe once nobody who held that lock *after* the
    mark was read holds it any more. A transaction of two phases would hide from this;
    there are none here.
    """
    if set(cursor.writers) & _writers():
        return
    cursor.safe = cursor.mark
    with connection.cursor() as database:
        database.execute("SELECT coalesce(max(id), 0) FROM ledger_transfer")
        [cursor.mark] = database.fetchone()
    cursor.writers = sorted(_writers())
    if not cursor.writers:
        cursor.safe = cursor.mark


def _writers() -> set[str]:
    """Who, but for ourselves, holds the lock that every INSERT and COPY takes first."""
    with connection.cursor() as database:
        database.execute(_WRITERS)
        return {row[0] for row in database.fetchall()}


_WRITERS: Final = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'ledger_transfer'::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
"""
_WAITING: Final = """
    SELECT count(*), max(id) FROM (
        SELECT id FROM ledger_transfer WHERE id > %s AND id <= %s ORDER BY id LIMIT %s
    ) AS waiting
"""
_ADD_MOVEMENTS: Final = """
    INSERT INTO ledger_movementsofaccount (account_id, first, ids)
    SELECT account_id, ids[n], ids[n : n + %(size)s - 1] FROM (
        SELECT account_id, array_agg(id ORDER BY id) AS ids FROM (
            SELECT id, unnest(ARRAY[debit_id, credit_id]) AS account_id
            FROM ledger_transfer WHERE id > %(after)s AND id <= %(last)s
        ) AS leg GROUP BY account_id
    ) AS its CROSS JOIN generate_series(1, cardinality(ids), %(size)s) AS n
"""
