"""What everybody is told of a market that is not open, and of its auctions."""

from datetime import timedelta

import pytest

from kernel import clock, pgcopy
from marketdata.tests.sockets import Client, away, engine_works, trading_couple
from orders.commands import MarketState
from orders.models import Market
from orders.services import configure_market
from tests.stories import caller, place

pytestmark = pytest.mark.usefixtures("committed_db")

AUCTION = "/api/v1/markets/BTC-USDT/auction"


async def set_state(market: Market, state: MarketState, *, seconds: int = 0) -> str | None:
    """Let the staff change the state; when it ends by itself, as the API writes it."""
    until = clock.now() + timedelta(seconds=seconds) if seconds else None
    await away(
        configure_market,
        market_id=market.pk,
        user_id=None,
        settings={"state": state, "until": pgcopy.timestamp(until) if until else 0},
        reason="a test",
        now=clock.now(),
    )
    await engine_works()
    return until and until.isoformat().replace("+00:00", "Z")


async def shown(path: str) -> dict:
    return (await away(caller().get, f"/api/v1/markets/BTC-USDT{path}")).json()


async def test_a_state_is_told_when_it_changes():
    market, _, _ = await away(trading_couple)
    async with Client() as socket:
        first = await socket.subscribe("state", "BTC-USDT")
        until = await set_state(market, MarketState.AUCTION, seconds=60)

        update = await socket.next()
        fresh = await socket.subscribe("state", "BTC-USDT")

    topic = {"channel": "state", "market": "BTC-USDT"}
    assert first == {
        "type": "snapshot",
        **topic,
        "sequence": 0,
        "state": "open",
        "state_until": None,
    }
    auction = {**topic, "sequence": 1, "state": "auction", "state_until": until}
    assert update.pop("time")
    assert update == {"type": "update", **auction}
    assert fresh == {"type": "snapshot", **auction}


async def test_batches_that_leave_the_state_are_not_told():
    market, alice, _ = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("state", "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000")
        await engine_works()

        assert await socket.all() == []


async def test_the_ticker_has_the_state():
    market, _, _ = await away(trading_couple)
    async with Client() as socket:
        first = await socket.subscribe("ticker", "BTC-USDT")
        until = await set_state(market, MarketState.AUCTION, seconds=60)

        told = await socket.next()

    assert (first["state"], first["state_until"]) == ("open", None)
    assert (told["state"], told["state_until"]) == ("auction", until)
    ticker = await shown("/ticker")
    assert (ticker["state"], ticker["state_until"]) == ("auction", until)


async def test_a_book_that_crosses_in_an_auction_says_why_and_opens_with_marked_trades():
    market, alice, bob = await away(trading_couple)
    async with Client() as book, Client() as trades:
        await book.subscribe("depth", "BTC-USDT")
        await trades.subscribe("trades", "BTC-USDT")
        await set_state(market, MarketState.AUCTION)
        await away(place, alice, market, "sell", "0.5", at="59000")
        await away(place, bob, market, "buy", "0.2", at="61000")
        await engine_works()
        crossed = await shown("/depth")
        await set_state(market, MarketState.OPEN)

        told, [opened] = await book.all(), await trades.all()

    assert crossed == {
        "market": "BTC-USDT",
        "sequence": 2,
        "state": "auction",
        "bids": [["61000.00000000", "0.20000000"]],
        "asks": [["59000.00000000", "0.50000000"]],
    }
    assert [(it["sequence"], it.get("state")) for it in told] == [
        (1, "auction"),
        (2, None),
        (3, "open"),
    ]
    assert [(it["quantity"], it["auction"]) for it in opened["trades"]] == [
        ("0.20000000", True)
    ]
    assert opened["trades"] == (await shown("/trades"))["results"]
    assert (await shown("/depth"))["bids"] == []


async def test_the_depth_of_an_iceberg_is_what_it_shows():
    market, alice, bob = await away(trading_couple)
    async with Client() as socket:
        await socket.subscribe("depth", "BTC-USDT")
        await away(place, alice, market, "sell", "1", at="60000", display="0.1")
        await engine_works()
        placed = await socket.next()
        await away(place, bob, market, "buy", "0.25", at="60000")
        await engine_works()
        taken = await socket.next()

        assert placed["asks"] == [["60000.00000000", "0.10000000"]]
        assert taken["asks"] == [["60000.00000000", "0.05000000"]]
        fresh = await socket.subscribe("depth", "BTC-USDT")
    assert fresh["asks"] == taken["asks"] == (await shown("/depth"))["asks"]


# The indicative price -------------------------------------------------------------------


async def test_an_auction_shows_what_it_would_do_with_hidden_lots_too():
    market, alice, bob = await away(trading_couple)
    await away(place, alice, market, "sell", "0.1", at="60000")
    await away(place, bob, market, "buy", "0.1", at="60000")
    await engine_works()
    until = await set_state(market, MarketState.AUCTION, seconds=60)
    await away(place, alice, market, "sell", "0.5", at="59000", display="0.1")
    await away(place, alice, market, "sell", "9", at="70000")
    await away(place, bob, market, "buy", "0.3", at="61000")
    await away(place, bob, market, "buy", "0.4", at="59500")
    await engine_works()

    indication = await shown("/auction")

    assert indication == {
        "market": "BTC-USDT",
        "sequence": 3,
        "price": "59500.00000000",
        "volume": "0.50000000",
        "surplus": "0.20000000",
        "reference_price": "60000.00000000",
        "state_until": until,
    }
    await set_state(market, MarketState.OPEN)
    trades = (await shown("/trades"))["results"]
    made = [it for it in trades if it["auction"]]
    assert {it["price"] for it in made} == {indication["price"]}
    assert sum(float(it["quantity"]) for it in made) == float(indication["volume"])


async def test_an_auction_in_which_nothing_meets_has_no_price():
    market, alice, bob = await away(trading_couple)
    until = await set_state(market, MarketState.AUCTION)
    await away(place, alice, market, "sell", "1", at="60000")
    await away(place, bob, market, "buy", "1", at="59000")
    await engine_works()

    assert await shown("/auction") == {
        "market": "BTC-USDT",
        "sequence": 2,
        "price": None,
        "volume": "0.00000000",
        "surplus": "0.00000000",
        "reference_price": None,
        "state_until": until,
    }


@pytest.mark.parametrize(
    "state",
    [
        MarketState.OPEN,
        MarketState.POST_ONLY,
        MarketState.CANCEL_ONLY,
        MarketState.HALTED,
    ],
)
async def test_who_asks_for_an_auction_that_is_not_is_told_the_state(state):
    market, _, _ = await away(trading_couple)
    if state is not MarketState.OPEN:
        await set_state(market, state)

    answer = await away(caller().get, AUCTION)

    assert answer.status_code == 404
    assert answer.json()["code"] == "market_not_in_auction"
    assert answer.json()["state"] == state.name.lower()


async def test_there_is_no_auction_of_an_unknown_market():
    answer = await away(caller().get, AUCTION.replace("BTC", "DOGE"))

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_market")
