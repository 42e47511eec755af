"""Numbers as they are shown: medians, spreads and percentiles. Pure."""

import statistics
from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The least value that so many percent do not exceed; 0 of nothing.

    ordered  the least first
    """
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def shown(value: float) -> str:
    """Three figures or more: 12,345 or 3.14."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    """The least and the largest."""
    return f"{shown(min(values))}–{shown(max(values))}" if values else ""
