"""Errors become `application/problem+json` (RFC 9457) with a stable `code`.

The domain knows no HTTP; this is where its branches get their status. docs/errors.md lists
every code.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from kernel.errors import Conflict, ExchangeError, Invalid, NotFound, Refused, Unavailable

log = logging.getLogger(__name__)

#: The first branch that fits counts.
STATUS: tuple[tuple[type[ExchangeError], int], ...] = (
    (Invalid, 400),
    (NotFound, 404),
    (Conflict, 409),
    (Refused, 422),
    (Unavailable, 503),
)
#: DRF's own errors, by the status that they carry.
CODES = {
    400: ("invalid_request", "The request is not well formed."),
    401: ("not_authenticated", "Say who you are: a bearer token or a session."),
    403: ("permission_denied", "You may not do this."),
    404: ("not_found", "There is no such thing, or it is not yours."),
    405: ("method_not_allowed", "This address does not take this method."),
    406: ("not_acceptable", "Only application/json is spoken here."),
    413: ("body_too_large", "The body is larger than 64 kB."),
    415: ("unsupported_media_type", "Send application/json."),
    429: ("too_many_requests", "Slow down; Retry-After says for how long."),
    500: ("internal_error", "Something broke on our side; nothing was written."),
    503: ("unavailable", "Not available at this moment; nothing was written. Try again."),
}


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. What is not ours or DRF's stays a 500 and is logged."""
    if isinstance(error, ExchangeError):
        return _problem(
            status_of(error), error.code, error.title, error.detail, error.extra
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database is away", exc_info=error)
        code, title = CODES[503]
        return _problem(503, code, title, title, {}, {"Retry-After": "1"})
    if not isinstance(error, exceptions.APIException):
        return None
    return _from_drf(error)


def status_of(error: ExchangeError) -> int:
    return next((status for branch, status in STATUS if isinstance(error, branch)), 400)


def _from_drf(error: exceptions.APIException) -> Response:
    status = error.status_code
    code, title = CODES.get(status, CODES[400])
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    extra: dict[str, Any] = {}
    detail = title
    if isinstance(error, exceptions.ValidationError):
        extra["errors"] = error.detail
        code, detail = _first_code(error.get_codes()) or code, _first_text(error.detail)
    elif status not in (401, 404, 405):
        detail = str(error.detail)
    return _problem(status, code, title, detail, extra, headers)


def _first_code(codes: Any) -> str | None:
    """Our own field code, such as `invalid_amount`, rather than DRF's `invalid`."""
    if isinstance(codes, Mapping):
        return next(filter(None, map(_first_code, codes.values())), None)
    if isinstance(codes, list):
        return next(filter(None, map(_first_code, codes)), None)
    return codes if codes in FIELD_CODES else None


#: Codes of single fields that are worth a code of their own.
FIELD_CODES = frozenset({"invalid_amount", "unknown_field"})


def _first_text(detail: Any) -> str:
    if isinstance(detail, Mapping):
        name, inner = next(iter(detail.items()))
        text = _first_text(inner)
        return text if name == "non_field_errors" else f"{name}: {text}"
    if isinstance(detail, list):
        return _first_text(detail[0])
    return str(detail)


def _problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    extra: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(
        body(status, code, title, detail) | dict(extra),
        status=status,
        headers=dict(headers or {}),
        content_type="application/problem+json",
    )


def body(status: int, code: str, title: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"/api/docs/errors#{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """For unknown addresses below /api/."""
    code, title = CODES[404]
    return JsonResponse(
        body(404, code, title, title), status=404, content_type="application/problem+json"
    )
