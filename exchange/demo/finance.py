"""What finance does in the demo: it states rates, and counts a wallet."""

from datetime import UTC, datetime
from typing import Final

from accounts.models import User
from bookkeeping.models import RATE_SCALE, Rate, WalletCount
from bookkeeping.services import count_wallet, record_rate
from exchange.demo.cast import MARKETS
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from ledger.models import MAIN_WALLET, AccountKind
from ledger.selectors import asset_by_code, house_account

_SOURCE: Final = "demo"


def state_rates(*, actor: User, now: datetime) -> None:
    """State what the markets' base assets are worth at their fair prices, as of today.

    Whoever opens the demo again finds them.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for plan in MARKETS:
        base, quote = map(asset_by_code, plan.symbol.split("-"))
        if Rate.objects.filter(asset=base, currency=quote, source=_SOURCE).exists():
            continue
        record_rate(
            asset_id=base.pk,
            currency_id=quote.pk,
            at=today,
            price=parse_decimal(plan.fair_price, scale=RATE_SCALE),
            source=_SOURCE,
            actor=actor,
            now=now,
        )


def count_the_wallet(*, code: str, actor: User, now: datetime) -> None:
    """State that the main wallet of an asset has what the books say, once."""
    asset = asset_by_code(code)
    wallet = house_account(asset_id=asset.pk, kind=AccountKind.CUSTODY, label=MAIN_WALLET)
    if wallet is None or WalletCount.objects.filter(account=wallet).exists():
        return
    count_wallet(
        account_id=wallet.pk,
        at=now,
        amount=Atoms(wallet.balance),
        source=_SOURCE,
        actor=actor,
        now=now,
    )
