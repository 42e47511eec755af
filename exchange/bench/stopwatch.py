"""Seconds spent in named stages, by wrapping the real functions while a run lasts."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """`seconds` by stage; a stage inside another is taken off the outer one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    @contextmanager
    def around(self, *places: tuple[Any, str, str]) -> Iterator[None]:
        """Time `(module or class, function name, stage)` until the block ends."""
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
        for (owner, name, original), (_, _, stage) in zip(originals, places, strict=True):
            setattr(owner, name, self._timed(original, stage))
        try:
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    def _timed(self, function: Any, stage: str) -> Any:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - started
                self.seconds[stage] += spent - self._inner.pop()
                if self._inner:
                    self._inner[-1] += spent

        return timed
