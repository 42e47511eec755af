"""Reads about withdrawals: the user's own by owner, everybody's for the staff."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from ledger.models import Entry
from ledger.selectors import Balance, balances_of
from withdrawals.errors import UnknownWithdrawal
from withdrawals.models import Withdrawal, WithdrawalEvent
from withdrawals.states import Money, State


def withdrawal_of(*, user_id: int, withdrawal_id: int) -> Withdrawal:
    """raises  UnknownWithdrawal when there is none or it is somebody else's"""
    found = _withdrawals().filter(user_id=user_id, pk=withdrawal_id).first()
    if found is None:
        raise UnknownWithdrawal(withdrawal_id=str(withdrawal_id))
    return found


def withdrawal_by_client_id(
    *, user_id: int, client_withdrawal_id: str
) -> Withdrawal | None:
    return (
        _withdrawals()
        .filter(user_id=user_id, client_withdrawal_id=client_withdrawal_id)
        .first()
    )


def withdrawals_page(*, user_id: int, before: int | None, limit: int) -> list[Withdrawal]:
    """The user's withdrawals, the newest first.

    before   the id after which the page starts
    """
    rows = _withdrawals().filter(user_id=user_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


# For the staff ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """All that somebody wants to know before deciding on a withdrawal.

    events       what was done to it, the first one first
    by_state     how many other withdrawals the user has, by state
    paid_here    how many of the user's were paid to this address before
    others_here  how many other users asked for this address
    """

    withdrawal: Withdrawal
    events: list[WithdrawalEvent]
    balances: list[Balance]
    entries: list[Entry]
    by_state: Mapping[str, int]
    paid_here: int
    others_here: int


def waiting_count(*, state: State) -> int:
    """How many withdrawals are in a state; cheap for those that are not final."""
    return Withdrawal.objects.filter(state=state).count()


def withdrawal_case(*, withdrawal_id: int) -> Case:
    """raises  UnknownWithdrawal"""
    rows = _withdrawals().select_related("user", "decided_by")
    withdrawal = rows.filter(pk=withdrawal_id).first()
    if withdrawal is None:
        raise UnknownWithdrawal(withdrawal_id=str(withdrawal_id))
    others = Withdrawal.objects.filter(user_id=withdrawal.user_id).exclude(pk=withdrawal_id)
    here = Withdrawal.objects.filter(address=withdrawal.address)
    strangers = here.exclude(user_id=withdrawal.user_id).values("user_id").distinct()
    return Case(
        withdrawal=withdrawal,
        events=list(withdrawal.events.select_related("actor").order_by("id")),
        balances=balances_of(owner_id=withdrawal.user_id),
        entries=_entries(withdrawal),
        by_state=dict(others.values_list("state").annotate(Count("id")).order_by("state")),
        paid_here=others.filter(address=withdrawal.address, state=State.PAID).count(),
        others_here=strangers.count(),
    )


def approval_of(withdrawal: Withdrawal) -> WithdrawalEvent | None:
    return withdrawal.events.filter(after=State.APPROVED).first()


def _withdrawals() -> QuerySet[Withdrawal]:
    return Withdrawal.objects.select_related("asset")


def _entries(withdrawal: Withdrawal) -> list[Entry]:
    keys = [entry_key(withdrawal.pk, money) for money in Money]
    return list(Entry.objects.filter(key__in=keys).order_by("id"))


def entry_key(withdrawal_id: int, money: Money) -> str:
    """The key of the ledger entry that brought the amount there: "withdrawal:17:hold"."""
    return f"withdrawal:{withdrawal_id}:{money}"
