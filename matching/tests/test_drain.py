"""The engine's loop, and what it does about Python's garbage collector."""

import gc

import pytest

from matching.drain import collected_when_idle, drain
from orders.models import Order
from tests.stories import fund, make_market, person, place

pytestmark = pytest.mark.django_db


def test_what_waits_is_settled_and_the_engine_returns_when_nothing_comes():
    market = make_market()
    fund(person("alice"), "BTC", "1")
    for price in ("60000", "60001", "60002"):
        place(person("alice"), market, "sell", "0.1", at=price)

    settled = drain(shard=market.shard, seconds=5.0, idle_seconds=0.1)

    assert (settled, Order.objects.count()) == (3, 3)


def test_the_collector_rests_while_the_engine_works_and_works_again_afterwards():
    with collected_when_idle():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_idle_engine_collects_what_leads_back_to_itself():
    class Loop:
        gone: list[bool] = []

        def __init__(self) -> None:
            self.self = self

        def __del__(self) -> None:
            self.gone.append(True)

    with collected_when_idle() as collect:
        for _ in range(20_000):
            Loop()
        assert Loop.gone == []

        collect()

        assert len(Loop.gone) == 20_000
