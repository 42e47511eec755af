"""The life of an export, as one table. Pure.

queued ─┬─ start ──> running ─┬─ finish ─> done ─┬─ hand out ─> done
        │                     ├─ fail ───> failed└─ expire ───> expired
        │                     ├─ cancel ─> cancelled
        │                     └─ lose ───> queued
        └─ cancel ─> cancelled

The database knows the same arrows (`export_event_follows_an_arrow`); a test compares the
two.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Step(StrEnum):
    """What happens to an export."""

    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    LOSE = "lose"
    CANCEL = "cancel"
    HAND_OUT = "hand out"
    EXPIRE = "expire"


ARROWS: Final[Mapping[tuple[State, Step], State]] = {
    (State.QUEUED, Step.START): State.RUNNING,
    (State.QUEUED, Step.CANCEL): State.CANCELLED,
    (State.RUNNING, Step.FINISH): State.DONE,
    (State.RUNNING, Step.FAIL): State.FAILED,
    (State.RUNNING, Step.CANCEL): State.CANCELLED,
    (State.RUNNING, Step.LOSE): State.QUEUED,
    (State.DONE, Step.HAND_OUT): State.DONE,
    (State.DONE, Step.EXPIRE): State.EXPIRED,
}
FIRST: Final = State.QUEUED
#: Its file is still to come.
PENDING: Final = (State.QUEUED, State.RUNNING)


def state_after(state: State, step: Step) -> State | None:
    """Where `step` leads from `state`; None when there is no such arrow."""
    return ARROWS.get((state, step))


def can_be_cancelled(state: State) -> bool:
    return (state, Step.CANCEL) in ARROWS
