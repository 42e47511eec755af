"""Whatever is sent: a documented 4xx, and nothing written. Never a 5xx, never rounding."""

import json
from collections.abc import Callable

import pytest

from ledger.models import Entry, Transfer
from orders.models import Command, Order
from tests.stories import Caller, caller, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db

ORDERS = "/api/v1/orders"
BUY = {
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20000",
    "quantity": "0.1",
}
MARKET_BUY = {"market": "BTC-USDT", "side": "buy", "type": "market", "quote_budget": "100"}


@pytest.fixture
def alice(settings) -> Caller:
    settings.ORDER_WAIT_MS = 0
    make_market()
    fund(person("alice"), "USDT", "10000")
    return caller(person("alice"))


@pytest.fixture
def refused(alice) -> Callable[..., None]:
    """Expects a problem, and that the request wrote nothing."""
    tables = (Command, Order, Entry, Transfer)

    def expect(answer_of: Callable[[], object], status: int, code: str) -> None:
        before = [table.objects.count() for table in tables]
        answer = answer_of()
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert [table.objects.count() for table in tables] == before

    return expect


BAD_AMOUNTS = {
    "a JSON number": 1.5,
    "a JSON integer": 1,
    "nothing": None,
    "a truth value": True,
    "a list": ["1"],
    "an object": {"1": "1"},
    "an exponent": "1e3",
    "full-width digits": "１２",
    "Arabic digits": "٣",
    "not a number": "NaN",
    "infinity": "Infinity",
    "minus zero": "-0",
    "minus one": "-1",
    "plus one": "+1",
    "a blank before": " 1",
    "a line end": "1\n",
    "an underscore": "1_000",
    "a comma": "1,5",
    "empty": "",
    "zero": "0",
    "a long zero": "0.000",
    "no whole part": ".5",
    "no fraction": "1.",
    "a leading zero": "01",
    "hexadecimal": "0x10",
    "30 decimals": "1." + "1" * 30,
    "30 decimals of nothing": "1." + "0" * 30,
    "9 decimals where the asset has 8": "1.000000001",
    "5000 digits": "9" * 5000,
    "beyond 64 bits": "9999999999999999999",
}


@pytest.mark.parametrize("field", ["price", "quantity"])
@pytest.mark.parametrize("amount", BAD_AMOUNTS.values(), ids=BAD_AMOUNTS)
def test_a_bad_amount_is_no_order(alice, refused, field, amount):
    code = "invalid_request" if amount is None else "invalid_amount"
    refused(lambda: alice.post(ORDERS, BUY | {field: amount}), 400, code)


SPECIAL = {
    "trigger_price": {"type": "stop", "quantity": "0.1"},
    "trail": {"type": "trailing_stop", "quantity": "0.1"},
    "trail_percent": {"type": "trailing_stop", "quantity": "0.1"},
    "display_quantity": {"type": "limit", "quantity": "0.1", "price": "20000"},
    "max_slippage": {"type": "market", "quantity": "0.1"},
}


@pytest.mark.parametrize("field", SPECIAL)
@pytest.mark.parametrize("amount", BAD_AMOUNTS.values(), ids=BAD_AMOUNTS)
def test_a_bad_amount_is_no_special_order(alice, refused, field, amount):
    order = {"market": "BTC-USDT", "side": "buy"} | SPECIAL[field] | {field: amount}
    code = "invalid_request" if amount is None else "invalid_amount"
    refused(lambda: alice.post(ORDERS, order), 400, code)


@pytest.mark.parametrize("amount", BAD_AMOUNTS.values(), ids=BAD_AMOUNTS)
def test_a_bad_budget_is_no_order(alice, refused, amount):
    code = "invalid_request" if amount is None else "invalid_amount"
    refused(lambda: alice.post(ORDERS, MARKET_BUY | {"quote_budget": amount}), 400, code)


