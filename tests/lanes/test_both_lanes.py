"""The same requests to both lanes: status, headers and bytes are the same."""

import io
import json
import re
from typing import Any, NamedTuple

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from exchange.scratch import as_app, as_owner, truncate_everything
from orders.serializers import examples
from tests.lanes.asking import Said
from tests.lanes.house import Application, EngineAtWork, House
from tests.stories import fund, make_market, person, place, settle

ORDERS = "/api/v1/orders"
BATCH = f"{ORDERS}/batch"
BUY = {"market": "BTC-USDT", "side": "buy", "type": "limit"} | {
    "price": "20000",
    "quantity": "0.1",
}
SELL = BUY | {"side": "sell"}


class Ask(NamedTuple):
    """One request; `{0}` in it is the id of the first order that was answered, and so on.

    body   what is sent as JSON, or bytes as they are
    who    has the token; "" has none
    """

    method: str
    path: str
    body: Any = None
    who: str = "alice"
    headers: tuple[tuple[str, str], ...] = ()


def post(body: Any, *, path: str = ORDERS, **more: Any) -> Ask:
    return Ask("POST", path, body, **more)


PLACING = [
    post(BUY),
    post(BUY | {"client_order_id": "mine", "post_only": "reject"}),
    post(SELL | {"quantity": "0.15"}, who="bob"),
    post(BUY | {"client_order_id": "mine", "post_only": "reject"}),
    post(BUY | {"client_order_id": "mine"}),
    post({k: v for k, v in BUY.items() if k != "price"} | {"type": "market"}),
    post(SELL | {"price": "20001", "time_in_force": "ioc"}, who="bob"),
    post(SELL | {"price": "20001", "quantity": "1000"}, who="bob"),
    post(SELL | {"price": "19999", "post_only": "reject"}, who="bob"),
    post(SELL | {"price": "19999", "post_only": "slide"}, who="bob"),
    post(SELL | {"price": "20000.5", "quantity": "1", "display_quantity": "0.2"}),
    post(BUY | {"time_in_force": "fok", "price": "30000", "quantity": "2"}, who="bob"),
    post(BUY | {"self_trade": "cancel_maker", "price": "21000"}),
    post(BUY | {"validate_only": True}),
]
CHANGING = [
    post(BUY),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"quantity": "0.05"}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"price": "20001", "quantity": "0.06"}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"price": "20001"}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"price": "20001.001"}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"trigger_price": "1"}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"price": "2000000"}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {}),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"price": "20002"}, who="bob"),
    Ask("DELETE", f"{ORDERS}/{{0}}", who="bob"),
    post(SELL | {"price": "20001", "quantity": "0.02"}, who="bob"),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"quantity": "0.01"}),
    Ask("DELETE", f"{ORDERS}/{{0}}"),
    Ask("DELETE", f"{ORDERS}/{{0}}"),
    Ask("PATCH", f"{ORDERS}/{{0}}", {"price": "20002"}),
    Ask("DELETE", f"{ORDERS}/999999"),
    Ask("DELETE", f"{ORDERS}/99999999999999999999"),
    Ask("DELETE", f"{ORDERS}/{{0}}", headers=(("prefer", "respond-async"),)),
]
BATCHES = [
    post(
        {
            "items": [
                BUY | {"op": "place", "client_order_id": "one"},
                SELL | {"op": "place", "price": "90000", "quantity": "900"},
                BUY | {"op": "place", "price": "19000"},
            ]
        },
        path=BATCH,
    ),
    post({"items": [BUY | {"op": "place", "client_order_id": "one"}]}, path=BATCH),
    post({"items": [BUY | {"op": "place", "price": "0.001"}]}, path=BATCH),
    post({"items": [BUY | {"op": "place"}], "all_or_none": True}, path=BATCH),
    post(BUY),
    post(
        {
            "items": [
                {"op": "amend", "order_id": "{0}", "quantity": "0.05"},
                BUY | {"op": "place", "price": "18000"},
            ]
        },
        path=BATCH,
    ),
    post({"items": [{"op": "cancel", "order_id": "{0}"}]}, path=BATCH),
    post({"items": [{"op": "cancel", "order_id": "{0}"}]}, path=BATCH),
    post({"items": [{"op": "cancel", "order_id": "77"}]}, path=BATCH),
    post({"items": []}, path=BATCH),
    post({"items": [BUY]}, path=BATCH),
    post({"items": [BUY | {"op": "place"}] * 101}, path=BATCH),
]
REFUSED = [
    post(BUY, who=""),
    post(BUY, who="", headers=(("authorization", "Bearer nonsense"),)),
    post(BUY, who="", headers=(("authorization", "Basic YTpi"),)),
    post(BUY, who="nobody"),
    post(b""),
    post(b"[]"),
    post(b"{"),
    post(b"\xff"),
    post(b" " * 70_000),
    post(b'{"market": "BTC-USDT", "market": "BTC-USDT"}'),
    post(BUY, headers=(("accept", "text/html"),)),
    post(BUY, headers=(("accept", "application/json"),)),
    post(BUY, headers=(("cookie", "sessionid=1"),)),
    post(BUY, headers=(("host", "elsewhere.example"),)),
    post(BUY, headers=(("content-type", "text/plain"),)),
    post(BUY | {"market": "ABC-USDT"}),
    post(BUY | {"price": "20000.001"}),
    post(BUY | {"price": 20000}),
    post(BUY | {"price": "2e4"}),
    post(BUY | {"price": "0"}),
    post(BUY | {"quantity": "0.000001"}),
    post(BUY | {"quantity": "100000"}),
    post(BUY | {"display_quantity": "0"}),
    post(BUY | {"side": "BUY"}),
    post(BUY | {"kind": "new"}),
    post(BUY | {"client_order_id": "a b"}),
    post(BUY | {"expires_at": "2026-01-01T00:00:00Z", "time_in_force": "gtd"}),
    post(BUY | {"trigger_price": "1"}),
    Ask("POST", f"{ORDERS}?a=b", BUY),
    Ask("PUT", ORDERS, BUY),
]


