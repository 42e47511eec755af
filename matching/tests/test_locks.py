"""Money that a batch meets unforeseen: it is locked on demand and never waited for."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import connection

from matching.locks import KnownWallets, Purse
from matching.rebuild import build_engine
from matching.selectors import commands_after
from matching.worker import Worker
from orders.commands import OrderStatus
from orders.models import Market, Order
from tests.stories import balances, fund, make_market, person, place, settle


def a_cascade() -> Market:
    """Carol's stop waits below the market. Alice's sale to bob will set it off, and it
    will be sold to dave, of whom nothing in the log speaks."""
    market = make_market(maker_ppm=0, taker_ppm=0)
    for name in ("alice", "carol"):
        fund(person(name), "BTC", "1")
    for name in ("bob", "dave"):
        fund(person(name), "USDT", "100000")
    place(person("carol"), market, "sell", "1", type="stop", trigger="60000")
    place(person("dave"), market, "buy", "1", at="59000")
    place(person("bob"), market, "buy", "1", at="60000")
    settle()
    place(person("alice"), market, "sell", "1", at="60000")
    return market


@contextmanager
def a_stranger_holds(name: str) -> Iterator[threading.Event]:
    """Somebody else's transaction holds a user's accounts until the event is set."""
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT id FROM ledger_account WHERE owner_id = %s FOR NO KEY UPDATE",
                [person_id],
            )
            locked.set()
            free.wait(20)
            cursor.execute("COMMIT")

    person_id = person(name).pk
    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(10)
    try:
        yield free
    finally:
        free.set()
        thread.join()


def sold() -> dict[str, dict[str, tuple[str, str]]]:
    return {name: balances(person(name)) for name in ("carol", "dave")}


SOLD = {
    "carol": {"BTC": ("0", "0"), "USDT": ("59000", "0")},
    "dave": {"BTC": ("1", "0"), "USDT": ("41000", "0")},
}


@pytest.mark.django_db
def test_whom_a_cascade_reaches_is_locked_when_it_does():
    market = a_cascade()
    engine = build_engine(shard=0, time=0)
    foreseen = engine.users_needed(commands_after(shard=0, position=0, limit=100)[-1:])
    assert not {person("carol").pk, person("dave").pk} <= foreseen[market.pk]

    assert settle() == 1

    assert sold() == SOLD
    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.FILLED}


def test_whoever_is_in_the_way_is_waited_for_in_order(committed_db, caplog):
    """The first attempt does not wait while it holds what others may want; the second one
    knows whom it will meet and asks for all accounts in the one order."""
    a_cascade()
    worker = Worker(shard=0)

    with a_stranger_holds("dave") as free, caplog.at_level(logging.INFO):
        threading.Timer(1, free.set).start()
        assert worker.step() == 1

    assert [r.message for r in caplog.records].count("a batch is tried again") <= 2
    assert "a batch is tried again" in caplog.text
    assert sold() == SOLD


@pytest.mark.django_db
def test_a_working_balance_is_not_read_again():
    """A user has one account of the quote asset in two markets: what the engine moved in
    one of them must be known in the other."""
    first, second = make_market(), make_market("ETH-USDT")
    fund(person("alice"), "USDT", "100")
    markets = {market.pk: market.rules for market in (first, second)}
    purse = Purse(markets, KnownWallets(), met={}, pause=lambda: None)
    purse.foresee({first.pk: {person("alice").pk}}, [])
    quote = purse[first.pk][person("alice").pk][1]
    purse.balances[quote.available] = 7

    met = purse[second.pk][person("alice").pk][1]

    assert met.available == quote.available
    assert purse.balances[met.available] == 7
