"""Statements about the world outside. What was stated stays.

Locks: the one that writers of transfers share, so that closing a month meets them all.
"""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from accounts.models import User
from bookkeeping.errors import (
    MayNotCountWallet,
    MayNotRecordRate,
    PeriodFinal,
    StatementInvalid,
    StatementReused,
    UnknownWallet,
)
from bookkeeping.models import Period, Rate, WalletCount
from bookkeeping.states import PeriodState
from kernel.units import BIGINT_MAX, Atoms
from ledger.models import Account, AccountKind

RIGHT_TO_RATE: Final = "bookkeeping.record_rate"
RIGHT_TO_COUNT: Final = "bookkeeping.count_wallet"
_SOURCE_MAX: Final = 200


@transaction.atomic
def record_rate(
    *,
    asset_id: int,
    currency_id: int,
    at: datetime,
    price: int,
    source: str,
    actor: User | None,
    now: datetime,
) -> Rate:
    """State what one whole unit of an asset was worth at an instant.

    The same statement again returns the first one. A wrong one is corrected by another of
    the same instant with a source that says so: the later statement counts.

    price   a count of 10^-10 of the currency, more than zero
    source  who said so; 1 to 200 characters
    actor   a member of the staff; None for the house's own fixing
    raises  MayNotRecordRate, StatementInvalid, StatementReused, PeriodFinal when the month
            of the instant is closed for good; nothing is written
    """
    if actor is not None and not actor.has_perm(RIGHT_TO_RATE):
        raise MayNotRecordRate
    _expect_sound(source, at=at, now=now)
    if not 0 < price <= BIGINT_MAX:
        raise StatementInvalid("A rate is more than zero, and below 922337203.6854775808.")
    if asset_id == currency_id:
        raise StatementInvalid("An asset has no rate in itself.")
    rate, is_new = Rate.objects.get_or_create(
        asset_id=asset_id,
        currency_id=currency_id,
        at=at,
        source=source.strip(),
        defaults={"price": price, "entered_by": actor, "created_at": now},
    )
    if not is_new and rate.price != price:
        raise StatementReused
    return rate


@transaction.atomic
def count_wallet(
    *,
    account_id: int,
    at: datetime,
    amount: Atoms,
    source: str,
    actor: User,
    now: datetime,
) -> WalletCount:
    """State how much was outside in a wallet at an instant. It moves nothing.

    The same statement again returns the first one.

    account_id  of the wallet's custody account
    amount      atoms; nothing is an answer, too
    raises      MayNotCountWallet, UnknownWallet, StatementInvalid, StatementReused,
                PeriodFinal when the month of the instant is closed for good; nothing is
                written
    """
    if not actor.has_perm(RIGHT_TO_COUNT):
        raise MayNotCountWallet
    if not Account.objects.filter(pk=account_id, kind=AccountKind.CUSTODY).exists():
        raise UnknownWallet
    _expect_sound(source, at=at, now=now)
    if amount < 0:
        raise StatementInvalid("There is not less than nothing in a wallet.")
    count, is_new = WalletCount.objects.get_or_create(
        account_id=account_id,
        at=at,
        source=source.strip(),
        defaults={"amount": amount, "entered_by": actor, "created_at": now},
    )
    if not is_new and count.amount != amount:
        raise StatementReused
    return count


def _expect_sound(source: str, *, at: datetime, now: datetime) -> None:
    if not 0 < len(source.strip()) <= _SOURCE_MAX:
        raise StatementInvalid("Name the source, in 200 characters at most.")
    if at > now:
        raise StatementInvalid("What will be is not stated; the instant has not come yet.")
    # Reports of a closed month show what they showed: whoever closes one is waited for.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtext('bookkeeping_period'))"
        )
    if Period.objects.filter(state=PeriodState.HARD_CLOSED.value, ends__gte=at).exists():
        raise PeriodFinal
