"""Reading JSON strictly: a bound on everything, and no silent choice.

Python's parser takes NaN, keeps the last of two equal keys, and fails with a RecursionError
on deep nesting, which DRF turns into a 500. None of that is let in here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

BODY_MAX: Final = 64 * 1024
DEPTH_MAX: Final = 16
DIGITS_MAX: Final = 20

#: A string, finished or not, or a bracket. The `+` after the star forbids going back, so
#: that the search is linear in whatever is sent.
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "The body is larger than 64 kB."
    default_code = "body_too_large"


class StrictJSONParser(BaseParser):
    """application/json in UTF-8, at most 64 kB and 16 levels, without duplicate keys."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(BODY_MAX + 1)
        if len(raw) > BODY_MAX:
            raise BodyTooLarge
        return parse_json(raw)


def parse_json(raw: bytes) -> dict[str, Any]:
    """Read a JSON object.

    raises  ParseError with one sentence for a person
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise ParseError("The body is not UTF-8.") from broken
    if _depth(text) > DEPTH_MAX:
        raise ParseError(f"The body is nested deeper than {DEPTH_MAX} levels.")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer
        )
        _expect_storable(value)
    except ValueError as broken:
        raise ParseError(f"The body is not JSON: {broken}") from broken
    if not isinstance(value, dict):
        raise ParseError("The body must be a JSON object.")
    return value


def _depth(text: str) -> int:
    """How deeply brackets are nested, outside of strings."""
    depth = deepest = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


def _expect_storable(value: Any) -> None:
    """Refuse NUL and halves of surrogate pairs, which no database keeps as text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _expect_storable(name)
            _expect_storable(inner)
    elif isinstance(value, list):
        for inner in value:
            _expect_storable(inner)
    elif isinstance(value, str) and not _is_storable(value):
        raise ValueError("a string contains NUL or half a surrogate pair")


def _is_storable(text: str) -> bool:
    try:
        return b"\0" not in text.encode("utf-8")
    except UnicodeEncodeError:
        return False


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise ValueError("a number has too many digits")
    return int(digits)
