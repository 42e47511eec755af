"""The fast lane takes nothing that DRF refuses, and understands it as DRF does."""

import json
from typing import Any

import pytest
from hypothesis import example as the_case
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from exchange.parsers import parse_json
from kernel.errors import ExchangeError
from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.lane.forms import read_amendment, read_batch, read_order
from orders.rules import MarketRules
from orders.serializers import (
    AmendOrder,
    PlaceBatch,
    PlaceOrder,
    amended,
    examples,
    order_terms,
)

RULES = MarketRules(
    id=1,
    symbol="BTC-USDT",
    base=1,
    quote=2,
    base_scale=8,
    quote_scale=8,
    tick_size=Atoms(1),
    lot_size=Atoms(1),
    tick_value=Atoms(1),
    price_max=Ticks(10**15),
    quantity_min=Lots(1),
    quantity_max=Lots(10**15),
    notional_min=Atoms(1),
    maker_ppm=Ppm(0),
    taker_ppm=Ppm(0),
)
NAMES = [*PlaceOrder().fields, "op", "order_id", "items", "nonsense", ""]
WORDS = [
    "buy", "sell", "BUY", "limit", "market", "stop", "stop_limit", "trailing_stop", "gtc",
    "gtd", "ioc", "fok", "no", "reject", "slide", "none", "decrement", "BTC-USDT", "",
    "0", "0.0", "0.1", "1", "1.", ".1", "01", "1e3", "-1", "+1", " 1", "1 ", "１", "1_0",
    "20000", "99999999999999999999", "0.0000000000000000001", "2026-12-31T12:00:00Z",
    "2026-12-31T12:00:00", "2026-13-31T12:00:00Z", "2026-12-31T12:00:00+01:00", "a", "a b",
    "a\n", "ä", "\u0000", "\ud800", "x" * 65, "place", "cancel", "amend", "7", '"', "\\",
]  # fmt: skip
values = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=5),
    st.sampled_from([None, True, False, 0, 1, 0.1, 10**30, [], {}, ["1"], {"a": "1"}]),
)
LIMIT = {"market": "BTC-USDT", "side": "buy", "type": "limit"} | {
    "price": "1",
    "quantity": "1",
}
#: Every example but the one that is only tried out.
EXAMPLES = [it for it in examples.ORDERS.values() if "validate_only" not in it]
orders = st.builds(
    lambda base, more, gone: {k: v for k, v in (base | more).items() if k not in gone},
    st.sampled_from([LIMIT, {}, *(examples.MARKET | it for it in EXAMPLES)]),
    st.dictionaries(st.sampled_from(NAMES), values, max_size=3),
    st.sets(st.sampled_from(NAMES), max_size=1),
)
pieces = st.sampled_from(
    [
        b"",
        b" ",
        b"{",
        b"}",
        b",",
        b'"a":"b",',
        b'"price":"2",',
        b"\xff",
        b"\xef\xbb\xbf",
    ]
)


@st.composite
def written(draw: st.DrawFn, things: st.SearchStrategy[Any]) -> bytes:
    """JSON of something, sometimes spoiled."""
    text = json.dumps(draw(things), ensure_ascii=draw(st.booleans()))
    body = text.encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        return body
    where = draw(st.integers(0, len(body)))
    return body[:where] + draw(pieces) + body[where + draw(st.integers(0, 2)) :]


def as_drf_reads(form: Any, body: bytes) -> Any:
    """What a serializer makes of a body; None if it refuses it."""
    try:
        read = form(data=parse_json(body))
    except ParseError:
        return None
    return read.validated_data if read.is_valid() else None


def understood(read: Any, form: Any) -> Any:
    """What is asked for in the market's units; None if it is refused."""
    try:
        return None if form is None else read(form, RULES)
    except ExchangeError:
        return None


@given(written(orders))
@the_case(b'{"a":' + b"[" * 60_000)
@the_case(b'{"market":"BTC-USDT","side":"buy","type":"limit","price":"1","price":"1"}')
def test_an_order_is_taken_only_as_drf_takes_it(body: bytes):
    fast = read_order(body)
    slow = as_drf_reads(PlaceOrder, body)

    terms = understood(order_terms, fast)

    if terms is not None:
        assert terms == understood(order_terms, slow)
        assert fast.items() <= slow.items()
        assert slow["validate_only"] is False


@given(written(st.dictionaries(st.sampled_from(NAMES), values, max_size=3)))
def test_an_amendment_is_taken_only_as_drf_takes_it(body: bytes):
    fast = read_amendment(body)

    new = understood(amended, fast)

    if new is not None:
        assert fast == as_drf_reads(AmendOrder, body)


@given(
    written(
        st.builds(
            lambda items, more: {"items": items} | more,
            st.lists(
                st.one_of(
                    orders.map(lambda it: it | {"op": "place"}),
                    st.fixed_dictionaries({"op": values, "order_id": values}),
                    orders,
                ),
                max_size=3,
            ),
            st.sampled_from([{}, {"all_or_none": False}, {"all_or_none": 0}, {"a": "b"}]),
        )
    )
)
def test_a_batch_is_taken_only_as_drf_takes_it(body: bytes):
    fast = read_batch(body)

    if fast is not None and all(is_understood(item) for item in fast):
        slow = as_drf_reads(PlaceBatch, body)
        assert slow is not None
        items = zip(fast, slow["items"], strict=True)
        assert all(mine.items() <= its.items() for mine, its in items)
        assert slow["all_or_none"] is False


def is_understood(item: dict[str, Any]) -> bool:
    if item["op"] == "cancel":
        return True
    return understood(order_terms if item["op"] == "place" else amended, item) is not None


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_plain(example: dict[str, Any]):
    asked = examples.MARKET | example

    assert read_order(json.dumps(asked).encode()) is not None
    assert read_batch(json.dumps({"items": [asked | {"op": "place"}]}).encode()) is not None


@pytest.mark.parametrize(
    "body",
    [
        b'{"items":[],"items":[{"op":"cancel","order_id":"1"}]}',
        b'{"items":[{"op":"cancel","order_id":"1","order_id":"2"}]}',
        b'{"items":[{"op":"cancel","order_id":"1","price":"2"}]}',
        b'{"items":[{"op":"amend","order_id":"1"}]}',
        b'{"items":[{"op":"place","order_id":"1","market":"A-B","side":"buy","type":"limit"}]}',
    ],
)
def test_a_batch_that_is_not_plain_is_left_to_drf(body: bytes):
    assert read_batch(body) is None