@pytest.mark.parametrize(
    "asked",
    [PLACING, CHANGING, BATCHES, REFUSED],
    ids=["placing", "changing", "batches", "refused"],
)
def test_both_lanes_answer_the_same(house: House, settings, asked: list[Ask]):
    settings.ORDER_WAIT_MS = 20_000

    with EngineAtWork():
        slow = transcript(house, house.stock, asked)
        begin_again()
        fast = transcript(house, house.lane, asked)

    assert fast == slow


@pytest.mark.slow
@pytest.mark.parametrize(
    "example", [it for it in examples.ORDERS.values() if "validate_only" not in it]
)
def test_every_example_is_answered_by_the_fast_lane_as_by_the_other(
    house: House, settings, example: dict[str, Any]
):
    settings.ORDER_WAIT_MS = 0
    asked = [post(BUY | {"price": "60000"}), post(examples.MARKET | example)]

    slow = transcript(house, house.stock, asked)
    begin_again()
    fast = transcript(house, house.lane, asked)

    assert fast == slow
    assert [status for status, *_ in fast] == [202, 202]
    assert (house.lane.answered, house.lane.handed_over) == (2, 0)


def test_what_is_plain_is_answered_by_the_fast_lane_itself(house: House, settings):
    settings.ORDER_WAIT_MS = 20_000
    asked = [post(BUY), *CHANGING[1:3], CHANGING[10], CHANGING[12], BATCHES[0]]

    with EngineAtWork():
        told = transcript(house, house.lane, asked)

    assert [status for status, *_ in told] == [201, 200, 200, 201, 200, 200]
    assert (house.lane.answered, house.lane.handed_over) == (6, 0)


def transcript(house: House, application: Application, asked: list[Ask]) -> list[Any]:
    """What an application answers in a world that is always the same."""
    make_market()
    for name in ("alice", "bob"):
        fund(person(name), "USDT", "100000")
        fund(person(name), "BTC", "10")
    place(person("bob"), make_market("ETH-USDT"), "sell", "1", at="3000")
    settle()
    told, ids = [], []
    for ask in asked:
        said = house.say(application, environ_of(ask, ids))
        told.append(said)
        ids += re.findall(rb'"id":"([0-9]+)"', said.body)
    return [plainly(said) for said in told]


def begin_again() -> None:
    as_owner()
    truncate_everything()
    as_app()


def environ_of(ask: Ask, ids: list[bytes]) -> dict[str, Any]:
    text = ask.body if isinstance(ask.body, bytes) else json.dumps(ask.body).encode()
    if ask.body is None:
        text = b""
    path, _, query = ask.path.partition("?")
    for number, order_id in enumerate(ids):
        text = text.replace(b"{%d}" % number, order_id)
        path = path.replace(f"{{{number}}}", order_id.decode())
    environ: dict[str, Any] = {
        "REQUEST_METHOD": ask.method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": len(text),
        "wsgi.input": io.BytesIO(text),
    }
    if text:
        environ["CONTENT_TYPE"] = "application/json"
    if ask.who:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {AccessToken.for_user(user(ask.who))}"
    for name, value in ask.headers:
        kind = name.upper().replace("-", "_")
        environ[kind if kind == "CONTENT_TYPE" else f"HTTP_{kind}"] = value
    return environ


def user(name: str) -> Any:
    """Nobody may not come in any more."""
    found = person(name)
    if name == "nobody" and found.is_active:
        found.is_active = False
        found.save()
    return found


def plainly(said: Said) -> tuple[int, list[Any], str]:
    """The answer without times, and with numbers instead of ids in their order."""
    names: dict[str, str] = {}
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)", "(a time)", said.body.decode())
    text = re.sub(
        r'"([0-9]+)"', lambda id_: names.setdefault(id_[1], f'"#{len(names)}"'), text
    )
    headers = [(name, value) for name, value in said.headers if name != b"Content-Length"]
    lengths = [int(value) for name, value in said.headers if name == b"Content-Length"]
    assert lengths in ([], [len(said.body)])
    return said.status, headers, text
