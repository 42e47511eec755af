import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.bench.setting import Setting, make_setting
from orders.models import Command, Market
from tests.faults.house import House


@pytest.fixture(scope="package")
def _running_house(
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
) -> Iterator[House]:
    # pytest's own directories are closed to the user that PostgreSQL runs as.
    directory = Path(tempfile.mkdtemp(prefix="fb-", dir="/tmp"))
    directory.chmod(0o755)
    house = House(directory / "var")
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        house.open()
        house.start_beat()
        yield house
        house.close()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def house(
    _running_house: House, django_db_blocker: pytest.FixtureRequest
) -> Iterator[House]:
    """Servers and beat that all tests of this package share; engines end with the test."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        shared = len(_running_house.processes)
        yield _running_house
        for engine in _running_house.processes[shared:]:
            engine.kill()
            engine.wait()
        del _running_house.processes[shared:]


@pytest.fixture
def setting(house: House) -> Setting:
    """The market and the people of the first test that asked."""
    market = Market.objects.select_related("base", "quote").first()
    if market is None:
        return make_setting(users=20)
    users = Command.objects.filter(user_id__gt=0).values_list("user_id", flat=True)
    return Setting(market, sorted(users.distinct()))
