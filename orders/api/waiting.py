"""Answers that wait a moment for the engine."""

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from django.conf import settings
from django.db import connection
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request

from orders.models import Command
from orders.selectors import Standing, standings_of
from orders.serializers import OrderWithFills, is_decided

ORDER_ID: Final = OpenApiParameter(
    "order_id",
    {"type": "string", "pattern": "^[0-9]{1,19}$"},
    OpenApiParameter.PATH,
)
PREFER: Final = OpenApiParameter(
    "Prefer",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="`respond-async` answers without waiting for the engine (RFC 7240).",
)
UNDECIDED: Final = OpenApiResponse(
    OrderWithFills, "Durable, but the engine has not decided yet: ask for the order again."
)
Seen = TypeVar("Seen")


def user_of(request: Request) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)


def wait_for_commands(request: Request, commands: Sequence[Command]) -> list[Standing]:
    """How far these commands have come, when all are decided or the time is over."""
    user_id = user_of(request)
    return wait_until(
        request,
        look=lambda: standings_of(user_id=user_id, commands=commands),
        is_enough=lambda seen: all(is_decided(standing) for standing in seen),
    )


def wait_until(
    request: Request, *, look: Callable[[], Seen], is_enough: Callable[[Seen], bool]
) -> Seen:
    """Look again and again, ever more seldom, for ORDER_WAIT_MS at most."""
    at_once = "respond-async" in request.headers.get("Prefer", "")
    wait = 0 if at_once else settings.ORDER_WAIT_MS
    deadline, pause = time.monotonic() + wait / 1000, 0.002
    while True:
        seen = look()
        if is_enough(seen) or time.monotonic() + pause > deadline:
            return seen
        # A pooled connection goes back while this request sleeps; another one may use it.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        time.sleep(pause)
        pause *= 2
