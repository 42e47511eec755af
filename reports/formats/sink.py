"""Where a report's bytes go: counted and hashed on their way."""

import hashlib
from typing import Protocol


class Out(Protocol):
    """A file, a response, whatever takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take them all."""


class Sink:
    """Passes bytes on, and remembers how many they were and their SHA-256.

    rows  how many facts the writer wrote, as it says itself
    """

    def __init__(self, out: Out) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self.bytes = 0
        self.rows = 0

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self.bytes += len(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
