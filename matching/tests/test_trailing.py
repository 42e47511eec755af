"""The rule book of trailing stops, and a twin that moves every one of them."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from matching.trailing import Trailing

PRICE_MAX = 60


def sells(**orders: tuple[int, int]) -> Trailing:
    """Trailing stops that wait for a fall: name=(distance, extreme)."""
    stops = Trailing(falls=True, relative=False, price_max=1_000_000)
    for name, (distance, extreme) in orders.items():
        stops.add(int(name[1:]), distance, extreme)
    return stops


def test_a_sell_follows_the_price_up_and_never_down():
    stops = sells(_1=(10, 100))

    heights = [(stops.seen(price), stops.trigger_of(1)) for price in (103, 95, 104, 98)]

    assert heights == [([], 93), ([], 93), ([], 94), ([], 94)]
    assert stops.extreme_of(1) == 104


def test_a_buy_follows_the_price_down_and_never_up():
    stops = Trailing(falls=False, relative=False, price_max=1_000_000)
    stops.add(1, 10, 100)

    assert [stops.seen(price) for price in (97, 106, 107)] == [[], [], [(1, 107)]]
    assert len(stops) == 0


def test_a_price_is_compared_with_the_trigger_as_it_stood_before_it():
    stops = sells(_1=(10, 100))

    assert stops.seen(90) == [(1, 90)]
    assert 1 not in stops


def test_those_that_are_touched_come_in_the_order_in_which_the_price_met_them():
    stops = sells(_1=(30, 100), _2=(10, 100), _3=(20, 110), _4=(50, 100))

    assert stops.seen(60) == [(2, 90), (3, 90), (1, 70)]
    assert stops.trigger_of(4) == 50


def test_a_relative_distance_is_a_part_of_the_extreme_rounded_up():
    stops = Trailing(falls=True, relative=True, price_max=1_000_000)
    stops.add(1, 15_000, 1_001)
    rises = Trailing(falls=False, relative=True, price_max=1_000_000)
    rises.add(1, 15_000, 1_001)

    assert stops.trigger_of(1) == 1_001 - 16
    assert rises.trigger_of(1) == 1_001 + 16


def test_a_trigger_stays_within_what_a_market_knows_as_a_price():
    stops = sells(_1=(500, 100))
    rises = Trailing(falls=False, relative=False, price_max=120)
    rises.add(1, 500, 100)

    assert stops.trigger_of(1) == 1
    assert rises.trigger_of(1) == 120
    assert stops.seen(1) == [(1, 1)]
    assert rises.seen(120) == [(1, 120)]


def test_an_order_that_comes_later_may_have_any_extreme():
    stops = sells(_1=(10, 100), _2=(10, 80), _3=(10, 120), _4=(10, 90))

    assert stops.seen(95) == [(3, 110)]
    assert [stops.extreme_of(key) for key in (1, 2, 4)] == [100, 95, 95]


def test_what_was_removed_is_never_touched():
    stops = sells(_1=(10, 100), _2=(11, 100))

    stops.remove(1)
    stops.add(1, 40, 100)

    assert stops.seen(85) == [(2, 89)]
    assert len(stops) == 1
    with pytest.raises(KeyError):
        stops.remove(2)


def test_those_that_come_and_go_leave_nothing_behind():
    stops = sells(_1=(1, 100))

    for number in range(2, 5_000):
        stops.add(number, 50, 100 + number % 7)
        stops.seen(100)
        stops.remove(number)

    assert len(stops) == 1
    assert len(stops._listings) < 200
    assert sum(len(group.orders) for group in stops._groups.values()) < 200


@pytest.mark.parametrize("relative", [False, True])
def test_a_price_that_jumps_looks_at_few_orders(monkeypatch, relative):
    """10,000 armed, 10,000 jumps: the naive way computes a hundred million triggers."""
    chance = random.Random(1)
    computed = 0
    original = Trailing._trigger

    def counted(self, extreme, distance):
        nonlocal computed
        computed += 1
        return original(self, extreme, distance)

    monkeypatch.setattr(Trailing, "_trigger", counted)
    stops = Trailing(falls=True, relative=relative, price_max=10**9)
    for number in range(10_000):
        extreme = 1_000_000 + chance.randint(-100_000, 100_000)
        stops.add(number, chance.randint(200_000, 900_000), extreme)

    for _ in range(10_000):
        stops.seen(1_000_000 + chance.randint(-100_000, 100_000))

    assert computed < 100_000


class Twin:
    """One order after the other, for each price."""

    def __init__(self, falls, relative):
        self.falls, self.relative = falls, relative
        self.armed = {}

    def trigger_of(self, key):
        distance, extreme = self.armed[key]
        if self.relative:
            distance = (extreme * distance + 999_999) // 1_000_000
        if self.falls:
            return max(1, extreme - distance)
        return min(PRICE_MAX, extreme + distance)

    def seen(self, price):
        touched = []
        for key in list(self.armed):
            trigger, (distance, extreme) = self.trigger_of(key), self.armed[key]
            if price <= trigger if self.falls else price >= trigger:
                touched.append((key, trigger))
                del self.armed[key]
            else:
                moved = (max if self.falls else min)(extreme, price)
                self.armed[key] = (distance, moved)
        return sorted(touched, key=lambda it: -it[1] if self.falls else it[1])


class Both(RuleBasedStateMachine):
    """Whatever comes, the twin and the real one say the same."""

    @initialize(falls=st.booleans(), relative=st.booleans())
    def start(self, falls, relative):
        self.twin = Twin(falls, relative)
        self.real = Trailing(falls=falls, relative=relative, price_max=PRICE_MAX)
        self.unit = 20_000 if relative else 1
        self.key = 0

    @rule(distance=st.integers(1, 40), extreme=st.integers(1, PRICE_MAX))
    def add(self, distance, extreme):
        self.key += 1
        self.twin.armed[self.key] = (distance * self.unit, extreme)
        self.real.add(self.key, distance * self.unit, extreme)

    @rule(place=st.integers(0, 100))
    def remove(self, place):
        if self.twin.armed:
            key = list(self.twin.armed)[place % len(self.twin.armed)]
            del self.twin.armed[key]
            self.real.remove(key)

    @rule(price=st.integers(1, PRICE_MAX))
    def see(self, price):
        assert self.real.seen(price) == self.twin.seen(price)

    @invariant()
    def agree(self):
        if not hasattr(self, "twin"):
            return
        assert len(self.real) == len(self.twin.armed)
        for key, (_, extreme) in self.twin.armed.items():
            assert self.real.extreme_of(key) == extreme
            assert self.real.trigger_of(key) == self.twin.trigger_of(key)


TestBoth = Both.TestCase


@given(seed=st.integers(0, 10**6), falls=st.booleans(), relative=st.booleans())
def test_a_long_day_agrees_with_the_twin(seed, falls, relative):
    chance = random.Random(seed)
    twin, real = Twin(falls, relative), Trailing(falls, relative, PRICE_MAX)
    unit = 20_000 if relative else 1
    for key in range(300):
        kind = chance.random()
        if kind < 0.5:
            distance, extreme = chance.randint(1, 45) * unit, chance.randint(5, 55)
            twin.armed[key] = (distance, extreme)
            real.add(key, distance, extreme)
        elif kind < 0.7 and twin.armed:
            gone = chance.choice(list(twin.armed))
            del twin.armed[gone]
            real.remove(gone)
        else:
            price = chance.randint(5, 55)
            assert real.seen(price) == twin.seen(price)
    assert all(a < b for a, b in pairwise(real._extremes))
    assert {key: real.extreme_of(key) for key in twin.armed} == {
        key: extreme for key, (_, extreme) in twin.armed.items()
    }
