"""Puts a year into the database: by COPY, so that its own triggers move the balances."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import User
from ledger.models import CUSTOMER_KINDS, Account, Asset, Entry
from ledger.services import open_account, open_accounts, open_asset
from ledger.transfers import TransferCode
from orders.commands import SEQUENCE_BITS
from orders.models import Market
from orders.services import open_market
from tests.attempts import run
from tests.books.facts import ASSETS, MEMO, PEOPLE, VENUES, Key, Ref
from tests.books.year import Year


@dataclass
class Written:
    """The ids that a year has got."""

    users: list[int]
    assets: dict[str, int]
    markets: dict[str, int]
    accounts: dict[Key, int]
    entries: list[int]
    transfers: list[int]


def write(year: Year) -> Written:
    """Open what the year needs and insert all of it."""
    users = _people()
    assets = {
        code: open_asset(code=code, name=code, scale=scale).pk
        for code, scale in ASSETS.items()
    }
    markets = {venue.symbol: _market(venue).pk for venue in VENUES}
    written = Written(
        users, assets, markets, _accounts(year, users, assets), _entries(year, markets),
        _reserve("ledger_transfer", len(year.moves)),
    )  # fmt: skip
    with transaction.atomic():
        _copy_entries(year, written, Entry.Kind.ADJUSTMENT.__ne__)
        _copy_transfers(year, written, TransferCode.REVERSAL.__ne__)
        _copy_adjustments(year, written)
        _copy_orders(year, written)
        _copy_trades(year, written)
    return written


def _people() -> list[int]:
    User.objects.bulk_create(
        User(email=f"customer{number}@example.com") for number in range(PEOPLE)
    )
    emails = dict(User.objects.values_list("email", "pk"))
    return [emails[f"customer{number}@example.com"] for number in range(PEOPLE)]


def _market(venue) -> Market:
    return open_market(
        base=Asset.objects.get(code=venue.base),
        quote=Asset.objects.get(code=venue.quote),
        tick_size=venue.tick_size,
        lot_size=venue.lot_size,
        price_max=venue.price * 10,
        quantity_min=1,
        quantity_max=venue.lots,
        notional_min=1,
        maker_ppm=venue.maker_ppm,
        taker_ppm=venue.taker_ppm,
    )


def _accounts(year: Year, users: list[int], assets: dict[str, int]) -> dict[Key, int]:
    open_accounts(
        wanted=(
            (users[key.owner], assets[key.asset], key.kind)
            for key in year.balances
            if key.kind in CUSTOMER_KINDS
        )
    )
    for key in year.balances:
        if key.owner is None:
            open_account(asset_id=assets[key.asset], kind=key.kind, label=key.label)
    numbers = {user: number for number, user in enumerate(users)}
    codes = {pk: code for code, pk in assets.items()}
    return {
        Key(numbers.get(owner), codes[asset], kind, label): pk
        for pk, owner, asset, kind, label in Account.objects.values_list(
            "pk", "owner_id", "asset_id", "kind", "label"
        )
    }


def _entries(year: Year, markets: dict[str, int]) -> list[int]:
    """Those of trading batches have the id of their event batch, beyond all others."""
    others = iter(_reserve("ledger_entry", sum(not it.market for it in year.bookings)))
    return [
        markets[it.market] << SEQUENCE_BITS | it.number if it.market else next(others)
        for it in year.bookings
    ]


def _reserve(table: str, count: int) -> list[int]:
    return [
        number
        for (number,) in run(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            table,
            count,
        )
    ]


def _copy(table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _copy_entries(
    year: Year, written: Written, which: Callable[[object], bool], keys: Sequence[str] = ()
) -> None:
    """keys  instead of the year's own"""
    kept = [
        (number, it)
        for number, it in zip(written.entries, year.bookings, strict=True)
        if which(it.kind)
    ]
    _copy(
        "ledger_entry (id, kind, key, digest, reference, memo, created_at)",
        (
            (number, it.kind.value, key, "", it.reference, it.memo, it.at)
            for (number, it), key in zip(
                kept, keys or [it.key for _, it in kept], strict=True
            )
        ),
    )


