"""Books whose transfers come as tests want them: any times, any order of ids."""

import itertools
from datetime import datetime, timedelta

from django.db import connection

from kernel.sealed import Stream
from kernel.units import Atoms
from ledger import audit
from ledger.models import Account, AccountKind, Entry, Seal, Transfer
from ledger.selectors import streams_of
from ledger.services import open_account, post_entry, seal_stream
from ledger.transfers import Transfer as Moved
from ledger.transfers import TransferCode
from tests.stories import NOON, asset, person

#: Two who book at once do not see each other's entries; each takes a number of its own.
NUMBERS = itertools.count(1)
#: When sealers come in tests: long after everything happened.
LATE = NOON + timedelta(days=365)


def transfers_stream() -> Stream:
    return streams_of(audit.SEALED[0])[0]


def available(name: str) -> Account:
    return open_account(
        asset_id=asset("BTC").pk, kind=AccountKind.AVAILABLE, owner_id=person(name).pk
    )


def custody() -> Account:
    return open_account(asset_id=asset("BTC").pk, kind=AccountKind.CUSTODY, label="main")


def move(
    debit: Account, credit: Account, amount: int, *, at: datetime = NOON, memo: str = ""
) -> Entry:
    """Post an entry of one transfer."""
    number = next(NUMBERS)
    moved = Moved(
        debit.pk, credit.pk, debit.asset_id, Atoms(amount), TransferCode.HOUSE, number
    )
    return post_entry(
        kind=Entry.Kind.HOUSE, key=f"move:{number}", transfers=[moved], now=at, memo=memo
    )


def pay_in(name: str, amount: int, *, at: datetime = NOON, memo: str = "") -> Entry:
    return move(custody(), available(name), amount, at=at, memo=memo)


def seal(*, most: int = 100_000) -> Seal | None:
    """Seal the next transfers, however few."""
    return seal_stream(stream=transfers_stream(), now=LATE, least=1, most=most)


def folded(at: datetime | None, last: int | None) -> dict[int, tuple[int, int]]:
    """What every account had turned over, by looking at every transfer."""
    sums: dict[int, list[int]] = {}
    for it in Transfer.objects.all():
        if (at is None or it.created_at <= at) and (last is None or it.pk <= last):
            sums.setdefault(it.debit_id, [0, 0])[0] += it.amount
            sums.setdefault(it.credit_id, [0, 0])[1] += it.amount
    return {account: (debits, credits_) for account, (debits, credits_) in sums.items()}


def skip_ids(count: int) -> None:
    """Draw ids that will never be rows, as a transaction that is rolled back does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('ledger_transfer_id_seq') FROM generate_series(1, %s)", [count]
        )
