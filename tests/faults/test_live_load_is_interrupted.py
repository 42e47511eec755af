"""Killed while people trade: what was acknowledged is there, and the books agree."""

import signal
import time
from pathlib import Path

import pytest
from django.db import connection

from exchange.bench.setting import Setting
from orders.models import Command, Order
from tests.faults.house import House, answers, free_port, wait_until
from tests.faults.loads import Sent, send_orders

pytestmark = pytest.mark.slow

SECONDS = 8.0
#: The load has settled down by then, and goes on for as long afterwards.
MIDST = 3.0


def expect_all_there(house: House, *loads: Sent) -> None:
    """Each acknowledged order is in the log once and was decided; the books agree."""
    house.wait_until_settled(seconds=60)
    acked = [order for load in loads for order in load.acked]
    assert len(set(acked)) == len(acked)
    assert Command.objects.filter(pk__in=acked).count() == len(acked)
    assert Order.objects.filter(pk__in=acked).count() == len(acked)
    house.prove()


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "waiting"])
def test_an_engine_killed_under_load_loses_nothing(
    house: House, setting: Setting, tmp_path: Path, waits: bool
) -> None:
    engine, port = house.start_engine(), free_port()
    house.start_web(port=port)

    def kill() -> None:
        time.sleep(MIDST)
        engine.kill()
        house.start_engine()

    sent = send_orders(
        setting,
        port=port,
        seconds=SECONDS,
        directory=tmp_path,
        meanwhile=kill,
        waits=waits,
    )

    assert sent.told.refused() == set()
    assert sent.told.lost == 0
    assert len(sent.acked) > 100
    expect_all_there(house, sent)


def test_a_web_process_killed_under_load_loses_nothing_that_it_acknowledged(
    house: House, setting: Setting, tmp_path: Path
) -> None:
    house.start_engine()
    port = free_port()
    web = house.start_web(port=port)

    def kill() -> None:
        time.sleep(MIDST)
        web.kill()
        web.wait()
        house.start_web(port=port)

    before = send_orders(
        setting, port=port, seconds=SECONDS, directory=tmp_path, meanwhile=kill
    )
    after = send_orders(
        setting, port=port, seconds=2, directory=tmp_path, meanwhile=lambda: None
    )

    assert len(before.acked) > 100
    assert len(after.acked) > 100
    assert after.told.refused() == set()
    expect_all_there(house, before, after)


def test_a_postgresql_killed_under_load_loses_nothing_that_was_acknowledged(
    house: House, setting: Setting, tmp_path: Path
) -> None:
    house.start_engine()
    port = free_port()
    house.start_web(port=port)
    last = 0

    def kill() -> None:
        nonlocal last
        time.sleep(MIDST)
        house.crash_postgres(signal.SIGKILL)
        connection.close()
        wait_until(answers, seconds=20)
        last = Command.objects.latest("id").pk

    sent = send_orders(
        setting, port=port, seconds=2 * SECONDS, directory=tmp_path, meanwhile=kill
    )

    # Refused as unavailable meanwhile, never forgotten.
    assert sent.told.refused() <= {"503"}
    assert sent.told.lost == 0
    assert min(sent.acked) < last < max(sent.acked)
    expect_all_there(house, sent)
