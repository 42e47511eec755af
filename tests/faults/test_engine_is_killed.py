"""Whatever is killed, whenever: no command is lost, none is done twice."""

import signal
import time

import pytest
from django.db import OperationalError, connection

from exchange.bench.setting import Setting, opposing_orders
from kernel import clock
from matching.models import Cursor
from orders.models import Command, Order, Trade
from orders.services import append_commands, request_cancel
from tests.faults.house import House, answers, wait_until

SEED = 7


def place_many(setting: Setting, *, cycles: int) -> int:
    """Append opposing orders, a hundred to a commit; how many."""
    commands = list(opposing_orders(setting, cycles=cycles, seed=SEED))
    for start in range(0, len(commands), 100):
        append_commands(commands=commands[start : start + 100])
    return len(commands)


@pytest.mark.parametrize("point", ["after_fetch", "after_match", "in_copy", "after_commit"])
def test_an_engine_killed_at_any_point_loses_and_repeats_nothing(
    house: House, setting: Setting, point: str
) -> None:
    orders, trades = Order.objects.count(), Trade.objects.count()
    placed = place_many(setting, cycles=300)

    killed = house.start_engine(failpoint=point)
    assert killed.wait(timeout=30) == -signal.SIGKILL
    house.start_engine()
    house.wait_until_settled()

    assert Order.objects.count() == orders + placed
    assert Trade.objects.count() >= trades + 300
    house.prove()


def test_a_crash_of_postgresql_loses_nothing_that_was_acknowledged(
    house: House, setting: Setting
) -> None:
    house.start_engine()
    before = Command.objects.count()
    acknowledged = 0

    for attempt in range(12):
        if attempt in (3, 8):
            house.crash_postgres()
        try:
            acknowledged += place_many(setting, cycles=20)
        except OperationalError:
            connection.close()
            wait_until(answers, seconds=20)
    house.wait_until_settled()

    # A commit whose answer was lost may have happened; one that was answered has.
    assert Command.objects.count() >= before + acknowledged
    assert acknowledged >= 200
    house.prove()


def test_a_flushed_redis_and_a_lost_bell_cost_at_most_a_moment(
    house: House, setting: Setting
) -> None:
    house.start_engine()
    place_many(setting, cycles=10)
    house.wait_until_settled()

    # This process rings another Redis: the engine hears nothing from it but the database.
    house.flush_redis()
    place_many(setting, cycles=10)
    started = time.monotonic()
    house.wait_until_settled(seconds=5)
    assert time.monotonic() - started < 3
    house.flush_redis()
    place_many(setting, cycles=10)
    house.wait_until_settled(seconds=5)

    house.prove()


def test_of_two_engines_one_works_and_the_other_takes_over_within_a_second(
    house: House, setting: Setting
) -> None:
    engines = {}
    for _ in range(2):
        process = house.start_engine()
        engines[process.pid] = process
    place_many(setting, cycles=50)
    house.wait_until_settled()
    holder = Cursor.objects.get(shard=0).holder
    time.sleep(2)  # both are rung every second; the one that holds the shard keeps it
    place_many(setting, cycles=50)
    house.wait_until_settled()
    assert Cursor.objects.get(shard=0).holder == holder

    leader = engines[_pid_of(holder)]
    leader.kill()
    leader.wait()
    died = time.monotonic()
    place_many(setting, cycles=50)
    house.wait_until_settled(seconds=10)

    assert time.monotonic() - died < 2
    assert Cursor.objects.get(shard=0).holder != holder
    house.prove()


def test_a_frozen_engine_that_wakes_up_again_cannot_write(
    house: House, setting: Setting
) -> None:
    zombie = house.start_engine()
    place_many(setting, cycles=10)
    house.wait_until_settled()
    zombie.send_signal(signal.SIGSTOP)

    house.start_engine()
    place_many(setting, cycles=50)
    house.wait_until_settled()
    zombie.send_signal(signal.SIGCONT)
    place_many(setting, cycles=50)
    house.wait_until_settled()

    house.prove()


def test_a_cancel_that_races_with_its_fill_has_one_outcome(
    house: House, setting: Setting
) -> None:
    house.start_engine()
    commands = list(opposing_orders(setting, cycles=50, seed=SEED + 1))
    for command in commands:
        append_commands(commands=[command])
        if command.side == 2:
            request_cancel(user_id=command.user_id, order_id=command.pk, now=clock.now())
    house.wait_until_settled()

    house.prove()


def _pid_of(holder: str) -> int:
    return int(holder.split("-")[0])


def test_an_engine_at_work_goes_on_while_redis_is_away(
    house: House, setting: Setting
) -> None:
    house.start_engine()
    place_many(setting, cycles=10)
    house.wait_until_settled()

    house.crash_redis()  # its keeper starts another one, which knows of nothing
    for _ in range(10):
        place_many(setting, cycles=5)
        house.wait_until_settled(seconds=5)

    house.prove()


def test_an_engine_that_is_asked_to_stop_hands_its_shard_over_at_once(
    house: House, setting: Setting
) -> None:
    engine = house.start_engine()
    place_many(setting, cycles=10)
    house.wait_until_settled()

    engine.terminate()

    assert engine.wait(timeout=4) == 0
    assert Cursor.objects.get(shard=0).holder == ""
    house.prove()
