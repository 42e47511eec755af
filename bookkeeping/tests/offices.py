"""The people of finance that tests are told about, and what they state."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from bookkeeping.models import RATE_SCALE, Adjustment, Rate
from bookkeeping.services import (
    RIGHT_TO_APPROVE,
    RIGHT_TO_APPROVE_BOOKING,
    RIGHT_TO_BOOK,
    RIGHT_TO_CLOSE,
    RIGHT_TO_CONFIRM,
    RIGHT_TO_COUNT,
    RIGHT_TO_PROPOSE,
    RIGHT_TO_RATE,
    RIGHT_TO_REOPEN,
    approve_adjustment,
    propose_adjustment,
    record_rate,
)
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from ledger.models import AccountKind, Entry, Transfer
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer as Move
from ledger.transfers import TransferCode
from tests.staff import member
from tests.stories import NOON, asset, balances, person

RIGHTS = (
    RIGHT_TO_RATE,
    RIGHT_TO_COUNT,
    RIGHT_TO_PROPOSE,
    RIGHT_TO_APPROVE,
    RIGHT_TO_BOOK,
    RIGHT_TO_APPROVE_BOOKING,
    RIGHT_TO_CLOSE,
    RIGHT_TO_REOPEN,
    RIGHT_TO_CONFIRM,
    "bookkeeping.view_rate",
    "bookkeeping.view_walletcount",
    "bookkeeping.view_adjustment",
    "bookkeeping.view_housebooking",
    "bookkeeping.view_period",
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


def deposited(user: User | None = None, amount: str = "5") -> list[Transfer]:
    """Someone (alice) was credited with BTC by an entry of two transfers at NOON."""
    btc = asset("BTC").pk
    custody = open_account(asset_id=btc, kind=AccountKind.CUSTODY, label="main")
    available = open_account(
        asset_id=btc, kind=AccountKind.AVAILABLE, owner_id=(user or person("alice")).pk
    )
    number = Entry.objects.count()
    half = Atoms(parse_decimal(amount, scale=8) // 2)
    move = Move(custody.pk, available.pk, btc, half, TransferCode.HOUSE, number)
    entry = post_entry(
        kind=Entry.Kind.HOUSE, key=f"wrong:{number}", transfers=[move, move], now=NOON
    )
    return list(Transfer.objects.filter(entry=entry).order_by("id"))


def proposed(transfers: Sequence[Transfer] = (), **other: Any) -> Adjustment:
    """Fay proposes to take transfers back, or those of a deposit, at NOON + an hour."""
    facts = {"reason": "It was somebody else's.", "now": NOON + HOUR} | other
    if "transfer_ids" not in facts:
        facts["transfer_ids"] = [it.pk for it in transfers or deposited()]
    return propose_adjustment(actor=facts.pop("actor", None) or fay(), **facts)


def approved(adjustment: Adjustment | None = None) -> Adjustment:
    """Fred approves it at NOON + two hours."""
    return approve_adjustment(
        adjustment_id=(adjustment or proposed()).pk, actor=fred(), now=NOON + 2 * HOUR
    )


def has(user: User) -> str:
    """What the user has available, in BTC."""
    return balances(user)["BTC"][0]
