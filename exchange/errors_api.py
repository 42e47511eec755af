"""Errors become `application/problem+json` (RFC 9457) with a stable `code`.

The domain knows no HTTP; this is where its branches get their status. docs/errors.md lists
every code.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from accounts.errors import InvalidToken, NotAuthenticated
from kernel.errors import (
    Conflict,
    ExchangeError,
    Forbidden,
    Invalid,
    InvalidAmount,
    NotFound,
    Refused,
    Unavailable,
)

log = logging.getLogger(__name__)

PROBLEM: Final = "application/problem+json"
#: The first branch that fits counts.
STATUS: tuple[tuple[type[ExchangeError], int], ...] = (
    (Invalid, 400),
    (NotAuthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Refused, 422),
    (Unavailable, 503),
)
#: What a status means on its own: code and title.
CODES: Final = {
    400: (Invalid.code, Invalid.title),
    401: (NotAuthenticated.code, NotAuthenticated.title),
    403: (Forbidden.code, Forbidden.title),
    404: (NotFound.code, NotFound.title),
    405: ("method_not_allowed", "This address does not take this method."),
    406: ("not_acceptable", "Only application/json is spoken here."),
    409: (Conflict.code, Conflict.title),
    413: ("body_too_large", "The body is larger than 64 kB."),
    415: ("unsupported_media_type", "Send application/json."),
    422: (Refused.code, Refused.title),
    429: ("too_many_requests", "Slow down; Retry-After says for how long."),
    500: ("internal_error", "Something broke on our side."),
    503: (Unavailable.code, Unavailable.title),
}
#: Codes of single fields that are worth being the code of the whole answer.
FIELD_CODES: Final = {
    InvalidAmount.code: InvalidAmount.title,
    "unknown_field": "There is no such field.",
}
#: Django's own errors, and what they are told as.
AS_DRF: Final = (
    (Http404, exceptions.NotFound),
    (PermissionDenied, exceptions.PermissionDenied),
    (SuspiciousOperation, exceptions.ParseError),
)
OUTCOME_UNKNOWN: Final = (
    "outcome_unknown",
    "The database went away; this may or may not have been done. Repeat it with the same "
    "key, or look.",
)


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. What is not ours or DRF's stays a 500 and is logged."""
    if isinstance(error, ExchangeError):
        soon = {"Retry-After": "1"} if isinstance(error, Unavailable) else {}
        return _problem(
            status_of(error), error.code, error.title, error.detail, error.extra, soon
        )
    if isinstance(error, OperationalError | InterfaceError | InternalError):
        log.warning("the database is away", exc_info=error)
        is_read = context["request"].method in SAFE_METHODS
        code, title = CODES[503] if is_read else OUTCOME_UNKNOWN
        return _problem(503, code, title, title, {}, {"Retry-After": "1"})
    for django_error, told_as in AS_DRF:
        if isinstance(error, django_error):
            error = told_as()
    return _from_drf(error) if isinstance(error, exceptions.APIException) else None


def status_of(error: ExchangeError) -> int:
    return next((status for branch, status in STATUS if isinstance(error, branch)), 400)


def body(status: int, code: str, title: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"/api/docs/errors#{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }


# What happens outside of DRF --------------------------------------------------------------


@csrf_exempt
def unknown_address(_: HttpRequest) -> JsonResponse:
    """The view of everything below /api/ that nothing else answers."""
    return _plain(404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return _plain(400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return _plain(500)
    return defaults.server_error(request)


def _plain(status: int) -> JsonResponse:
    code, title = CODES[status]
    return JsonResponse(
        body(status, code, title, title), status=status, content_type=PROBLEM
    )


# What DRF raises --------------------------------------------------------------------------


def _from_drf(error: exceptions.APIException) -> Response:
    status = error.status_code
    code, title = CODES.get(status, CODES[400])
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(error, exceptions.ValidationError):
        code = _field_code(error.get_codes()) or code
        title, detail = FIELD_CODES.get(code, title), _first_text(error.detail)
        return _problem(status, code, title, detail, {"errors": error.detail}, headers)
    if isinstance(error, exceptions.AuthenticationFailed):
        code, title = InvalidToken.code, InvalidToken.title
    detail = title if status in (401, 404, 405) else str(error.detail)
    return _problem(status, code, title, detail, {}, headers)


def _field_code(codes: Any) -> str | None:
    """The first of our own field codes, rather than DRF's `invalid`."""
    if isinstance(codes, Mapping):
        return next(filter(None, map(_field_code, codes.values())), None)
    if isinstance(codes, list):
        return next(filter(None, map(_field_code, codes)), None)
    return codes if codes in FIELD_CODES else None


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
    given = dict(headers or {})
    if status == 401:
        given.setdefault("WWW-Authenticate", "Bearer")
    return Response(
        body(status, code, title, detail) | dict(extra),
        status=status,
        headers=given,
        content_type=PROBLEM,
    )
