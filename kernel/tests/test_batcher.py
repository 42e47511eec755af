"""Many who wait, one who goes."""

import asyncio

import pytest

from kernel.batcher import Batcher
from kernel.errors import Busy


class Ferry:
    """Carries batches, each when it is told to."""

    def __init__(self, *, limit: int = 100, most: int = 100) -> None:
        self.carried: list[list[int]] = []
        self.leave = asyncio.Semaphore(0)
        self.batcher: Batcher[int, int] = Batcher(self._carry, limit=limit, most=most)

    async def _carry(self, items: list[int]) -> list[int | BaseException]:
        self.carried.append(items)
        await self.leave.acquire()
        if 13 in items:
            raise OSError("the river is closed")
        return [ValueError(item) if item < 0 else item * 10 for item in items]


async def settle_down() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_arrives_while_a_batch_is_carried_out_is_the_next_one():
    ferry = Ferry()

    first = ferry.batcher.ask(1)
    await settle_down()
    others = [ferry.batcher.ask(it) for it in (2, 3, 4)]
    ferry.leave.release()
    ferry.leave.release()

    assert await asyncio.gather(first, *others) == [10, 20, 30, 40]
    assert ferry.carried == [[1], [2, 3, 4]]


async def test_what_is_beyond_the_limit_is_refused_before_it_is_accepted():
    ferry = Ferry(limit=3)
    ferry.batcher.ask(1)
    await settle_down()
    waiting = [ferry.batcher.ask(2, weight=2)]

    with pytest.raises(Busy):
        ferry.batcher.ask(3, weight=2)
    waiting.append(ferry.batcher.ask(4))
    for _ in range(2):
        ferry.leave.release()

    assert await asyncio.gather(*waiting) == [20, 40]
    assert ferry.carried == [[1], [2, 4]]


async def test_a_batch_takes_no_more_than_its_most_and_the_heaviest_goes_alone():
    ferry = Ferry(most=3)
    answers = [ferry.batcher.ask(it, weight=it) for it in (1, 2, 7, 3)]
    for _ in answers:
        ferry.leave.release()

    assert await asyncio.gather(*answers) == [10, 20, 70, 30]
    assert ferry.carried == [[1, 2], [7], [3]]


async def test_who_stops_waiting_does_not_take_his_item_back():
    ferry = Ferry()
    first, second = ferry.batcher.ask(1), ferry.batcher.ask(2)

    first.cancel()
    ferry.leave.release()

    assert await second == 20
    assert ferry.carried == [[1, 2]]


async def test_a_failure_is_told_to_the_whole_batch_and_to_no_other():
    ferry = Ferry()
    one, unlucky = ferry.batcher.ask(1), ferry.batcher.ask(13)
    await settle_down()
    later = ferry.batcher.ask(2)
    for _ in range(2):
        ferry.leave.release()

    for answer in (one, unlucky):
        with pytest.raises(OSError, match="the river is closed"):
            await answer
    assert await later == 20


async def test_an_answer_that_is_an_exception_is_raised_for_its_item_alone():
    ferry = Ferry()
    good, bad = ferry.batcher.ask(1), ferry.batcher.ask(-1)
    ferry.leave.release()

    assert await good == 10
    with pytest.raises(ValueError, match="-1"):
        await bad
