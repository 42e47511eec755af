"""The tests of order entry, once more: their requests go by the fast lane."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orders.tests.conftest import alice, bob, market  # noqa: F401  fixtures
from tests.lanes.house import EngineAtWork, House
from tests.stories import Caller

HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lane has a connection of its own, which sees what is committed: no test here
    runs in a transaction that is rolled back."""
    for item in items:
        if HERE in item.path.parents:
            for node in item.listchain():
                node.own_markers = [it for it in node.own_markers if it.name != "django_db"]


@pytest.fixture
def db(committed_db: None) -> None:
    """Real commits, whatever a test asks for."""


@pytest.fixture
def house(committed_db: None) -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def by_the_lane(house: House) -> Iterator[House]:
    """Whoever calls the API does so by the fast lane."""
    Caller.carrier = house.carry
    yield house
    Caller.carrier = None


@pytest.fixture
def engine_at_work(settings, house: House) -> Iterator[None]:
    """Answers wait for the engine, and it works."""
    settings.ORDER_WAIT_MS = 20_000
    with EngineAtWork():
        yield
