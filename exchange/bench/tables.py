"""The lines that `manage.py bench` prints of the engine and of the books beside it."""

from collections.abc import Iterator, Sequence

from exchange.bench.engine import Measure
from exchange.bench.peers import Peer


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
