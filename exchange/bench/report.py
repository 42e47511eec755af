"""Writes the figures of a run where people read them: docs/performance.md and .svg."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from exchange.bench.chart import chart
from exchange.bench.rows import Row
from exchange.bench.tables import markdown_lines, stage_lines
from exchange.env import PROJECT

PAGE: Final = PROJECT / "docs/performance.md"
PICTURE: Final = PROJECT / "docs/performance.svg"
CAPTION: Final = "How much of each goal the run reached"
#: What stands between these lines is replaced.
ROWS: Final = "<!-- the table of `manage.py bench --docs` -->", "<!-- its end -->"
STAGES: Final = (
    "<!-- the stages of `manage.py bench --docs` -->",
    "<!-- end of the stages -->",
)


def write_docs(rows: Sequence[Row], stages: Mapping[str, float]) -> None:
    """Put the tables into the page, and draw the chart beside it."""
    table = (*markdown_lines(rows), "", f"![{CAPTION}]({PICTURE.name})")
    page = replaced(PAGE.read_text(), ROWS, table)
    if stages:
        page = replaced(page, STAGES, stage_lines(stages))
    PAGE.write_text(page)
    PICTURE.write_text(chart(rows))


def replaced(page: str, between: tuple[str, str], lines: Iterable[str]) -> str:
    """The page with other lines between two that stay."""
    begin, end = between
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    table = "\n".join(lines)
    return f"{before}{begin}\n{table}\n{end}{after}"
