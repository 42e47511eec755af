"""The market, the people and the orders that the benchmark works with."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from kernel import clock
from kernel.units import Atoms, Lots, Ppm, Ticks
from ledger.models import AccountKind, Asset, Entry
from ledger.services import open_account, open_accounts, post_entry
from ledger.transfers import Transfer, TransferCode
from orders.commands import CommandKind, OrderSide, OrderType, TimeInForce
from orders.models import Command, Market
from orders.services import open_market

OPENING = 10**15


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
