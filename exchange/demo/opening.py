"""Opens the demo: markets, people and their money. A repetition adds what is missing."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.services import register, register_staff
from deposits.models import Deposit
from deposits.services import confirm_deposit, enter_deposit
from deposits.states import State
from exchange.demo.cast import (
    ASSETS,
    COLLEAGUES,
    FUNDS,
    MAKER_PPM,
    MARKETS,
    SETTINGS,
    STAFF,
    STAFF_PASSWORD,
    TAKER_PPM,
    TIERS,
    TRADER_PASSWORD,
    Funds,
    MarketPlan,
)
from exchange.demo.finance import count_the_wallet, state_rates
from exchange.demo.proving import publish_a_proof
from exchange.staff_groups import open_group
from kernel.decimals import parse_decimal
from kernel.errors import Refused
from kernel.units import Atoms, Lots, Ppm, Ticks
from ledger.models import Asset
from ledger.selectors import asset_by_code
from ledger.services import open_asset
from orders.selectors import markets
from orders.services import open_market, set_fee_tier


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """secret  of the one-time password, in base32, as authenticator apps take it
    group   of those who have no more rights than it gives
    """

    email: str
    secret: str
    uri: str
    group: str = ""


def open_demo(*, now: datetime) -> list[StaffLogin]:
    """Create what the demo needs and does not have; the logins of its staff.

    raises  Refused on an exchange that is served over HTTPS: the demo's passwords are
            public; nothing is written
    """
    if settings.HTTPS:
        raise Refused(
            "The demo's passwords are public, so it is not created where HTTPS=True."
        )
    _open_markets()
    staff = [_staff(email) for email in STAFF]
    for email, funds in FUNDS.items():
        _fund(_trader(email), funds, staff=staff, now=now)
    colleagues = {_colleague(email, group): group for email, group in COLLEAGUES.items()}
    states, counts, *_ = colleagues
    state_rates(actor=states, now=now)
    count_the_wallet(code=ASSETS[0].code, actor=counts, now=now)
    publish_a_proof(takes=states, publishes=counts, now=now)
    return [
        *(_login(person) for person in staff),
        *(_login(person, group=group) for person, group in colleagues.items()),
    ]


def _open_markets() -> None:
    assets = {plan.code: open_asset(code=plan.code, name=plan.name) for plan in ASSETS}
    existing = set(markets().values_list("symbol", flat=True))
    for plan in MARKETS:
        if plan.symbol not in existing:
            _open_market(plan, assets)


def _open_market(plan: MarketPlan, assets: Mapping[str, Asset]) -> None:
    base, quote = plan.symbol.split("-")
    market = open_market(
        base=assets[base],
        quote=assets[quote],
        tick_size=Atoms(plan.tick_size),
        lot_size=Atoms(plan.lot_size),
        price_max=Ticks(plan.price_max),
        quantity_min=Lots(1),
        quantity_max=Lots(plan.quantity_max),
        notional_min=Atoms(plan.notional_min),
        maker_ppm=Ppm(MAKER_PPM),
        taker_ppm=Ppm(TAKER_PPM),
        **SETTINGS,
    )
    for volume, maker_ppm, taker_ppm in TIERS[quote]:
        set_fee_tier(
            market_id=market.pk,
            volume_from=Atoms(volume * 10 ** assets[quote].scale),
            maker_ppm=Ppm(maker_ppm),
            taker_ppm=Ppm(taker_ppm),
        )


def _trader(email: str) -> User:
    return _known(email) or register(email=email, password=TRADER_PASSWORD)


def _staff(email: str) -> User:
    """A member of the staff with every right, and a device for one-time passwords."""
    person = _known(email) or register_staff(
        email=email, password=STAFF_PASSWORD, is_superuser=True
    )
    TOTPDevice.objects.get_or_create(user=person, defaults={"name": "demo"})
    return person


def _colleague(email: str, group: str) -> User:
    """A member of the staff with the rights of a group, and such a device."""
    person = _known(email) or register_staff(email=email, password=STAFF_PASSWORD)
    person.groups.add(open_group(group))
    TOTPDevice.objects.get_or_create(user=person, defaults={"name": "demo"})
    return person


def _fund(user: User, funds: Funds, *, staff: Sequence[User], now: datetime) -> None:
    """Deposit what the user begins with: one of the staff enters it, another confirms."""
    enters, confirms = staff
    for code, amount in funds.items():
        asset = asset_by_code(code)
        reference = f"demo-opening-balance:{user.pk}"
        deposit = Deposit.objects.filter(asset=asset, reference=reference).first()
        if deposit is None:
            deposit = enter_deposit(
                user_id=user.pk,
                asset_id=asset.pk,
                amount=Atoms(parse_decimal(amount, scale=asset.scale)),
                reference=reference,
                actor=enters,
                now=now,
            )
        if deposit.state == State.ENTERED:
            confirm_deposit(deposit_id=deposit.pk, actor=confirms, now=now)


def _known(email: str) -> User | None:
    return User.objects.filter(email=email).first()


def _login(person: User, *, group: str = "") -> StaffLogin:
    device = TOTPDevice.objects.get(user=person)
    secret = base64.b32encode(device.bin_key).decode()
    return StaffLogin(person.email, secret, device.config_url, group)
