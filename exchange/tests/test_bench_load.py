"""The load of the benchmark says what it means, and keeps its own accounts."""

import json
from itertools import islice

import pytest

from exchange.bench import figures
from exchange.bench.load import traffic
from exchange.bench.load.pacing import Source
from exchange.bench.load.plan import Plan
from exchange.bench.load.wire import read_answer


def bodies(steps):
    return [json.loads(rest.partition(b"\r\n\r\n")[2]) for _, _, rest, _ in steps]


def test_pairs_sell_and_buy_as_much_at_one_price():
    steps = list(islice(traffic.pairs(users=10, seed=1, prefix="r1"), 400))

    sells, buys = bodies(steps[::2]), bodies(steps[1::2])

    for sell, buy in zip(sells, buys, strict=True):
        assert (sell["side"], buy["side"]) == ("sell", "buy")
        assert (sell["price"], sell["quantity"]) == (buy["price"], buy["quantity"])
    assert all(a[1] != b[1] for a, b in zip(steps[::2], steps[1::2], strict=True))
    assert len({sell["price"] for sell in sells}) > 100
    assert len({body["client_order_id"] for body in sells + buys}) == 400


def test_a_flow_is_the_same_in_every_run():
    first = list(islice(traffic.pairs(users=10, seed=7, prefix="r1"), 50))

    again = list(islice(traffic.pairs(users=10, seed=7, prefix="r1"), 50))

    assert first == again


def test_an_order_is_written_in_decimals():
    body = traffic.order(b"buy", 6_500_001, 42, "r1-1")

    assert json.loads(body) == {
        "market": "BTC-USDT",
        "side": "buy",
        "type": "limit",
        "price": "65000.01",
        "quantity": "0.00042",
        "client_order_id": "r1-1",
    }


def test_a_batch_is_of_one_user_and_does_not_meet_itself():
    [step] = islice(traffic.batches(users=10, seed=1, prefix="r1", size=100), 1)

    [body] = bodies([step])

    assert len(body["items"]) == 100
    assert {item["op"] for item in body["items"]} == {"place"}
    assert {item["side"] for item in body["items"]} == {"sell"}


def test_the_recorded_day_cancels_what_it_placed(tmp_path):
    day = tmp_path / "day.csv"
    day.write_text(
        "id,timestamp,exchange.timestamp,price,volume,action,direction\n"
        "7,0,0,236.47,200000001,created,bid\n"
        "8,0,0,236.5,100000000,created,ask\n"
        "8,0,0,236.5,50000000,changed,ask\n"
        "7,0,0,236.47,200000001,deleted,bid\n"
        "9,0,0,236.5,1,deleted,ask\n"
    )

    bid, ask, cancel = traffic.recorded(day, users=100, prefix="r1", limit=100)

    assert [body["quantity"] for body in bodies([bid, ask])] == ["2.00001", "1.00000"]
    assert (bid[3], ask[3], cancel[3]) == (1, 2, -1)
    assert cancel[:2] == (b"DELETE /api/v1/orders/%d HTTP/1.1\r\n", bid[1])


def test_a_cancel_waits_until_its_order_has_an_id():
    placing, cancelling = traffic.placing(0, b"{}", 1), traffic.cancelling(0, 1)
    source = Source(iter([placing, cancelling]), tokens=["t"], host="h", extra=b"")

    first, none_yet = source.next(), source.next()
    source.acknowledge(1, 4711)
    then = source.next()

    assert first[0].startswith(b"POST /api/v1/orders HTTP/1.1\r\nHost: h\r\n")
    assert none_yet is None
    assert then[0].startswith(b"DELETE /api/v1/orders/4711 HTTP/1.1\r\n")
    assert then[0].endswith(b"Authorization: Bearer t\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 202 Accepted\r\ncontent-length: 4\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\nX-A: b\r\n\r\n",
    ],
)
def test_an_answer_is_read_once_it_is_whole(head):
    assert read_answer(head[:20]) is None
    assert read_answer(head + b"abc") is None
    assert read_answer(head + b"abcd") == (b"202", b"abcd")


def test_a_body_in_chunks_is_read_to_its_last():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc"

    assert read_answer(head) is None
    assert read_answer(head + b"\r\n0\r\n\r\n") is not None


def test_as_many_steps_are_made_beforehand_as_will_be_sent():
    plan = Plan(
        host="h", port=1, tokens="t", acked="a", flow="pairs", prefix="r1", seconds=2,
        users=10, rate=30,
    )  # fmt: skip

    assert len(plan.prepared(plan.steps())) == 60


@pytest.mark.parametrize(
    ("percent", "value"), [(50, 50.0), (99, 99.0), (99.5, 100.0), (100, 100.0), (0, 1.0)]
)
def test_a_percentile_is_one_of_the_values(percent, value):
    assert figures.percentile([float(n) for n in range(1, 101)], percent) == value


def test_a_percentile_of_nothing_is_nothing():
    assert figures.percentile([], 99) == 0.0
