from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House


@pytest.fixture(scope="package")
def _running_house(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
) -> Iterator[House]:
    house = House(Path(tmp_path_factory.mktemp("faults")))
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        house.open()
        house.start_beat()
        yield house
        house.close()


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
