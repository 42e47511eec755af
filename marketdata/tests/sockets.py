"""Sockets for tests: a client of the real application, in this process."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.test import Client as Browser

from exchange.routing import websocket
from tests.stories import (
    PASSWORD,
    fund,
    make_market,
    person,
    person_who_logs_in,
    settle,
)

T = TypeVar("T")


class Client:
    """`async with Client() as socket:` is an open socket; refused when `accepted` is False.

    inbox  as many messages as the client lets the server send ahead of its reading
    """

    def __init__(self, *, inbox: int = 0, path: str = "/ws/v1", **headers: str) -> None:
        self.scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "subprotocols": [],
            "headers": [(it.encode(), value.encode()) for it, value in headers.items()],
        }
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue(inbox)

    async def __aenter__(self) -> "Client":
        self._app = asyncio.create_task(
            websocket(self.scope, self._sent.get, self._received.put)
        )
        await self._sent.put({"type": "websocket.connect"})
        answer = await self._receive(3)
        self.accepted = answer["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._sent.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._app, 3)

    async def say(self, text: str) -> None:
        await self._sent.put({"type": "websocket.receive", "text": text})

    async def say_bytes(self, raw: bytes) -> None:
        await self._sent.put({"type": "websocket.receive", "bytes": raw})

    async def ask(self, op: str, *channel: str, **fields: Any) -> dict[str, Any]:
        """Send a frame; the next message, which is the answer when nothing else is due."""
        names = dict(zip(("channel", "market"), channel, strict=False))
        await self.say(json.dumps({"op": op} | names | fields))
        return await self.next()

    async def subscribe(self, *channel: str) -> dict[str, Any]:
        """Subscribe; the first snapshot."""
        answer = await self.ask("subscribe", *channel)
        assert answer["type"] == "subscribed", answer
        return await self.next()

    async def next(self, seconds: float = 3) -> dict[str, Any]:
        message = await self._receive(seconds)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def close_code(self, seconds: float = 3) -> int:
        """Skip what is sent, until the server closes."""
        while (message := await self._receive(seconds))["type"] != "websocket.close":
            pass
        return message["code"]

    async def all(self, quiet: float = 0.3) -> list[dict[str, Any]]:
        """What arrives until nothing comes for a moment."""
        messages = []
        try:
            while True:
                messages.append(await self.next(quiet))
        except TimeoutError:
            return messages

    async def _receive(self, seconds: float) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            return await self._received.get()


async def away(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Do something with the database, in a thread that may."""
    return await sync_to_async(function)(*args, **kwargs)


async def engine_works() -> int:
    return await away(settle)


def trading_couple() -> tuple[Any, Any, Any]:
    """(market, alice with bitcoins, bob with dollars)"""
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "10")
    fund(bob, "USDT", "1000000")
    return market, alice, bob


def couple_who_logs_in() -> tuple[Any, Any, Any]:
    for name in ("alice", "bob"):
        person_who_logs_in(name)
    return trading_couple()


async def log_in(socket: Client, name: str) -> None:
    answer = await socket.ask("auth", token=await away(token_of, name))
    assert answer["type"] == "authenticated", answer


def token_of(name: str) -> str:
    """An access token of a person who has a password."""
    answer = Browser().post(
        "/api/v1/auth/token",
        {"email": f"{name}@example.com", "password": PASSWORD},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    return answer.json()["access"]