BAD_ORDERS = {
    "a price off the tick": ({"price": "20000.001"}, 400, "price_off_tick"),
    "a quantity off the lot": ({"quantity": "0.000001"}, 400, "quantity_off_lot"),
    "a price beyond the market's": ({"price": "10000000.01"}, 422, "price_out_of_range"),
    "a quantity beyond the market's": (
        {"quantity": "1000.1"},
        422,
        "quantity_out_of_range",
    ),
    "too little": ({"price": "0.01"}, 422, "notional_out_of_range"),
    "an unknown field": ({"leverage": "100"}, 400, "unknown_field"),
    "an unknown market": ({"market": "NOPE-USDT"}, 404, "unknown_market"),
    "a market that is no symbol": ({"market": "' OR 1=1 --"}, 404, "unknown_market"),
    "a market in lower case": ({"market": "btc-usdt"}, 404, "unknown_market"),
    "a market that is a number": ({"market": 1}, 400, "invalid_request"),
    "no market": ({"market": ""}, 400, "invalid_request"),
    "a third side": ({"side": "hold"}, 400, "invalid_request"),
    "a side in upper case": ({"side": "BUY"}, 400, "invalid_request"),
    "a side that is a list": ({"side": ["buy"]}, 400, "invalid_request"),
    "an unknown type": ({"type": "stop_loss"}, 400, "invalid_request"),
    "a budget too many": ({"quote_budget": "1"}, 400, "order_shape_invalid"),
    "a market order with a price": ({"type": "market"}, 400, "order_shape_invalid"),
    "an unknown time in force": ({"time_in_force": "day"}, 400, "invalid_request"),
    "an empty client id": ({"client_order_id": ""}, 400, "invalid_request"),
    "a client id that is a number": ({"client_order_id": 7}, 400, "invalid_request"),
    "a client id with a blank": ({"client_order_id": "a b"}, 400, "invalid_request"),
    "a client id with a line end": ({"client_order_id": "a\n"}, 400, "invalid_request"),
    "a client id of 65": ({"client_order_id": "a" * 65}, 400, "invalid_request"),
    "a homoglyph": ({"client_order_id": "аbc"}, 400, "invalid_request"),
}


@pytest.mark.parametrize(("change", "status", "code"), BAD_ORDERS.values(), ids=BAD_ORDERS)
def test_a_bad_order_is_no_order(alice, refused, change, status, code):
    refused(lambda: alice.post(ORDERS, BUY | change), status, code)


@pytest.mark.parametrize("missing", BUY)
def test_an_order_without_one_of_its_fields_is_no_order(alice, refused, missing):
    order = {name: value for name, value in BUY.items() if name != missing}
    code = "order_shape_invalid" if missing in ("price", "quantity") else "invalid_request"
    refused(lambda: alice.post(ORDERS, order), 400, code)


