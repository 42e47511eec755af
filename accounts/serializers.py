"""How every interface reads requests, strictly. Below everyone, so that all may."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from django.core.validators import EmailValidator, RegexValidator
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.services import TokenPair
from kernel.decimals import DECIMAL
from kernel.errors import InvalidAmount, InvalidCursor
from kernel.units import BIGINT_MAX

PAGE_SIZE: Final = 50
PAGE_SIZE_MAX: Final = 200
PASSWORD_MAX: Final = 128
TOKEN_MAX: Final = 2_000

_CURSOR: Final = r"[0-9]{1,19}(-[0-9]{1,19}){0,2}"
_AMOUNT: Final = r"^(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?$"


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, or that an address names twice: a typing error
    is no silent default.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {name[:80]: ["There is no such field."] for name in unknown[:20]},
                code="unknown_field",
            )
        if isinstance(data, QueryDict):
            if twice := [name for name, values in data.lists() if len(values) > 1]:
                raise serializers.ValidationError(
                    {name: ["Give it once."] for name in twice}
                )
            # As a QueryDict, DRF would take `?limit=` for no limit.
            data = data.dict()
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A string as it was sent; DRF's own takes numbers too and cuts off blanks.

    pattern  what the whole string must match
    """

    def __init__(self, *, pattern: str = "", **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        if pattern:
            whole = re.compile(rf"\A{pattern}\Z", re.ASCII)
            self.validators.append(RegexValidator(whole, f"It must match {pattern}"))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a string.")
        return str(super().to_internal_value(data))


@extend_schema_field({"type": "string", "pattern": _AMOUNT, "example": "0.25"})
class AmountField(serializers.Field[str, Any, str, Any]):
    """A decimal string above zero, kept as sent: its unit (an asset's scale, a tick) is
    known later. What is not a plain decimal string is refused here already.
    """

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not DECIMAL.fullmatch(data):
            raise self._refused('Send a plain decimal string, for example "0.25".')
        if not data.strip("0."):
            raise self._refused("It must be more than zero.")
        return data

    def to_representation(self, value: str) -> str:
        return value

    def _refused(self, why: str) -> serializers.ValidationError:
        return serializers.ValidationError(why, code=InvalidAmount.code)


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})
class DecimalText(serializers.CharField):
    """An amount in an answer: every decimal of its unit, none more."""


@extend_schema_field({"type": "string", "pattern": "^[0-9]{1,19}$"})
class IdText(serializers.CharField):
    """An id in an answer: a string, because JavaScript cannot count to 2^63."""


# Pages ----------------------------------------------------------------------------------


@extend_schema_field(
    {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE}
)
class LimitField(serializers.Field[int, Any, int, Any]):
    """ASCII digits only; Python's `int` reads those of any script."""

    def to_internal_value(self, data: Any) -> int:
        digits = isinstance(data, str) and re.fullmatch("[1-9][0-9]{0,2}", data, re.ASCII)
        if not digits or int(data) > PAGE_SIZE_MAX:
            raise serializers.ValidationError(f"A whole number from 1 to {PAGE_SIZE_MAX}.")
        return int(data)

    def to_representation(self, value: int) -> int:
        return value


class PageQuery(StrictSerializer):
    """Which page of a list, the newest first."""

    limit = LimitField(default=PAGE_SIZE)
    cursor = TextField(
        required=False,
        max_length=60,
        help_text="`next_cursor` of the page before; the first page is without.",
    )


def read_cursor(text: str | None, *, parts: int) -> tuple[int, ...] | None:
    """The key after which a page starts; None for the first page.

    parts   how many numbers the list's key has
    raises  InvalidCursor
    """
    if text is None:
        return None
    if not re.fullmatch(_CURSOR, text, re.ASCII):
        raise InvalidCursor
    key = tuple(int(part) for part in text.split("-"))
    if len(key) != parts or max(key) > BIGINT_MAX:
        raise InvalidCursor
    return key


Row = TypeVar("Row")


def page_body(
    rows: Sequence[Row],
    *,
    limit: int,
    body: Callable[[Row], dict[str, Any]],
    key: Callable[[Row], tuple[int, ...]],
) -> dict[str, Any]:
    """One page of a list.

    rows  up to limit + 1; the last of these only tells that there is a next page
    """
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "results": [body(row) for row in shown],
        "next_cursor": "-".join(map(str, key(shown[-1]))) if more else None,
    }


# Requests and answers about people ------------------------------------------------------


class Credentials(StrictSerializer):
    email = TextField(max_length=254)
    password = TextField(max_length=PASSWORD_MAX)
    otp = TextField(
        required=False,
        pattern="[0-9]{6,8}",
        help_text="A one-time password: the staff's part of the API asks for it.",
    )


class Registration(StrictSerializer):
    email = TextField(
        max_length=254,
        pattern=r"[\x21-\x7e]+",
        validators=[EmailValidator()],
        help_text="ASCII; kept in lower case.",
    )
    password = TextField(max_length=PASSWORD_MAX, help_text="12 characters or more.")


class RefreshForm(StrictSerializer):
    refresh = TextField(max_length=TOKEN_MAX)


class UserAnswer(serializers.Serializer[Any]):
    id = IdText()
    email = serializers.CharField()
    created_at = serializers.DateTimeField()


class TokenAnswer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


def user_body(user: User) -> dict[str, Any]:
    return {"id": str(user.pk), "email": user.email, "created_at": user.created_at}


def token_body(pair: TokenPair) -> dict[str, Any]:
    return pair._asdict()
