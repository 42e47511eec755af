"""Many numbers in order, beside a sorted list; runs so short that everything happens."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import ranks
from matching.ranks import Ranks


@pytest.fixture(autouse=True)
def short_runs(monkeypatch):
    monkeypatch.setattr(ranks, "RUN", 2)


@given(st.lists(st.integers(-30, 30)))
def test_they_are_those_of_a_sorted_list(numbers):
    """A number that is there is taken out, another is added."""
    real, twin = Ranks(), set()
    near = real.near

    for number in numbers:
        if number in twin:
            real.remove(number)
        else:
            real.add(number)
        twin ^= {number}

        assert list(real) == sorted(twin)
        assert list(reversed(real)) == sorted(twin, reverse=True)
        assert real.near is near
        assert near[-1:] == sorted(twin)[-1:]


def test_of_very_many_no_list_is_long():
    real, chance = Ranks(), random.Random(1)
    numbers = chance.sample(range(10_000), 1_000)

    for number in numbers:
        real.add(number)

    assert all(len(run) <= 2 * ranks.RUN for run in (*real._runs, real.near))
    assert all(a < b for a, b in pairwise(real))


def test_the_next_ones_come_near_when_the_largest_are_gone():
    real = Ranks()
    for number in range(20):
        real.add(number)

    gone = []
    while real.near:
        gone.append(real.near[-1])
        real.remove(real.near[-1])

    assert gone == list(range(19, -1, -1))
