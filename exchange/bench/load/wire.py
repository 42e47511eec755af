"""One connection of the load: HTTP/1.1, kept alive, one request at a time."""

import asyncio
import re
from collections.abc import Callable
from typing import Final, NamedTuple, cast

LENGTH: Final = b"content-length: "
ORDER_IDS: Final = re.compile(rb'"id": ?"(\d+)"')
LAST_CHUNK: Final = b"\r\n0\r\n\r\n"


class Answer(NamedTuple):
    """status as it stood on the wire, e.g. b"202"; the body is what follows the headers."""

    status: bytes
    body: bytes


def read_answer(data: bytes) -> Answer | None:
    """The answer that these bytes are, or None while some are missing."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    at = data.find(LENGTH, 0, head)
    if at < 0:
        return _of_other_servers(data, head)
    at += len(LENGTH)
    if len(data) - head - 4 < int(data[at : data.index(b"\r", at)]):
        return None
    return Answer(data[9:12], data[head + 4 :])


def _of_other_servers(data: bytes, head: int) -> Answer | None:
    """Headers written otherwise, or a body in chunks."""
    headers = data[:head].lower() + b"\r\n"
    if LENGTH not in headers:
        is_whole = data.endswith(LAST_CHUNK) or b"chunked" not in headers
        return Answer(data[9:12], data[head + 4 :]) if is_whole else None
    at = headers.index(LENGTH) + len(LENGTH)
    length = int(headers[at : headers.index(b"\r", at)])
    return Answer(data[9:12], data[head + 4 :]) if len(data) - head - 4 >= length else None


class Line(asyncio.Protocol):
    """Sends what it is given and hands on the answer.

    scheduled  when the request that is under way was due, by perf_counter
    number     of the order that it places or cancels; see traffic.py
    """

    __slots__ = ("_answered", "_lost", "_part", "number", "scheduled", "transport", "waits")

    def __init__(
        self,
        answered: Callable[["Line", Answer], None],
        lost: Callable[["Line"], None],
    ) -> None:
        self._answered, self._lost = answered, lost
        self._part = b""
        self.number, self.scheduled, self.waits = 0, 0.0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no instance of it

    def send(self, request: bytes, *, scheduled: float, number: int) -> None:
        self.scheduled, self.number, self.waits = scheduled, number, True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._part:
            data = self._part + data
        answer = read_answer(data)
        if answer is None:
            self._part = data
            return
        self._part, self.waits = b"", False
        self._answered(self, answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(self)
