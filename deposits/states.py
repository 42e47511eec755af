"""The life of a deposit, as one table. Pure.

entered ─┬─ confirm ─> credited
         └─ refuse ──> refused

The database knows the same arrows (`deposit_event_follows_an_arrow`); a test compares the
two. A deposit that the chain reports will begin as `seen` instead, be confirmed by depth,
and leave `credited` again for `orphaned`: further rows here and there.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    ENTERED = "entered"
    CREDITED = "credited"
    REFUSED = "refused"


class Step(StrEnum):
    """What somebody does to a deposit."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


ARROWS: Final[Mapping[tuple[State, Step], State]] = {
    (State.ENTERED, Step.CONFIRM): State.CREDITED,
    (State.ENTERED, Step.REFUSE): State.REFUSED,
}

FIRST: Final = State.ENTERED
FINAL: Final = frozenset(State) - {before for before, _ in ARROWS}
#: The states in which the amount is the user's.
IN_THE_BOOKS: Final = frozenset({State.CREDITED})


def state_after(state: State, step: Step) -> State | None:
    """Where `step` leads from `state`; None when there is no such arrow."""
    return ARROWS.get((state, step))


def steps_from(state: State) -> tuple[Step, ...]:
    """What can be done to a deposit in `state`; nothing when it is final."""
    return tuple(step for before, step in ARROWS if before is state)
