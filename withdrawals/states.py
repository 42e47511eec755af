"""The life of a withdrawal, as one table. Pure.

requested ─┬─ approve ──> approved ─┬─ mark paid ───> paid
           ├─ reject ───> rejected  └─ mark failed ─> failed
           └─ cancel ───> cancelled

The database knows the same arrows (`withdrawal_event_follows_an_arrow`); a test compares
the two. What the chain will put in between (screened, signed, broadcast) are further rows
here and there: the services read this table, they know no state by name.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    PAID = "paid"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What somebody does to a withdrawal."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    MARK_PAID = "mark paid"
    MARK_FAILED = "mark failed"


class Money(StrEnum):
    """Where the amount is; also how the ledger entry that brought it there is called."""

    HELD = "hold"
    PAID = "paid"
    RETURNED = "released"


ARROWS: Final[Mapping[tuple[State, Step], State]] = {
    (State.REQUESTED, Step.APPROVE): State.APPROVED,
    (State.REQUESTED, Step.REJECT): State.REJECTED,
    (State.REQUESTED, Step.CANCEL): State.CANCELLED,
    (State.APPROVED, Step.MARK_PAID): State.PAID,
    (State.APPROVED, Step.MARK_FAILED): State.FAILED,
}

MONEY: Final[Mapping[State, Money]] = {
    State.REQUESTED: Money.HELD,
    State.APPROVED: Money.HELD,
    State.PAID: Money.PAID,
    State.FAILED: Money.RETURNED,
    State.REJECTED: Money.RETURNED,
    State.CANCELLED: Money.RETURNED,
}

FIRST: Final = State.REQUESTED
FINAL: Final = frozenset(State) - {before for before, _ in ARROWS}
#: Nobody but the requester has had a say.
UNDECIDED: Final = (State.REQUESTED, State.CANCELLED)


def state_after(state: State, step: Step) -> State | None:
    """Where `step` leads from `state`; None when there is no such arrow."""
    return ARROWS.get((state, step))


def steps_from(state: State) -> tuple[Step, ...]:
    """What can be done to a withdrawal in `state`; nothing when it is final."""
    return tuple(step for before, step in ARROWS if before is state)
