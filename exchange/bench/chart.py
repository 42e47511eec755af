"""A chart of how much of each goal was reached; SVG, from the rows. Pure."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from exchange.bench.figures import shown
from exchange.bench.tables import ratio_of

WIDTH, LEFT, RIGHT, LINE, TOP = 900, 330, 150, 26, 46
#: Bars end here, so that one that passes its goal by far leaves room for the others.
MOST: Final = 3.0
#: Told apart on white and on black alike.
MET, MISSED, INK, GRID = "#2da44e", "#d1752b", "#7d8590", "#7d859055"


def chart(rows: Sequence[Any]) -> str:
    """A bar for each row that has a goal and a figure.

    rows  exchange.bench.rows.Row
    """
    drawn = [row for row in rows if row.reached is not None]
    height = TOP + LINE * len(drawn) + 12
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
            "<title>How much of each goal the last full run reached</title>",
            *_scale(height),
            *(line for place, row in enumerate(drawn) for line in _bar(place, row)),
            "</svg>\n",
        ]
    )


def _scale(height: int) -> Iterator[str]:
    for times in (0, 1, 2, 3):
        x = _x(times)
        width = 2 if times == 1 else 1
        yield (
            f'<path d="M{x:.1f} {TOP - 12}V{height - 8}" stroke="{GRID}" '
            f'stroke-width="{width}"/>'
        )
        label = "the goal" if times == 1 else f"{times} ×"
        yield f'<text x="{x:.1f}" y="{TOP - 20}" text-anchor="middle">{label}</text>'


def _bar(place: int, row: Any) -> Iterator[str]:
    y = TOP + LINE * place
    reached = min(row.reached, MOST)
    colour = MET if row.met else MISSED
    yield f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(row.stage)}</text>'
    yield (
        f'<rect x="{LEFT}" y="{y}" width="{_x(reached) - LEFT:.1f}" height="{LINE - 9}" '
        f'rx="2" fill="{colour}"/>'
    )
    yield (f'<text x="{_x(reached) + 8:.1f}" y="{y + 13}">{escape(_figure(row))}</text>')


def _figure(row: Any) -> str:
    if row.ratio is not None and row.goal.endswith(("×", "%")):
        return ratio_of(row)
    return f"{shown(row.value)} {row.unit}"


def _x(times: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * times / MOST
