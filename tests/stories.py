"""The people, markets and money that tests tell their stories with."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from kernel import clock
from kernel.decimals import format_decimal, parse_decimal
from kernel.units import Atoms, Lots, Ppm, Ticks
from ledger.models import AccountKind, Asset, Entry
from ledger.selectors import asset_by_code, balances_of
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from matching.worker import Worker
from orders.commands import (
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
    UnitKind,
)
from orders.models import Command, Market
from orders.rules import MarketRules, OrderTerms
from orders.services import open_market, place_list, place_order

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


def person(name: str) -> User:
    """A user `name@example.com` without a password; see `person_who_logs_in`."""
    user, _ = User.objects.get_or_create(email=f"{name}@example.com")
    return user


def person_who_logs_in(name: str) -> User:
    user = person(name)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


class Caller(APIClient):
    """A client of the REST API that speaks JSON.

    carrier  who takes its requests to the exchange; None: Django's test client itself
    """

    default_format = "json"
    carrier: ClassVar[Callable[[dict[str, Any]], Any] | None] = None

    def request(self, **environ: Any) -> Any:
        if Caller.carrier is None:
            return super().request(**environ)
        return Caller.carrier(self._base_environ(**environ, **self._credentials))


def caller(user: User | None = None) -> Caller:
    """A client of the API: a stranger, or one with `user`'s access token.

    It gets a 5xx as an answer, as a client of a running exchange would.
    """
    client = Caller(raise_request_exception=False)
    if user is not None:
        token = AccessToken.for_user(user)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def asset(code: str, scale: int = 8) -> Asset:
    made, _ = Asset.objects.get_or_create(
        code=code, defaults={"name": code, "scale": scale}
    )
    return made


def make_market(
    symbol: str = "BTC-USDT", *, maker_ppm: int = 1_000, taker_ppm: int = 2_000
) -> Market:
    """Tick 0.01 quote, lot 0.00001 base, both assets with 8 decimals."""
    base, quote = symbol.split("-")
    return open_market(
        base=asset(base),
        quote=asset(quote),
        tick_size=Atoms(1_000_000),
        lot_size=Atoms(1_000),
        price_max=Ticks(1_000_000_000),
        quantity_min=Lots(1),
        quantity_max=Lots(100_000_000),
        notional_min=Atoms(1_000_000),
        maker_ppm=Ppm(maker_ppm),
        taker_ppm=Ppm(taker_ppm),
    )


def fund(user: User, code: str, amount: str) -> None:
    """Book an amount into the user's available account, out of custody."""
    held = asset(code)
    custody = open_account(asset_id=held.pk, kind=AccountKind.CUSTODY, label="main")
    available = open_account(asset_id=held.pk, kind=AccountKind.AVAILABLE, owner_id=user.pk)
    number = Entry.objects.count()
    post_entry(
        kind=Entry.Kind.HOUSE,
        key=f"fund:{user.pk}:{code}:{number}",
        transfers=[
            Transfer(
                custody.pk,
                available.pk,
                held.pk,
                Atoms(parse_decimal(amount, scale=held.scale)),
                TransferCode.HOUSE,
                number,
            )
        ],
        now=clock.now(),
    )


def place(
    user: User,
    market: Market,
    side: str,
    quantity: str = "0",
    *,
    at: str | None = None,
    budget: str = "0",
    client_order_id: str | None = None,
    **more: object,
) -> Command:
    """Place an order as the API does: `at` a price a limit, without one a market order.

    more  fields of `terms`
    """
    return place_order(
        user_id=user.pk,
        market=market.rules,
        shard=market.shard,
        terms=terms(market, side, quantity, at=at, budget=budget, **more),
        client_order_id=client_order_id,
        now=clock.now(),
    )


def place_together(
    user: User,
    market: Market,
    kind: str,
    *legs: OrderTerms,
    client_order_id: str | None = None,
) -> list[Command]:
    """Place an `oco` (limit, stop) or a `bracket` (entry, limit, stop) made of `terms`."""
    return place_list(
        user_id=user.pk,
        market=market.rules,
        shard=market.shard,
        kind=UnitKind[kind.upper()],
        legs=legs,
        client_order_id=client_order_id,
        now=clock.now(),
    )


def terms(
    market: Market,
    side: str,
    quantity: str = "0",
    *,
    type: str | None = None,  # noqa: A002  the field's own word
    at: str | None = None,
    budget: str = "0",
    trigger: str = "0",
    trail: str = "0",
    display: str = "0",
    time_in_force: str = "gtc",
    post_only: str = "no",
    self_trade: str = "cancel_taker",
    **more: Any,
) -> OrderTerms:
    """An order's terms out of words and decimal strings.

    type  a limit or market order, by whether there is a price, if not given
    more  trail_ppm, slippage_ppm, expires_at
    """
    rules = market.rules
    return OrderTerms(
        side=OrderSide[side.upper()],
        type=OrderType[(type or ("limit" if at else "market")).upper()],
        time_in_force=TimeInForce[time_in_force.upper()],
        price=_ticks(rules, at or "0"),
        quantity=_lots(rules, quantity),
        budget=Atoms(parse_decimal(budget, scale=rules.quote_scale)),
        self_trade=SelfTrade[self_trade.upper()],
        post_only=PostOnly[post_only.upper()],
        trigger=_ticks(rules, trigger),
        trail=_ticks(rules, trail),
        display=_lots(rules, display),
        **more,
    )


def _ticks(rules: MarketRules, text: str) -> Ticks:
    return Ticks(parse_decimal(text, scale=rules.quote_scale) // rules.tick_size)


def _lots(rules: MarketRules, text: str) -> Lots:
    return Lots(parse_decimal(text, scale=rules.base_scale) // rules.lot_size)


def settle(shard: int = 0) -> int:
    """Let the engine work until nothing waits; how many commands it settled."""
    worker, done = Worker(shard=shard), 0
    while count := worker.step():
        done += count
    worker.release()
    return done


def balances(user: User) -> dict[str, tuple[str, str]]:
    """{asset: (available, held)} as decimal strings without trailing zeros."""
    return {
        balance.asset.code: (
            _short(format_decimal(balance.available, scale=balance.asset.scale)),
            _short(format_decimal(balance.held, scale=balance.asset.scale)),
        )
        for balance in balances_of(owner_id=user.pk)
    }


def house(code: str, kind: AccountKind, label: str) -> str:
    account = open_account(asset_id=asset_by_code(code).pk, kind=kind, label=label)
    account.refresh_from_db()
    return _short(format_decimal(account.balance, scale=account.asset.scale))


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