GOOD = json.dumps(BUY)
BAD_BODIES = {
    "nothing": (b"", 400, "invalid_request"),
    "a list": (b"[]", 400, "invalid_request"),
    "a string": (b'"buy"', 400, "invalid_request"),
    "a number": (b"1", 400, "invalid_request"),
    "null": (b"null", 400, "invalid_request"),
    "half of it": (GOOD[:-9], 400, "invalid_request"),
    "two of it": (GOOD * 2, 400, "invalid_request"),
    "a key twice": (GOOD[:-1] + ', "side": "sell"}', 400, "invalid_request"),
    "NaN": (GOOD[:-1] + ', "x": NaN}', 400, "invalid_request"),
    "a number of 5000 digits": ('{"price": %s}' % ("9" * 5000), 400, "invalid_request"),
    "an infinite number": (GOOD.replace('"0.1"', "1e999"), 400, "invalid_amount"),
    "NUL in a string": (GOOD.replace("BTC", r"\u0000"), 400, "invalid_request"),
    "NUL in a key": (r'{"\u0000": 1}', 400, "invalid_request"),
    "NUL in a list": (r'{"market": ["\u0000"]}', 400, "invalid_request"),
    "half a surrogate": (r'{"market": "\ud800"}', 400, "invalid_request"),
    "half a surrogate in a list": (r'{"market": [["\udfff"]]}', 400, "invalid_request"),
    "Latin-1": ('{"market": "é"}'.encode("latin-1"), 400, "invalid_request"),
    "UTF-16": (GOOD.encode("utf-16"), 400, "invalid_request"),
    "a byte order mark": (GOOD.encode("utf-8-sig"), 400, "invalid_request"),
    "1 MB": (b'{"market": "' + b"x" * 1_000_000 + b'"}', 413, "body_too_large"),
    "1 MB of blanks": (b" " * 1_000_000 + GOOD.encode(), 413, "body_too_large"),
    "10,000 lists": ("[" * 10_000 + "]" * 10_000, 400, "invalid_request"),
    "10,000 open lists": ("[" * 10_000, 400, "invalid_request"),
    "10,000 objects": ('{"a":' * 10_000 + "1" + "}" * 10_000, 400, "invalid_request"),
    "a string without end": ('{"' + r"\"" * 30_000, 400, "invalid_request"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_no_order(alice, refused, body, status, code):
    refused(
        lambda: alice.generic("POST", ORDERS, body, content_type="application/json"),
        status,
        code,
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", ""]
)
def test_a_body_of_another_kind_is_no_order(alice, refused, kind):
    refused(
        lambda: alice.generic("POST", ORDERS, GOOD, content_type=kind),
        415,
        "unsupported_media_type",
    )


BAD_QUERIES = {
    "limit=abc": "invalid_request",
    "limit=0": "invalid_request",
    "limit=-1": "invalid_request",
    "limit=201": "invalid_request",
    "limit=1e2": "invalid_request",
    "limit=%EF%BC%91": "invalid_request",
    "limit=" + "9" * 5000: "invalid_request",
    "limit=": "invalid_request",
    "limit=1&limit=2": "invalid_request",
    "cursor=": "invalid_request",
    "cursor=abc": "invalid_cursor",
    "cursor=-1": "invalid_cursor",
    "cursor=1-2": "invalid_cursor",
    "cursor=1-2-3-4": "invalid_cursor",
    "cursor=%EF%BC%91": "invalid_cursor",
    "cursor=9223372036854775808": "invalid_cursor",
    "cursor=" + "9" * 5000: "invalid_request",
    "cursor=%00": "invalid_request",
    "page=2": "unknown_field",
    "%00=1": "unknown_field",
    "market=%00": "invalid_request",
    "market=": "invalid_request",
}


@pytest.mark.parametrize("address", [ORDERS, "/api/v1/fills", "/api/v1/prevented-matches"])
@pytest.mark.parametrize(("query", "code"), BAD_QUERIES.items())
def test_a_bad_query_lists_nothing(alice, refused, address, query, code):
    refused(lambda: alice.get(f"{address}?{query}"), 400, code)


@pytest.mark.parametrize("query", ["market=NOPE-USDT", "market=%ED%A0%80", "market=%FF"])
def test_an_unknown_market_lists_nothing(alice, refused, query):
    refused(lambda: alice.get(f"{ORDERS}?{query}"), 404, "unknown_market")


def test_an_unknown_kind_of_list_is_refused(alice, refused):
    refused(lambda: alice.get(f"{ORDERS}?status=lost"), 400, "invalid_request")


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize(
    ("order_id", "code"),
    [
        ("0", "unknown_order"),
        ("999", "unknown_order"),
        ("9223372036854775807", "unknown_order"),
        ("9223372036854775808", "unknown_order"),
        ("9" * 4000, "unknown_order"),
        ("9" * 5000, "not_found"),
        ("-1", "not_found"),
        ("abc", "not_found"),
        ("1.0", "not_found"),
        ("%EF%BC%91", "not_found"),
        ("%00", "not_found"),
    ],
)
def test_an_order_that_there_is_not(alice, refused, method, order_id, code):
    refused(lambda: getattr(alice, method)(f"{ORDERS}/{order_id}"), 404, code)


@pytest.mark.parametrize("order_id", ["0", "999", "9223372036854775808", "9" * 4000])
def test_an_order_that_there_is_not_is_not_changed(alice, refused, order_id):
    address = f"{ORDERS}/{order_id}"
    new = {"side": "buy", "type": "limit", "price": "1", "quantity": "1"}

    refused(lambda: alice.patch(address, {"price": "1"}), 404, "unknown_order")
    refused(lambda: alice.post(f"{address}/replace", new), 404, "unknown_order")
    refused(lambda: alice.get(f"{address}/timeline"), 404, "unknown_order")


def test_another_users_order_is_as_unknown_as_none(alice, refused):
    bobs = place(person("bob"), make_bobs_market(), "buy", "0.1", at="100").pk
    settle()

    refused(lambda: alice.get(f"{ORDERS}/{bobs}"), 404, "unknown_order")
    refused(lambda: alice.delete(f"{ORDERS}/{bobs}"), 404, "unknown_order")


def make_bobs_market():
    fund(person("bob"), "USDT", "1000")
    return make_market("ETH-USDT")
