"""The headers of an answer, as DRF and the middleware would have put them on it.

They are taken from the middleware itself, once for each kind of answer: an empty view goes
through the whole chain, and what comes back is remembered.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from kernel.lane import Answer

Headers = list[tuple[bytes, bytes]]
View = Callable[..., object]

_LENGTH: Final = b"Content-Length"


class Wardrobe:
    """Headers for the answers of one API view."""

    def __init__(self, view: type[APIView], *, host: str, is_secure: bool) -> None:
        self._view, self._host, self._is_secure = view, host, is_secure
        self._dressed: dict[tuple[str, tuple[tuple[str, str], ...]], Headers] = {}

    def headers(self, answer: Answer) -> Headers:
        kind = answer.content_type, answer.headers
        known = self._dressed.get(kind)
        if known is None:
            known = self._dressed[kind] = self._dress(answer)
        length = str(len(answer.body)).encode()
        return [(name, value or length) for name, value in known]

    def _dress(self, answer: Answer) -> Headers:
        """What the whole chain puts on such an answer; the length is left empty."""
        chain = _Chain(self._view, answer)
        # Some middleware is async, and would wait for the loop that we are running in.
        with ThreadPoolExecutor(1) as beside:
            response = beside.submit(chain.get_response, self._request()).result()
        return [
            (name.encode(), b"" if name.encode() == _LENGTH else value.encode("latin-1"))
            for name, value in response.items()
        ]

    def _request(self) -> HttpRequest:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/v1/",
            "scheme": "https" if self._is_secure else "http",
            "headers": [
                (b"host", self._host.encode()),
                *([(b"x-forwarded-proto", b"https")] if self._is_secure else []),
            ],
        }
        return ASGIRequest(scope, None)  # type: ignore[arg-type]  # nobody reads a body


class _Chain(BaseHandler):
    """All middleware around a view that answers what it was given."""

    def __init__(self, view: type[APIView], answer: Answer) -> None:
        self._view, self._answer = view, answer
        self.load_middleware()

    def _get_response(self, request: HttpRequest) -> HttpResponse:
        answer, view = self._answer, self._view()
        view.setup(request)
        response = HttpResponse(answer.body, content_type=answer.content_type)
        for name, value in (*answer.headers, *view.default_response_headers.items()):
            response[name] = value
        return response
