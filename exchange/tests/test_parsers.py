"""JSON as the API reads it; tests/api/test_bad_input.py sends the same by HTTP."""

from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from exchange.parsers import BODY_MAX, DEPTH_MAX, parse_json


def test_plain_json_is_read_as_it_is():
    body = '{"price": "0.25", "list": [1, -2, true, null, "ä€😀"], "quote": "\\"[[[\\\\"}'

    assert parse_json(body.encode()) == {
        "price": "0.25",
        "list": [1, -2, True, None, "ä€😀"],
        "quote": '"[[[\\',
    }


def test_sixteen_levels_are_deep_enough():
    inside = "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1)

    assert parse_json(b'{"a": %s}' % inside.encode())
    with pytest.raises(ParseError, match="deeper than 16"):
        parse_json(b'{"a": [%s]}' % inside.encode())


@given(
    st.binary(max_size=200)
    | st.text(alphabet='{}[]",:\\ua0ed8\x001e-.+', max_size=60).map(str.encode)
)
def test_whatever_is_sent_is_read_or_refused(raw):
    with suppress(ParseError):
        assert isinstance(parse_json(raw), dict)


@pytest.mark.parametrize(
    "unit", ['"', r"\"", "\\", "[", '{"', '["', "{}", '{"a":', "1", "\\u0000", '"a",']
)
def test_the_worst_64_kb_are_refused_quickly(unit):
    for start in ("", '"', '{"a": "', '["'):
        raw = (start + unit * BODY_MAX)[:BODY_MAX].encode()
        begun = perf_counter()
        with pytest.raises(ParseError):
            parse_json(raw)
        assert perf_counter() - begun < 0.5
