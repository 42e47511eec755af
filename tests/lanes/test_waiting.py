"""Who waits for the engine is told once, whenever the news comes."""

import asyncio

import pytest

from orders.commands import CommandKind, OrderStatus
from orders.lane import Told, Waiting
from orders.models import OrderRow
from tests.stories import NOON

LONG = 60_000
PLACE, CANCEL = int(CommandKind.PLACE), int(CommandKind.CANCEL)


def told(
    order_id: int, status: OrderStatus = OrderStatus.OPEN, *, is_answered: bool = False
) -> Told:
    row = OrderRow(order_id, 1, 7, 1, 100, 10, 0, 0, status, 0, None, None, NOON)
    return Told(row, (), is_answered)


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


async def test_a_decision_is_told_to_who_waits_for_it(waiting):
    with waiting.waiter(wait_ms=LONG) as waiter:
        waiting.add(waiter, {5: PLACE, 6: PLACE})
        waiting.tell(told(5))
        is_told_early = waiter.future.done()
        waiting.tell(told(6))
        await waiter.all_told()

    assert not is_told_early
    assert list(waiter.told) == [5, 6]


async def test_news_may_come_before_the_commit_has_been_answered(waiting):
    with waiting.waiter(wait_ms=LONG) as waiter:
        is_awaited = waiting.is_awaited(5)
        waiting.tell(told(5))
        waiting.add(waiter, {5: PLACE})
        await waiter.all_told()

    assert is_awaited
    assert list(waiter.told) == [5]


async def test_an_order_of_somebody_else_is_not_awaited(waiting):
    with waiting.waiter(wait_ms=LONG) as waiter:
        waiting.add(waiter, {5: PLACE})

        assert [waiting.is_awaited(it) for it in (4, 5, 6)] == [False, True, True]


@pytest.mark.parametrize(
    ("news", "decides"),
    [
        (told(5), False),
        (told(5, OrderStatus.ARMED), False),
        (told(5, is_answered=True), True),
        (told(5, OrderStatus.CANCELLED), True),
        (told(5, OrderStatus.FILLED), True),
    ],
)
async def test_a_cancel_is_decided_by_an_answer_or_an_end(waiting, news, decides):
    with waiting.waiter(wait_ms=LONG) as waiter:
        waiting.add(waiter, {5: CANCEL})
        waiting.tell(news)

        assert waiter.future.done() is decides


async def test_two_who_wait_for_one_order_are_both_told(waiting):
    with waiting.waiter(wait_ms=LONG) as one, waiting.waiter(wait_ms=LONG) as other:
        for waiter in (one, other):
            waiting.add(waiter, {5: CANCEL})
        waiting.tell(told(5, OrderStatus.CANCELLED))
        await asyncio.gather(one.all_told(), other.all_told())

    assert list(one.told) == list(other.told) == [5]


async def test_whose_time_is_over_waits_no_longer(waiting):
    with waiting.waiter(wait_ms=1) as waiter:
        waiting.add(waiter, {5: PLACE})
        await asyncio.sleep(0.002)
        waiting.expire()
        await waiter.all_told()

    assert waiter.told == {}
    assert not waiting
    assert not waiting.is_awaited(5)


async def test_who_does_not_want_to_wait_does_not(waiting):
    with waiting.waiter(wait_ms=0) as waiter:
        waiting.add(waiter, {5: PLACE})
        await waiter.all_told()

    assert not waiting
    assert not waiting.is_awaited(5)
