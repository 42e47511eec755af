"""Bodies of the fast lane: the plain ones, read into what DRF's serializers make of them.

Whatever is not exactly plain is None: DRF reads it again and says what it thinks of it, so
nothing may be taken here that DRF refuses. A count sees to that: all values are strings
without escapes, so there are four quotes for each field that was understood. A field that
is unknown, given twice or no string leaves some over.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Required, TypedDict

import msgspec
from rest_framework.serializers import ValidationError

from orders.commands import UNIT_MAX
from orders.serializers.fields import TimeField
from orders.serializers.words import POST_ONLY, SELF_TRADE, SIDES, TIMES_IN_FORCE, TYPES

Form = dict[str, Any]

#: As exchange.parsers.BODY_MAX; what is longer is never plain.
_BODY_MAX: Final = 64 * 1024
_QUOTES: Final = 4

_AMENDED: Final = dict.fromkeys(("price", "quantity", "trigger_price"), str)
_ASKED: Final[dict[str, Any]] = {
    "time_in_force": Literal[tuple(TIMES_IN_FORCE)],
    "quote_budget": str,
    "trail": str,
    "trail_percent": str,
    "display_quantity": str,
    "max_slippage": str,
    "post_only": Literal[tuple(POST_ONLY)],
    "self_trade": Literal[tuple(SELF_TRADE)],
    "expires_at": str,
    "client_order_id": str,
    **_AMENDED,
}
_NAMED: Final[dict[str, Any]] = {
    "market": str,
    "side": Literal[tuple(SIDES)],
    "type": Literal[tuple(TYPES)],
}
_ITEM: Final[dict[str, Any]] = {
    **_NAMED,
    **_ASKED,
    "op": Required[Literal["place", "cancel", "amend"]],
    "order_id": str,
}


def _decoder(fields: Mapping[str, Any]) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(TypedDict("Plain", dict(fields), total=False))  # type: ignore[operator]  # made of the words of the API


_order: Final = _decoder({name: Required[it] for name, it in _NAMED.items()} | _ASKED)
_amendment: Final = _decoder(_AMENDED)
_batch: Final = _decoder(
    {
        "items": Required[list[TypedDict("Item", _ITEM, total=False)]],  # type: ignore[operator, misc]  # as above
        "all_or_none": bool,
    }
)

_AMOUNTS: Final = frozenset(
    {
        "price", "quantity", "quote_budget", "trigger_price", "trail", "trail_percent",
        "display_quantity", "max_slippage",
    }
)  # fmt: skip
_CLIENT_ORDER_ID: Final = re.compile("[A-Za-z0-9._:-]{1,64}", re.ASCII)
_ORDER_ID: Final = re.compile("[0-9]{1,18}", re.ASCII)
_OF_A_PLACE: Final = frozenset(_NAMED) | {"op"} | frozenset(_ASKED)
_OF_A_CANCEL: Final = frozenset({"op", "order_id"})
_OF_AN_AMEND: Final = frozenset(_AMENDED) | _OF_A_CANCEL
_time: Final = TimeField()


def read_order(body: bytes) -> Form | None:
    """The body of `POST /orders`."""
    form = _read(_order, body)
    if form is None or body.count(b'"') != _QUOTES * len(form):
        return None
    return form if _is_sound(form) else None


def read_amendment(body: bytes) -> Form | None:
    """The body of `PATCH /orders/{order_id}`."""
    form = _read(_amendment, body)
    if not form or body.count(b'"') != _QUOTES * len(form):
        return None
    return form if _is_sound(form) else None


def read_batch(body: bytes) -> list[Form] | None:
    """The items of `POST /orders/batch`; None too when they go all or none."""
    form = _read(_batch, body)
    if form is None or form.get("all_or_none"):
        return None
    items: list[Form] = form["items"]
    quotes = 2 * len(form) + _QUOTES * sum(map(len, items))
    if not 1 <= len(items) <= UNIT_MAX or body.count(b'"') != quotes:
        return None
    return items if all(_is_item(item) and _is_sound(item) for item in items) else None


def _read(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    if len(body) > _BODY_MAX or b"\\" in body:
        return None
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _is_item(item: Form) -> bool:
    """Whether it has the fields of its operation, and no other."""
    names = item.keys()
    match item["op"]:
        case "place":
            return names <= _OF_A_PLACE and names >= _NAMED.keys()
        case "cancel":
            fits = names == _OF_A_CANCEL
        case _:
            fits = _OF_A_CANCEL < names <= _OF_AN_AMEND
    return fits and _ORDER_ID.fullmatch(item["order_id"]) is not None


def _is_sound(form: Form) -> bool:
    """Whether the texts are such as their fields take; a time is read.

    Whether an amount is a plain decimal is seen when it is read in its unit.
    """
    for name in _AMOUNTS & form.keys():
        if not form[name].strip("0."):
            return False
    if not _CLIENT_ORDER_ID.fullmatch(form.get("client_order_id", "-")):
        return False
    if "expires_at" in form:
        try:
            form["expires_at"] = _time.to_internal_value(form["expires_at"])
        except ValidationError:
            return False
    return True
