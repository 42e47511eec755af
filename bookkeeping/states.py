"""The lives of adjustments and periods, as tables. Pure.

An adjustment:
proposed ─┬─ approve ──> approved
          └─ reject ───> rejected

A day:
open ── close ──> soft closed ── reopen ──> open

A month:
open ── propose ──> proposed ─┬─ close for good ──> hard closed
                              └─ turn down ───────> open

The database knows the same arrows (`adjustment_event_follows_an_arrow`,
`period_event_follows_an_arrow`); a test compares them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class AdjustmentState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class AdjustmentStep(StrEnum):
    """What somebody does to an adjustment."""

    APPROVE = "approve"
    REJECT = "reject"


ADJUSTMENT_ARROWS: Final[
    Mapping[tuple[AdjustmentState, AdjustmentStep], AdjustmentState]
] = {
    (AdjustmentState.PROPOSED, AdjustmentStep.APPROVE): AdjustmentState.APPROVED,
    (AdjustmentState.PROPOSED, AdjustmentStep.REJECT): AdjustmentState.REJECTED,
}


def adjustment_steps(state: AdjustmentState) -> tuple[AdjustmentStep, ...]:
    """What can be done to an adjustment in `state`; nothing when it is final."""
    return tuple(step for before, step in ADJUSTMENT_ARROWS if before is state)


class PeriodKind(StrEnum):
    DAY = "day"
    MONTH = "month"


class PeriodState(StrEnum):
    OPEN = "open"
    SOFT_CLOSED = "soft closed"
    PROPOSED = "proposed"
    HARD_CLOSED = "hard closed"


class PeriodStep(StrEnum):
    """What somebody does to a period."""

    CLOSE = "close"
    REOPEN = "reopen"
    PROPOSE = "propose"
    CLOSE_FOR_GOOD = "close for good"
    TURN_DOWN = "turn down"


PERIOD_ARROWS: Final[
    Mapping[PeriodKind, Mapping[tuple[PeriodState, PeriodStep], PeriodState]]
] = {
    PeriodKind.DAY: {
        (PeriodState.OPEN, PeriodStep.CLOSE): PeriodState.SOFT_CLOSED,
        (PeriodState.SOFT_CLOSED, PeriodStep.REOPEN): PeriodState.OPEN,
    },
    PeriodKind.MONTH: {
        (PeriodState.OPEN, PeriodStep.PROPOSE): PeriodState.PROPOSED,
        (PeriodState.PROPOSED, PeriodStep.CLOSE_FOR_GOOD): PeriodState.HARD_CLOSED,
        (PeriodState.PROPOSED, PeriodStep.TURN_DOWN): PeriodState.OPEN,
    },
}


def period_after(
    kind: PeriodKind, state: PeriodState, step: PeriodStep
) -> PeriodState | None:
    """Where `step` leads from `state`; None when there is no such arrow."""
    return PERIOD_ARROWS[kind].get((state, step))


def period_steps(kind: PeriodKind, state: PeriodState) -> tuple[PeriodStep, ...]:
    """What can be done to a period in `state`; nothing when it is closed for good."""
    return tuple(step for before, step in PERIOD_ARROWS[kind] if before is state)
