"""The lives of adjustments and periods, as tables. Pure.

An adjustment:
proposed ─┬─ approve ──> approved
          └─ reject ───> rejected

A day:
open ── close softly ──> soft closed ── reopen ──> open

A month:
open ── propose to close ──> proposed ─┬─ close for good ──> hard closed
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
