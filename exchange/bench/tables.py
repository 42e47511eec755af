"""The lines that `manage.py bench` prints, and the table for docs/performance.md."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from exchange.bench import figures
from exchange.bench.engine import Measure
from exchange.bench.peers import Peer
from exchange.bench.rows import Row

WIDTH = 100
VERDICTS = {True: "met", False: "MISSED", None: ""}


def row_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Two lines for each at most: the figure, then what it stands beside."""
    yield f"{'stage':<46}{'median':>9}  {'unit':<14}{'ratio':>8}  {'goal':<13}"
    for row in rows:
        value = "–" if row.value is None else figures.shown(row.value)
        line = f"{row.stage:<46}{value:>9}  {row.unit:<14}{ratio_of(row):>8}"
        yield f"{line}  {row.goal:<13}{VERDICTS[row.met]}".rstrip()
        if more := "; ".join(filter(None, (_runs(row), _beside(row), row.note))):
            yield from textwrap.wrap(
                more, WIDTH, initial_indent="    ", subsequent_indent="    "
            )


def ratio_of(row: Row) -> str:
    """As the goal puts it: a multiple, or percent."""
    if row.ratio is None:
        return ""
    if row.goal.endswith("%"):
        return f"{100 * row.ratio:.0f} %"
    return f"{figures.shown(row.ratio)} ×"


def markdown_lines(rows: Sequence[Row]) -> Iterator[str]:
    """The table of docs/performance.md."""
    yield "| Stage | Median | Runs | Beside | Ratio | Goal | |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        value = "–" if row.value is None else f"{figures.shown(row.value)} {row.unit}"
        beside = _reference(row)
        verdict = VERDICTS[row.met].lower()
        verdict = f"**{verdict}**" if row.met is False else verdict
        stage = f"{row.stage} ({row.note})" if row.note else row.stage
        cells = (stage, value, row.spread, beside, ratio_of(row), row.goal, verdict)
        yield f"| {' | '.join(cells)} |"


def stage_lines(stages: Mapping[str, float]) -> Iterator[str]:
    """Another table for docs/performance.md."""
    yield "| Stage | µs a cycle |"
    yield "|---|---|"
    for stage, spent in stages.items():
        yield f"| {stage} | {spent:.1f} |"


def _runs(row: Row) -> str:
    least, _, largest = row.spread.partition("–")
    return f"runs {row.spread}" if least != largest else ""


def _beside(row: Row) -> str:
    return f"beside {_reference(row)}" if row.reference else ""


def _reference(row: Row) -> str:
    if row.reference_value is None:
        return row.reference
    return f"{row.reference}: {figures.shown(row.reference_value)}"


def engine_lines(measures: Sequence[Measure]) -> Iterator[str]:
    for measure in measures:
        line = (
            f"{measure.name:<50}{measure.nanoseconds:>9,.0f} ns/{measure.each:<8}"
            f"{_spread(measure.values):>17}{measure.ratio:>7.2f} × {measure.reference}"
        )
        if measure.most:
            verdict = "within" if measure.ratio <= measure.most else "BEYOND"
            line += f"  ({verdict} {measure.most:.2f}, as a logarithm grows)"
        yield line
    first = measures[0]
    yield f"{first.name}: {1e9 / first.nanoseconds:,.0f} commands/s"


def peer_lines(peers: Sequence[Peer]) -> Iterator[str]:
    """Beside the first one, which is ours; who traded otherwise is told apart."""
    ours = peers[0]
    for peer in peers:
        if peer.missing:
            yield f"{peer.name:<42} not measured: {peer.missing}"
            continue
        line = (
            f"{peer.name:<42}{peer.nanoseconds:>9,.0f} ns/step{_spread(peer.values):>17}"
            f"{peer.nanoseconds / ours.nanoseconds:>7.2f} × ours"
        )
        if peer.traded != ours.traded:
            line += f"  (trades {peer.traded:,} lots where we trade {ours.traded:,})"
        yield line


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):,.0f}–{max(values):,.0f}"
