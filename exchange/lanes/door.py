"""Who comes to a hot address: answered here, or handed over to Django as he came.

Only what is plain is answered here: a token in `Authorization`, JSON in and out, no cookie,
no query that the address does not know. For everything else the stock handler and DRF are
the law, so that an error reads the same, whoever found it.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from accounts.authentication import Bearers
from exchange.errors_api import CODES, PROBLEM, body, problem_response
from exchange.lanes.dress import Wardrobe
from exchange.parsers import BODY_MAX
from kernel.lane import Answer, Handle, Request

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

#: What a client may say that it takes, where DRF's answer is plain JSON.
_TAKES_JSON: Final = frozenset(
    {
        b"*/*",
        b"application/json",
        b"application/json, */*",
        b"application/json, text/plain, */*",
    }
)
_SENDS_JSON: Final = frozenset({b"application/json", b"application/json; charset=utf-8"})
#: Who sends one of these wants more than is done here.
_STRANGE: Final = frozenset(
    {b"cookie", b"expect", b"content-encoding", b"x-http-method-override"}
)
#: So many names of hosts that were found to be ours are remembered.
_HOSTS_MAX: Final = 100


class Route(NamedTuple):
    """One hot address.

    pattern      of the whole path; a group is the id in it
    view         DRF's view of the same address
    reads_body   whether the request has a JSON body
    takes_query  whether the handle reads the query; without, a query is handed over
    """

    method: str
    pattern: str
    handle: Handle
    view: type[APIView]
    reads_body: bool = False
    takes_query: bool = False


class Caller(NamedTuple):
    """What the headers say."""

    authorization: bytes
    at_once: bool


class FastLane:
    """The ASGI application of HTTP: hot addresses here, all else by `stock`.

    answered, handed_over  how many requests of hot addresses went which way
    """

    def __init__(
        self, stock: Application, routes: Sequence[Route], bearers: Bearers
    ) -> None:
        self._stock, self._bearers = stock, bearers
        self._fixed: dict[tuple[str, str], tuple[Route, Wardrobe]] = {}
        self._with_id: list[tuple[str, re.Pattern[str], Route, Wardrobe]] = []
        for route in routes:
            self._add(route)
        self._hosts: set[bytes] = set()
        self.answered = self.handed_over = 0

    def _add(self, route: Route) -> None:
        host = next((it.strip(".*") for it in settings.ALLOWED_HOSTS), "") or "localhost"
        dresses = Wardrobe(route.view, host=host, is_secure=settings.HTTPS)
        if "(" in route.pattern:
            whole = re.compile(route.pattern, re.ASCII)
            self._with_id.append((route.method, whole, route, dresses))
        else:
            self._fixed[route.method, route.pattern] = route, dresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope["method"], scope["path"])
        if found is None:
            await self._stock(scope, receive, send)
            return
        route, dresses, number = found
        answer, receive = await self._ask(route, number, scope, receive)
        if answer is None:
            self.handed_over += 1
            await self._stock(scope, receive, send)
            return
        self.answered += 1
        headers = dresses.headers(answer)
        start = {"type": "http.response.start", "status": answer.status}
        await send(start | {"headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _find(self, method: str, path: str) -> tuple[Route, Wardrobe, int] | None:
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return *fixed, 0
        for its_method, pattern, route, dresses in self._with_id:
            if its_method == method and (match := pattern.fullmatch(path)):
                return route, dresses, int(match[1])
        return None

    async def _ask(
        self, route: Route, number: int, scope: Scope, receive: Receive
    ) -> tuple[Answer | None, Receive]:
        """The answer, or None, and how the stock handler may receive the body again."""
        caller = self._look_at(scope, route)
        if caller is None:
            return None, receive
        user_id = self._bearers.remembered(caller.authorization)
        if user_id is None:
            user_id = await self._bearers.verified(caller.authorization)
        if user_id is None:
            return None, receive
        messages, read = await _read(receive) if route.reads_body else ([], b"")
        answer = None
        if read is not None:
            query = scope["query_string"]
            request = Request(user_id, number, query, read, caller.at_once)
            answer = await _answer(route.handle, request)
        return answer, _again(messages, receive) if answer is None else receive

    def _look_at(self, scope: Scope, route: Route) -> Caller | None:
        """What the headers say, or None if anything about them is out of the ordinary."""
        if scope["query_string"] and not route.takes_query:
            return None
        seen: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in seen or name in _STRANGE:
                return None
            seen[name] = value
        if (
            seen.get(b"accept", b"*/*") not in _TAKES_JSON
            or (route.reads_body and seen.get(b"content-type", b"") not in _SENDS_JSON)
            or not self._is_our_host(seen.get(b"host", b""))
            or (settings.HTTPS and seen.get(b"x-forwarded-proto") != b"https")
            or b"authorization" not in seen
        ):
            return None
        return Caller(seen[b"authorization"], b"respond-async" in seen.get(b"prefer", b""))

    def _is_our_host(self, host: bytes) -> bool:
        if host in self._hosts:
            return True
        domain, _ = split_domain_port(host.decode("latin-1"))
        ours = bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
        if ours and len(self._hosts) < _HOSTS_MAX:
            self._hosts.add(host)
        return ours


async def _answer(handle: Handle, request: Request) -> Answer | None:
    """What the handle says; its errors as DRF would tell them.

    A handle that raises may have written already, so nothing is handed over any more.
    """
    try:
        return await handle(request)
    except Exception as error:
        told = problem_response(error, {"request": _Written})
        if told is None:
            log.exception("the fast lane failed")
            code, title = CODES[500]
            return _problem(500, body(500, code, title, title), {})
        return _problem(told.status_code, told.data, told.headers)


class _Written:
    """The request, as far as problem_response looks at it: one that writes."""

    method = "POST"


def _problem(status: int, data: Any, headers: Mapping[str, str]) -> Answer:
    extra = tuple((k, v) for k, v in headers.items() if k.lower() != "content-type")
    return Answer(status, JSONRenderer().render(data), PROBLEM, extra)


async def _read(receive: Receive) -> tuple[list[Message], bytes | None]:
    """What was received, and the body; None when it is too long or the client has gone."""
    messages = [await receive()]
    read = messages[0].get("body", b"")
    while messages[-1].get("more_body") and len(read) <= BODY_MAX:
        messages.append(await receive())
        read += messages[-1].get("body", b"")
    is_whole = messages[-1]["type"] == "http.request" and len(read) <= BODY_MAX
    return messages, read if is_whole else None


def _again(messages: list[Message], receive: Receive) -> Receive:
    """`receive`, with what was received already at first."""
    left = iter(messages)

    async def replay() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return replay
