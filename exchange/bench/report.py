"""Writes the figures of a run where people read them: docs/performance.md and .svg."""

from collections.abc import Sequence
from typing import Final

from exchange.bench.chart import chart
from exchange.bench.rows import Row
from exchange.bench.tables import markdown_lines
from exchange.env import PROJECT

PAGE: Final = PROJECT / "docs/performance.md"
PICTURE: Final = PROJECT / "docs/performance.svg"
#: The table stands between these lines.
BEGIN, END = "<!-- the table of `manage.py bench --docs` -->", "<!-- its end -->"


def write_docs(rows: Sequence[Row]) -> None:
    """Put the table into the page, and draw the chart beside it."""
    PAGE.write_text(with_table(PAGE.read_text(), rows))
    PICTURE.write_text(chart(rows))


def with_table(page: str, rows: Sequence[Row]) -> str:
    """The page with its table replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join(markdown_lines(rows))
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