def _copy_adjustments(year: Year, written: Written) -> None:
    """Two people, one of whom proposed and the other approved what is taken back."""
    one, other = (
        User.objects.create(email=f"bookkeeper{number}@example.com").pk for number in (1, 2)
    )
    reversals = [it for it in year.moves if it.code is TransferCode.REVERSAL]
    ids = _reserve("bookkeeping_adjustment", len(reversals))
    wrong = [year.moves[it.ref.number] for it in reversals]
    _copy(
        "bookkeeping_adjustment "
        "(id, entry_id, reason, size, proposed_by_id, created_at, state)",
        (
            (number, written.entries[was.entry], MEMO, 1, one, it.at, "proposed")
            for number, was, it in zip(ids, wrong, reversals, strict=True)
        ),
    )
    _copy(
        "bookkeeping_adjustmentline (adjustment_id, transfer_id, stands)",
        (
            (number, written.transfers[it.ref.number], True)
            for number, it in zip(ids, reversals, strict=True)
        ),
    )
    _copy(
        "bookkeeping_adjustmentevent "
        "(adjustment_id, before, after, actor_id, reason, created_at)",
        (
            (number, "proposed", "approved", other, "", it.at)
            for number, it in zip(ids, reversals, strict=True)
        ),
    )
    keys = [f"adjustment:{number}" for number in ids]
    _copy_entries(year, written, Entry.Kind.ADJUSTMENT.__eq__, keys)
    _copy_transfers(year, written, TransferCode.REVERSAL.__eq__)


def _copy_transfers(year: Year, written: Written, which: Callable[[object], bool]) -> None:
    def ref(it: Ref) -> int:
        if it.what == "trade":
            return written.markets[it.market] << SEQUENCE_BITS | it.number
        if it.what == "entry":
            return written.entries[it.number]
        if it.what == "transfer":
            return written.transfers[it.number]
        return it.number

    _copy(
        "ledger_transfer (id, entry_id, debit_id, credit_id, asset_id, amount, code, ref, "
        "created_at)",
        (
            (
                number, written.entries[it.entry], written.accounts[it.debit],
                written.accounts[it.credit], written.assets[it.debit.asset], it.amount,
                it.code.value, ref(it.ref), it.at,
            )
            for number, it in zip(written.transfers, year.moves, strict=True)
            if which(it.code)
        ),
    )  # fmt: skip


def _copy_orders(year: Year, written: Written) -> None:
    _copy(
        "orders_order (id, market_id, user_id, side, type, price, quantity, budget, "
        "filled, filled_quote, status, reason, maker_ppm, taker_ppm, created_at, "
        "updated_at)",
        (
            (
                it.number, written.markets[it.venue.symbol], written.users[it.user],
                it.side.value, 1, it.price, it.lots, 0, it.filled, it.filled_quote,
                it.status.value, 0, it.venue.maker_ppm, it.venue.taker_ppm, it.created,
                it.updated,
            )
            for it in year.orders
        ),
    )  # fmt: skip


def _copy_trades(year: Year, written: Written) -> None:
    _copy(
        "orders_trade (id, market_id, price, quantity, quote_amount, taker_side, "
        "maker_order_id, taker_order_id, maker_user_id, taker_user_id, maker_fee, "
        "taker_fee, auction, created_at)",
        (
            (
                written.markets[it.venue.symbol] << SEQUENCE_BITS | it.number,
                written.markets[it.venue.symbol], it.price, it.lots, it.quote,
                it.taker.side.value, it.maker.number, it.taker.number,
                written.users[it.maker.user], written.users[it.taker.user], it.maker_fee,
                it.taker_fee, False, it.at,
            )
            for it in year.deals
        ),
    )  # fmt: skip


def balances_now(written: Written) -> dict[Key, int]:
    """What the database has moved the balances to."""
    keys = {pk: key for key, pk in written.accounts.items()}
    return {
        keys[pk]: balance for pk, balance in Account.objects.values_list("pk", "balance")
    }
