"""The fast lane's words: what its addresses are asked and what they answer.

An address of the fast lane is an async function from a Request to an Answer. None hands
the request over to the stock handler, body and all, and is allowed only as long as nothing
has been written: whoever refuses lets DRF say so in its own words.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec

JSON: Final = "application/json"


class Request(NamedTuple):
    """What is asked, by whom; the token and the headers have been looked at.

    number       the id in the address; 0 where there is none
    at_once      the client asks not to wait for the engine (`Prefer: respond-async`)
    """

    user_id: int
    number: int
    query: bytes
    body: bytes
    at_once: bool


class Answer(NamedTuple):
    """What is told; the headers that every answer has are put on it later.

    headers  in addition, such as Retry-After
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


Handle = Callable[[Request], Awaitable[Answer | None]]


def encode(body: Any) -> bytes:
    """JSON, byte for byte as DRF's renderer writes it."""
    return _encoder.encode(body)


_encoder: Final = msgspec.json.Encoder()
