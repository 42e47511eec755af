"""What the tests of the API share."""

import pytest

from orders.models import Market
from tests.stories import Caller, caller, fund, make_market, person, settle


@pytest.fixture
def engine_at_work(settings, monkeypatch) -> None:
    """While an answer waits for the engine, the engine works."""
    settings.ORDER_WAIT_MS = 60_000
    monkeypatch.setattr("time.sleep", lambda _: settle())


@pytest.fixture
def market(db) -> Market:
    return make_market()


@pytest.fixture
def alice(market) -> Caller:
    """She has 100,000 USDT and 10 BTC."""
    fund(person("alice"), "USDT", "100000")
    fund(person("alice"), "BTC", "10")
    return caller(person("alice"))


@pytest.fixture
def bob(market) -> Caller:
    """He has as much."""
    fund(person("bob"), "USDT", "100000")
    fund(person("bob"), "BTC", "10")
    return caller(person("bob"))
