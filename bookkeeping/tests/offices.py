"""The people of finance that tests are told about, and what they state."""

from datetime import datetime, timedelta

from accounts.models import User
from bookkeeping.models import RATE_SCALE, Rate
from bookkeeping.services import RIGHT_TO_COUNT, RIGHT_TO_RATE, record_rate
from kernel.decimals import parse_decimal
from tests.staff import member
from tests.stories import NOON, asset

RIGHTS = (
    RIGHT_TO_RATE,
    RIGHT_TO_COUNT,
    "bookkeeping.view_rate",
    "bookkeeping.view_walletcount",
)
HOUR = timedelta(hours=1)


def fay() -> User:
    """Of finance."""
    return member("fay", *RIGHTS)


def fred() -> User:
    """Of finance, too."""
    return member("fred", *RIGHTS)


def worth(
    price: str, code: str = "BTC", *, at: datetime = NOON, source: str = "the fixing"
) -> Rate:
    """Fay states what one unit was worth in USDT."""
    return record_rate(
        asset_id=asset(code).pk,
        currency_id=asset("USDT").pk,
        at=at,
        price=parse_decimal(price, scale=RATE_SCALE),
        source=source,
        actor=fay(),
        now=NOON + 24 * HOUR,
    )
