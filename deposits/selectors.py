"""Reads about deposits: the user's own by owner, everybody's for the staff."""

from dataclasses import dataclass

from django.db.models import QuerySet

from deposits.errors import UnknownDeposit
from deposits.models import Deposit, DepositEvent
from deposits.states import IN_THE_BOOKS, State
from ledger.models import Entry
from ledger.selectors import Balance, balances_of


def deposits_page(*, user_id: int, before: int | None, limit: int) -> list[Deposit]:
    """What was credited to the user, the newest first.

    Until a second person has confirmed it, a deposit may turn out to be somebody else's,
    so it is not shown.

    before   the id after which the page starts
    """
    rows = _deposits().filter(user_id=user_id, state__in=IN_THE_BOOKS)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


# For the staff ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """All that somebody wants to know before confirming a deposit.

    events           what was done to it, the first one first
    credited_before  how many deposits of this asset the user was credited with
    refused_before   the deposits with the same reference that were refused
    """

    deposit: Deposit
    events: list[DepositEvent]
    balances: list[Balance]
    entries: list[Entry]
    credited_before: int
    refused_before: list[Deposit]


def unconfirmed_count() -> int:
    """How many deposits wait for a second person."""
    return Deposit.objects.filter(state=State.ENTERED).count()


def deposit_case(*, deposit_id: int) -> Case:
    """raises  UnknownDeposit"""
    rows = _deposits().select_related("user", "entered_by", "decided_by")
    deposit = rows.filter(pk=deposit_id).first()
    if deposit is None:
        raise UnknownDeposit(deposit_id=str(deposit_id))
    others = _deposits().filter(asset=deposit.asset_id).exclude(pk=deposit_id)
    return Case(
        deposit=deposit,
        events=list(deposit.events.select_related("actor").order_by("id")),
        balances=balances_of(owner_id=deposit.user_id),
        entries=list(Entry.objects.filter(key=entry_key(deposit.pk))),
        credited_before=others.filter(
            user_id=deposit.user_id, state__in=IN_THE_BOOKS
        ).count(),
        refused_before=list(
            others.filter(reference=deposit.reference, state=State.REFUSED).order_by("id")
        ),
    )


def entry_key(deposit_id: int) -> str:
    """The key of the ledger entry that credits the deposit."""
    return f"deposit:{deposit_id}"


def _deposits() -> QuerySet[Deposit]:
    return Deposit.objects.select_related("asset")
