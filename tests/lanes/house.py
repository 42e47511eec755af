"""A web process's HTTP application in an event loop of its own, asked from tests."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from asgiref.compatibility import guarantee_single_callable
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpResponse

from accounts.authentication import Bearers
from exchange.lanes.door import FastLane
from exchange.lanes.routes import order_entry
from orders.lane import Desk
from tests.lanes.asking import Said
from tests.stories import settle

Application = Callable[..., Awaitable[None]]
ANSWER_SECONDS = 30


class House:
    """Django's application, the fast lane before it, and the loop that they run in."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.desk, self.bearers = Desk(), Bearers()
        self.stock: Application = guarantee_single_callable(get_asgi_application())
        self.lane = FastLane(self.stock, order_entry(self.desk), self.bearers)

    def close(self) -> None:
        self.run(self._cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(ANSWER_SECONDS)

    def say(self, application: Application, environ: dict[str, Any]) -> Said:
        """What an application answers to what Django's test client would have sent."""
        body = environ["wsgi.input"].read() if "wsgi.input" in environ else b""
        return self.run(say(application, scope_of(environ), body))

    def carry(self, environ: dict[str, Any]) -> HttpResponse:
        """The same by the fast lane, as the test client returns it."""
        said = self.say(self.lane, environ)
        answer = HttpResponse(said.body, status=said.status)
        for name, value in said.headers:
            answer[name.decode()] = value.decode()
        answer.json = lambda: json.loads(said.body)  # type: ignore[attr-defined]
        return answer

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def scope_of(environ: dict[str, Any]) -> dict[str, Any]:
    """The ASGI scope of a WSGI environment."""
    headers = [] if "HTTP_HOST" in environ else [(b"host", b"localhost")]
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            plain = name.removeprefix("HTTP_").replace("_", "-").lower()
            headers.append((plain.encode(), str(value).encode()))
    if environ.get("CONTENT_TYPE"):
        headers.append((b"content-type", environ["CONTENT_TYPE"].encode()))
    if environ.get("CONTENT_LENGTH"):
        headers.append((b"content-length", str(environ["CONTENT_LENGTH"]).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": "http",
        "path": environ["PATH_INFO"],
        "raw_path": environ["PATH_INFO"].encode(),
        "query_string": environ.get("QUERY_STRING", "").encode(),
        "root_path": "",
        "headers": headers,
    }


async def say(application: Application, scope: dict[str, Any], body: bytes) -> Said:
    """What an ASGI application answers."""
    inbox = [{"type": "http.request", "body": body, "more_body": False}]
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return inbox.pop() if inbox else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    await application(scope, receive, send)
    said = b"".join(message.get("body", b"") for message in told[1:])
    return Said(told[0]["status"], [tuple(it) for it in told[0]["headers"]], said)


class EngineAtWork:
    """An engine that settles whatever comes, in a thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "EngineAtWork":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(0.005):
            settle()
        connection.close()
