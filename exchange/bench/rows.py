"""The lines of the report: what was measured, beside what, and whether that is enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from exchange.bench import figures


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `ratio` is value / reference_value.

    goal    in words, e.g. "≥ 4 ×"; empty when there is none
    met     None when there is no goal, or nothing was measured
    reached how much of the goal: 1 when it is just met, more when it is passed
    spread  the least and the largest of the runs
    note    why there is no figure, or what to know about it
    """

    stage: str
    value: float | None
    unit: str
    reference: str = ""
    reference_value: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    reached: float | None = None
    spread: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a row's value, or on its ratio where `sign` is "×" or "%".

    sign  of what is bounded: "" the value itself, "×" the ratio, "%" the ratio in percent
    """

    bound: float
    sign: str = ""
    at_most: bool = False

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:,.10g} {self.sign}".rstrip()

    def reached(self, *, value: float, ratio: float | None) -> float | None:
        """How much of the goal: at least 1 when it is met; None without a reference."""
        number = value if not self.sign else ratio
        if number is None:
            return None
        bounded = 100 * number if self.sign == "%" else number
        if not self.at_most:
            return bounded / self.bound
        return self.bound / bounded if bounded else float("inf")


@dataclass(frozen=True, slots=True)
class Limit:
    """What the machine, or another program, made of it in the same run.

    missing  why it could not be measured; empty otherwise
    """

    name: str
    values: Sequence[float]
    unit: str
    missing: str = ""

    @property
    def value(self) -> float | None:
        return figures.median(self.values) if self.values else None

    def as_row(self) -> Row:
        return Row(
            self.name, self.value, self.unit, spread=figures.spread(self.values),
            note=f"not measured: {self.missing}" if self.missing else "",
        )  # fmt: skip


def measured(
    stage: str,
    values: Sequence[float],
    unit: str,
    *,
    beside: Limit | None = None,
    per: float = 1.0,
    goal: Goal | None = None,
    note: str = "",
) -> Row:
    """A row of the median of several runs.

    beside  what it is compared with
    per     of the reference's unit in one of ours, e.g. transfers in a cycle
    """
    value = figures.median(values)
    against = beside.value if beside else None
    ratio = value * per / against if against else None
    if beside and beside.missing:
        note = "; ".join(
            filter(None, (note, f"{beside.name} not measured: {beside.missing}"))
        )
    reached = goal.reached(value=value, ratio=ratio) if goal else None
    return Row(
        stage=stage,
        value=value,
        unit=unit,
        reference=beside.name if beside else "",
        reference_value=against,
        ratio=ratio,
        goal=str(goal) if goal else "",
        met=None if reached is None else reached >= 1,
        reached=reached,
        spread=figures.spread(values),
        note=note,
    )


def unmeasured(stage: str, unit: str, *, why: str, goal: Goal | None = None) -> Row:
    return Row(stage, None, unit, goal=str(goal or ""), note=f"not measured: {why}")
