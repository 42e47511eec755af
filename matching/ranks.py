"""Sorted numbers with the largest at hand, however many there are. Pure.

One sorted list would do, but for the memory that moves when a number appears in the middle
of a hundred thousand. So only the largest of them are one list; those further down stand in
runs of bounded length. Whoever only looks at the largest sees a plain list.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import chain
from typing import Final

#: A run is split at twice this length.
RUN: Final = 512


class Ranks:
    """Different numbers in order.

    near    the largest, ascending; the same list for ever, empty only when all is empty
    _runs   the others: ascending lists, each above the one before, all below `near`
    _firsts  the first number of each run
    """

    __slots__ = ("_firsts", "_runs", "near")

    def __init__(self) -> None:
        self.near: list[int] = []
        self._runs: list[list[int]] = []
        self._firsts: list[int] = []

    def __iter__(self) -> Iterator[int]:
        return chain(*self._runs, self.near)

    def __reversed__(self) -> Iterator[int]:
        yield from reversed(self.near)
        for run in reversed(self._runs):
            yield from reversed(run)

    def add(self, rank: int) -> None:
        near = self.near
        if self._runs and rank < near[0]:
            self._add_far(rank)
            return
        insort(near, rank)
        if len(near) > 2 * RUN:
            self._runs.append(near[:RUN])
            self._firsts.append(near[0])
            del near[:RUN]

    def remove(self, rank: int) -> None:
        """Take out a number that is there."""
        near = self.near
        if near[-1] == rank:
            near.pop()
        elif rank >= near[0]:
            del near[bisect_left(near, rank)]
        else:
            self._remove_far(rank)
        if not near and self._runs:
            near.extend(self._runs.pop())
            self._firsts.pop()

    def _add_far(self, rank: int) -> None:
        place = max(bisect_right(self._firsts, rank) - 1, 0)
        run = self._runs[place]
        insort(run, rank)
        self._firsts[place] = run[0]
        if len(run) > 2 * RUN:
            self._runs.insert(place + 1, run[RUN:])
            self._firsts.insert(place + 1, run[RUN])
            del run[RUN:]

    def _remove_far(self, rank: int) -> None:
        place = bisect_right(self._firsts, rank) - 1
        run = self._runs[place]
        del run[bisect_left(run, rank)]
        if run:
            self._firsts[place] = run[0]
        else:
            del self._runs[place], self._firsts[place]
