"""The market, the people and the orders that the benchmark works with."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.models import User
from kernel import clock
from kernel.units import Atoms, Lots, Ppm, Ticks
from ledger.models import AccountKind, Asset, Entry
from ledger.services import open_account, open_accounts, post_entry
from ledger.transfers import Transfer, TransferCode
from orders.commands import CommandKind, OrderSide, OrderType, TimeInForce
from orders.models import Command, Market
from orders.services import open_market

#: Atoms of each asset; of a crowd, so that all of them together still are a bigint.
OPENING, OPENING_OF_MANY = 10**15, 5 * 10**13


@dataclass(frozen=True, slots=True)
class Setting:
    market: Market
    users: list[int]


def make_setting(*, users: int) -> Setting:
    """A BTC-USDT market with fees, and `users` people who own plenty of both."""
    base = Asset.objects.create(code="BTC", name="Bitcoin")
    quote = Asset.objects.create(code="USDT", name="Tether")
    market = open_market(
        base=base,
        quote=quote,
        tick_size=Atoms(1_000_000),
        lot_size=Atoms(1_000),
        price_max=Ticks(1_000_000_000),
        quantity_min=Lots(1),
        quantity_max=Lots(100_000_000),
        notional_min=Atoms(1),
        maker_ppm=Ppm(1_000),
        taker_ppm=Ppm(2_000),
    )
    people = User.objects.bulk_create(
        User(email=f"trader{n}@example.com", password="!")  # noqa: S106  nobody logs in
        for n in range(users)
    )
    ids = [person.pk for person in people]
    for asset in (base, quote):
        fund_all(asset=asset, user_ids=ids, amount=OPENING)
    return Setting(market, ids)


def fund_all(*, asset: Asset, user_ids: list[int], amount: int) -> None:
    """Book `amount` atoms out of custody into everybody's available account."""
    from ledger.models import Account

    custody = open_account(asset_id=asset.pk, kind=AccountKind.CUSTODY, label="main")
    kinds = (AccountKind.AVAILABLE, AccountKind.HELD, AccountKind.WITHDRAWING)
    open_accounts(wanted=((user, asset.pk, kind) for user in user_ids for kind in kinds))
    available = Account.objects.filter(
        asset=asset, kind=AccountKind.AVAILABLE, owner_id__in=user_ids
    )
    post_entry(
        kind=Entry.Kind.HOUSE,
        key=f"fund:{asset.code}",
        transfers=[
            Transfer(custody.pk, account, asset.pk, Atoms(amount), TransferCode.HOUSE, 0)
            for account in available.order_by("id").values_list("id", flat=True)
        ],
        now=clock.now(),
    )


def crowd(setting: Setting, *, users: int) -> Setting:
    """The same market with `users` people in all, who own as much; made by the database."""
    market, missing = setting.market, users - len(setting.users)
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [missing])
        fresh = [row[0] for row in cursor.fetchall()]
        kinds = [AccountKind.AVAILABLE, AccountKind.HELD]
        assets = [market.base_id, market.quote_id]
        cursor.execute(_ACCOUNTS, [fresh, assets, [kind.value for kind in kinds]])
        for asset in assets:
            code = TransferCode.HOUSE.value
            custody = open_account(
                asset_id=asset, kind=AccountKind.CUSTODY, label="main"
            ).pk
            # Fresh ids follow each other; without a join nothing is left to guess.
            scope = asset, min(fresh), max(fresh)
            terms = f"crowd:{asset}", custody, OPENING_OF_MANY, code, *scope
            cursor.execute(_FUNDS, terms)
    return Setting(market, setting.users + fresh)


_PEOPLE = """
INSERT INTO accounts_user (email, password, is_superuser, is_active, is_staff, created_at)
SELECT 'crowd' || n || '@example.com', '!', false, true, false, now()
FROM generate_series(1, %s) AS n RETURNING id
"""
_ACCOUNTS = """
INSERT INTO ledger_account
       (owner_id, asset_id, kind, label, normal_side, floor, balance, opened_at)
SELECT owner, asset, kind, '', 'C', 0, 0, now()
FROM unnest(%s::bigint[]) AS owner, unnest(%s::bigint[]) AS asset,
     unnest(%s::text[]) AS kind
ORDER BY owner, asset, kind
"""
_FUNDS = """
WITH entry AS (
    INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at)
    VALUES ('house', %s, '', '', '', now()) RETURNING id
)
INSERT INTO ledger_transfer
       (entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at)
SELECT entry.id, %s, mine.id, mine.asset_id, %s, %s, 0, now()
FROM entry, ledger_account AS mine
WHERE mine.asset_id = %s AND mine.kind = 'available' AND mine.owner_id BETWEEN %s AND %s
"""


def opposing_orders(setting: Setting, *, cycles: int, seed: int) -> Iterator[Command]:
    """`cycles` pairs: somebody sells at a wandering price, somebody else buys it all."""
    chance = random.Random(seed)  # noqa: S311  the same flow in every run
    price = 6_500_000
    now = clock.now()
    for _ in range(cycles):
        price += chance.randint(-50, 50)
        seller, buyer = chance.sample(setting.users, 2)
        quantity = chance.randint(1, 1_000)
        for user, side in ((seller, OrderSide.SELL), (buyer, OrderSide.BUY)):
            yield limit_order(setting.market, user, side, price, quantity, now)


def limit_order(
    market: Market, user: int, side: OrderSide, price: int, quantity: int, now: datetime
) -> Command:
    return Command(
        market_id=market.pk,
        shard=market.shard,
        kind=CommandKind.PLACE,
        user_id=user,
        side=side,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price=price,
        quantity=quantity,
        maker_ppm=market.maker_ppm,
        taker_ppm=market.taker_ppm,
        created_at=now,
    )


def cancel_order(market: Market, user: int, order_id: int, now: datetime) -> Command:
    return Command(
        market_id=market.pk,
        shard=market.shard,
        kind=CommandKind.CANCEL,
        user_id=user,
        order_id=order_id,
        created_at=now,
    )
