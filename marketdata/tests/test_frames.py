"""What a socket takes, and what it answers to the rest."""

import json

import pytest

from marketdata.commands import (
    Auth,
    CancelOnDisconnect,
    Ping,
    Subscribe,
    Unsubscribe,
    read_frame,
)
from marketdata.errors import MalformedFrame
from marketdata.tests.sockets import Client, away
from tests.stories import make_market

BAD_FRAMES = {
    "nothing": " ",
    "no JSON": "hello",
    "a list": "[]",
    "a string": '"ping"',
    "no op": "{}",
    "an unknown op": '{"op":"sell"}',
    "an unknown field": '{"op":"ping","channel":"depth"}',
    "a channel that is a number": '{"op":"subscribe","channel":1}',
    "no channel": '{"op":"subscribe"}',
    "no token": '{"op":"auth"}',
    "no word whether orders go with the socket": '{"op":"cancel_on_disconnect"}',
    "a word for true": '{"op":"cancel_on_disconnect","enabled":"true"}',
    "a number for true": '{"op":"cancel_on_disconnect","enabled":1}',
    "null for false": '{"op":"cancel_on_disconnect","enabled":null}',
    "an unknown deadline": '{"op":"cancel_on_disconnect","enabled":true,"seconds":5}',
    "a fractional id": '{"op":"ping","id":1.5}',
    "a list as id": '{"op":"ping","id":[1]}',
    "a long id": json.dumps({"op": "ping", "id": "x" * 65}),
    "deep nesting": '{"op":"ping","id":' + "[" * 8_000,
    "half a surrogate pair": '{"op":"ping","id":"\ud800"}',
    "depth of no market": '{"op":"subscribe","channel":"depth"}',
    "balances of a market": '{"op":"subscribe","channel":"balances","market":"BTC-USDT"}',
}


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        (
            '{"op":"subscribe","channel":"depth","market":"BTC-USDT","id":1}',
            Subscribe(channel="depth", market="BTC-USDT", id=1),
        ),
        ('{"op":"unsubscribe","channel":"balances"}', Unsubscribe(channel="balances")),
        ('{"op":"auth","token":"abc","id":"a"}', Auth(token="abc", id="a")),
        (
            '{"op":"cancel_on_disconnect","enabled":true,"id":7}',
            CancelOnDisconnect(enabled=True, id=7),
        ),
        ('{"op":"ping"}', Ping()),
    ],
)
def test_a_frame_is_read(text, frame):
    assert read_frame(text) == frame


def test_an_escaped_half_of_a_surrogate_pair_is_malformed():
    with pytest.raises(MalformedFrame):
        read_frame('{"op":"ping","id":"\\ud800"}')


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("text", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_malformed_frame_is_refused_and_the_socket_goes_on(text):
    async with Client() as socket:
        await socket.say(text)

        refusal = await socket.next()
        assert (refusal["type"], refusal["code"]) == ("error", "malformed_frame")
        assert (await socket.ask("ping", id=1))["type"] == "pong"


@pytest.mark.usefixtures("committed_db")
async def test_bytes_are_malformed():
    async with Client() as socket:
        await socket.say_bytes(b'{"op":"ping"}')

        assert (await socket.next())["code"] == "malformed_frame"


@pytest.mark.usefixtures("committed_db")
async def test_a_frame_of_16_kb_closes_the_socket():
    async with Client() as socket:
        await socket.say(json.dumps({"op": "auth", "token": "x" * 16 * 1024}))

        assert (await socket.next())["code"] == "frame_too_large"
        assert await socket.close_code() == 1009


@pytest.mark.usefixtures("committed_db")
async def test_too_many_frames_close_the_socket():
    async with Client() as socket:
        for _ in range(250):
            await socket.say('{"op":"ping"}')

        assert await socket.close_code() == 1008


@pytest.mark.usefixtures("committed_db")
async def test_every_answer_carries_the_id_of_its_question():
    await away(make_market)
    async with Client() as socket:
        subscribed = await socket.ask("subscribe", "depth", "BTC-USDT", id="mine")
        snapshot = await socket.next()
        unsubscribed = await socket.ask("unsubscribe", "depth", "BTC-USDT", id=2)
        pong = await socket.ask("ping", id=3)
        unknown = await socket.ask("subscribe", "depth", "DOGE-USDT", id=4)
        nonsense = await socket.ask("subscribe", "weather", "BTC-USDT", id=5)

    topic = {"channel": "depth", "market": "BTC-USDT"}
    assert subscribed == {"type": "subscribed", **topic, "id": "mine"}
    assert "id" not in snapshot
    assert unsubscribed == {"type": "unsubscribed", **topic, "id": 2}
    assert (pong["type"], pong["id"]) == ("pong", 3)
    assert (unknown["code"], unknown["id"]) == ("unknown_market", 4)
    assert (nonsense["code"], nonsense["id"]) == ("unknown_channel", 5)


@pytest.mark.usefixtures("committed_db")
async def test_a_socket_has_at_most_a_hundred_subscriptions(monkeypatch):
    monkeypatch.setattr("marketdata.consumers.SUBSCRIPTIONS_MAX", 2)
    await away(make_market)
    async with Client() as socket:
        await socket.subscribe("depth", "BTC-USDT")
        await socket.subscribe("trades", "BTC-USDT")

        third = await socket.ask("subscribe", "ticker", "BTC-USDT")
        again = await socket.ask("subscribe", "depth", "BTC-USDT")

    assert (third["type"], third["code"]) == ("error", "too_many_subscriptions")
    assert again["type"] == "subscribed"
