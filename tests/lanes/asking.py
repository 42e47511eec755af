"""Both lanes side by side: the same request to each, and what came back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from asgiref.compatibility import guarantee_single_callable
from django.core.asgi import get_asgi_application
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from exchange.lanes.door import FastLane
from exchange.lanes.routes import fast_lane


class Said(NamedTuple):
    """An answer, byte for byte; `headers` in their order."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Asking(NamedTuple):
    """A GET request; `token` of None comes without."""

    path: str
    token: str | None
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def token_of(user: User) -> str:
    return str(AccessToken.for_user(user))


async def said_by(application: Callable[..., Awaitable[None]], asking: Asking) -> Said:
    """What an ASGI application answers."""
    headers = [("host", "localhost"), *asking.headers]
    if asking.token is not None:
        headers.append(("authorization", f"Bearer {asking.token}"))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": asking.path,
        "raw_path": asking.path.encode(),
        "query_string": asking.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    inbox = [{"type": "http.request", "body": b"", "more_body": False}]
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return inbox.pop() if inbox else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    await application(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in told[1:])
    return Said(told[0]["status"], [tuple(it) for it in told[0]["headers"]], body)


def ask_both(askings: list[Asking]) -> tuple[list[Said], list[Said], FastLane]:
    """(by the fast lane, all at once), (by the stock handler, one by one), the lane."""

    async def ask() -> tuple[list[Said], list[Said], FastLane]:
        stock = guarantee_single_callable(get_asgi_application())
        lane = fast_lane(stock)
        fast = await asyncio.gather(*(said_by(lane, asking) for asking in askings))
        slow = [await said_by(stock, asking) for asking in askings]
        return fast, slow, lane

    return asyncio.run(ask())
