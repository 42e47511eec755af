"""What assets were worth, and what was counted in the wallets."""

from datetime import datetime

from bookkeeping.models import RATE_SCALE, Rate, WalletCount
from kernel.units import Atoms


def rate_at(*, asset_id: int, currency_id: int, at: datetime) -> Rate | None:
    """The latest rate at or before `at`; of two of the same instant the later statement.

    None when nobody has stated one. Rates are not turned round and not chained: who wants
    that records the result, and says so in its source. An asset in itself has no row: it
    is worth 10^10 (bookkeeping_rates says the same in SQL).
    """
    rows = Rate.objects.filter(asset=asset_id, currency=currency_id, at__lte=at)
    return rows.select_related("asset", "currency").order_by("-at", "-id").first()


def value_of(*, amount: int, scale: int, price: int, currency_scale: int) -> Atoms:
    """What an amount is worth, in atoms of the currency; half an atom counts as one.

    An amount below zero is worth as much as its opposite, below zero.
    bookkeeping_value says the same in SQL.

    amount  a count of 10^-scale of the asset
    price   a count of 10^-10 of the currency for one whole unit
    """
    exact = abs(amount) * price * 10**currency_scale
    whole = 10 ** (scale + RATE_SCALE)
    rounded = (2 * exact + whole) // (2 * whole)
    return Atoms(rounded if amount >= 0 else -rounded)


def count_at(*, account_id: int, at: datetime) -> WalletCount | None:
    """The latest count of a wallet at or before `at`; None when nobody has counted it."""
    rows = WalletCount.objects.filter(account=account_id, at__lte=at)
    return rows.select_related("account__asset").order_by("-at", "-id").first()
