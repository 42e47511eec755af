"""Where a report's bytes go: counted and hashed on their way."""

import hashlib
from collections.abc import Callable
from typing import Protocol


class Out(Protocol):
    """A file, a response, whatever takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take them all."""


def _nobody(_: int) -> None:
    """Nobody waits for news."""


class Sink:
    """Passes bytes on, and remembers how many they were and their SHA-256.

    rows   how many facts the writer wrote, as it says itself
    heard  is told the rows so far, time and again; it may raise to make the writer stop
    """

    def __init__(self, out: Out, *, heard: Callable[[int], None] = _nobody) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self._heard = heard
        self.bytes = 0
        self.rows = 0

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self.bytes += len(data)

    def count(self, rows: int) -> None:
        self.rows += rows
        self._heard(self.rows)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
