"""`python -m exchange.bench.flames STACKS SVG TITLE`: a flame graph small enough to keep.

STACKS is what `py-spy record --format raw` writes: "function (file:line);… samples" a line.
Only the main thread counts: others wait for connections or signals. Lines of one function
count together, the trunk that all samples share is cut off, and what took less than 1/400
is left out. The picture has no script in it.
"""

import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

WIDTH, ROW, HEAD = 1_200, 17, 26
LEAST: Final = 1 / 400
TRUNK: Final = 9 / 10
OTHER_THREADS: Final = "Thread._bootstrap"
LETTER: Final = 6.4  # pixels
_LINE = re.compile(r":\d+\)$")
_PACKAGES = re.compile(r"\((?:\S*/)?site-packages/")


@dataclass(slots=True)
class Node:
    """A function as it was called from there: samples, and what it called."""

    samples: int = 0
    called: dict[str, "Node"] = field(default_factory=dict)


class Box(NamedTuple):
    """One function in the picture; x and width are parts of the whole."""

    x: float
    depth: int
    width: float
    name: str


def tree_of(lines: Iterable[str]) -> Node:
    root = Node()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if stack.startswith(OTHER_THREADS):
            continue
        node = root
        node.samples += int(count)
        for frame in stack.split(";"):
            name = _PACKAGES.sub("(", _LINE.sub(")", frame.strip()))
            node = node.called.setdefault(name, Node())
            node.samples += int(count)
    return root


def without_trunk(root: Node) -> Node:
    """From where the samples part."""
    node = root
    while node.called:
        below = max(node.called.values(), key=lambda it: it.samples)
        if below.samples < TRUNK * root.samples or not below.called:
            break
        node = below
    return node


def boxes(called: Mapping[str, Node], *, whole: int, x: float, depth: int) -> Iterator[Box]:
    for name, node in sorted(called.items()):
        width = node.samples / whole
        if width >= LEAST:
            yield Box(x, depth, width, name)
            yield from boxes(node.called, whole=whole, x=x, depth=depth + 1)
        x += width


def picture(lines: Iterable[str], title: str) -> str:
    top = without_trunk(tree_of(lines))
    found = list(boxes(top.called, whole=max(top.samples, 1), x=0.0, depth=0))
    height = HEAD + ROW * (1 + max((box.depth for box in found), default=0))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="ui-monospace, monospace" font-size="10.5">',
            f'<text x="2" y="15" fill="#7d8590" font-size="13">{escape(title)}</text>',
            *(part for box in found for part in _drawn(box, height)),
            "</svg>\n",
        ]
    )


def _drawn(box: Box, height: int) -> Iterator[str]:
    x, width, y = box.x * WIDTH, box.width * WIDTH, height - ROW * (box.depth + 1)
    function, _, file = box.name.partition(" (")
    # One hue for a package, so that ours, Django's and the driver's are told apart.
    hue = zlib.crc32(file.split("/")[0].encode()) % 360
    told = f"{escape(box.name)}: {100 * box.width:.1f} %"
    yield (
        f'<rect x="{x:.1f}" y="{y}" width="{max(width - 0.5, 0.3):.1f}" '
        f'height="{ROW - 1}" fill="hsl({hue},55%,72%)"><title>{told}</title></rect>'
    )
    letters = int(width / LETTER)
    if letters > 3:
        label = function if len(function) <= letters else f"{function[: letters - 1]}…"
        yield f'<text x="{x + 2:.1f}" y="{y + 12}" fill="#1f2328">{escape(label)}</text>'


def main() -> None:
    stacks, svg, title = sys.argv[1:]
    Path(svg).write_text(picture(Path(stacks).read_text().splitlines(), title))


if __name__ == "__main__":
    main()
