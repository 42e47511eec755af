"""Realised gains: examples by hand, and every atom against two naive twins."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvariantBroken
from reports.gains import (
    AverageCost,
    FirstInFirstOut,
    Kind,
    Method,
    Realised,
    Step,
    gains,
    realise,
    stock,
)

TWO_BUYS_AND_A_SALE = [
    Step(Kind.GOT, 10, 100, "January"),
    Step(Kind.GOT, 10, 300, "February"),
    Step(Kind.SOLD, 15, 600, "March"),
]


def test_first_in_first_out_sells_the_oldest():
    assert list(gains(TWO_BUYS_AND_A_SALE, Method.FIFO)) == [
        Realised("March", "January", 10, proceeds=400, cost=100),
        Realised("March", "February", 5, proceeds=200, cost=150),
    ]


def test_average_cost_sells_a_part_of_everything():
    (sale,) = gains(TWO_BUYS_AND_A_SALE, Method.AVERAGE)

    assert sale == Realised("March", None, 15, proceeds=600, cost=300)
    assert sale.gain == 300


def test_selling_below_cost_is_a_loss():
    (sale,) = gains(
        [Step(Kind.GOT, 3, 100, "in"), Step(Kind.SOLD, 3, 40, "out")], Method.FIFO
    )

    assert sale.gain == -60


@pytest.mark.parametrize("method", Method)
def test_what_is_withdrawn_takes_its_cost_along_and_gains_nothing(method):
    steps = [
        Step(Kind.GOT, 10, 100, "in"),
        Step(Kind.LEFT, 4, 0, "withdrawn"),
        Step(Kind.SOLD, 6, 90, "sold"),
    ]

    assert [(it.went, it.cost, it.gain) for it in gains(steps, method)] == [
        ("withdrawn", 40, 0),
        ("sold", 60, 30),
    ]


@pytest.mark.parametrize("method", Method)
def test_more_cannot_go_than_is_there(method):
    held = stock(method)
    held.add(1, 100, "in")

    with pytest.raises(InvariantBroken):
        list(realise(held, Step(Kind.SOLD, 2, 50, "out")))

    assert (held.quantity, held.cost) == (1, 100)


def test_a_lot_that_does_not_divide_costs_the_same_in_one_piece_or_in_many():
    at_once, bit_by_bit = FirstInFirstOut(), FirstInFirstOut()
    for held in (at_once, bit_by_bit):
        held.add(7, 100, "in")

    whole = sum(part.cost for part in at_once.take(5))
    pieces = [part.cost for _ in range(5) for part in bit_by_bit.take(1)]

    assert (whole, pieces) == (71, [14, 14, 14, 15, 14])


# Every history --------------------------------------------------------------------------


@st.composite
def histories(draw) -> list[Step[int]]:
    """Steps that never take more than is there."""
    steps, there = [], 0
    for number in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(Kind)) if there else Kind.GOT
        quantity = draw(st.integers(1, 40 if kind is Kind.GOT else there))
        value = 0 if kind is Kind.LEFT else draw(st.integers(0, 1000))
        there += quantity if kind is Kind.GOT else -quantity
        steps.append(Step(kind, quantity, value, number))
    return steps


def atom_by_atom(steps: list[Step[int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """(went, came) -> (atoms, cost): a queue in which every single atom stands."""
    queue: list[tuple[int, int]] = []
    out: dict[tuple[int, int], tuple[int, int]] = {}
    for step in steps:
        if step.kind is Kind.GOT:
            prices = [step.value * n // step.quantity for n in range(step.quantity + 1)]
            queue += [(step.fact, b - a) for a, b in pairwise(prices)]
            continue
        for came, cost in queue[: step.quantity]:
            atoms, so_far = out.get((step.fact, came), (0, 0))
            out[step.fact, came] = atoms + 1, so_far + cost
        del queue[: step.quantity]
    return out


@given(histories())
def test_first_in_first_out_is_a_queue_of_atoms(steps):
    told = list(gains(steps, Method.FIFO))

    assert {(it.went, it.came): (it.quantity, it.cost) for it in told} == atom_by_atom(
        steps
    )
    assert len({(it.went, it.came) for it in told}) == len(told)


@given(histories())
def test_average_cost_is_the_exact_average_but_for_an_atom_a_step(steps):
    quantity, cost, exact = 0, Fraction(), []
    for step in steps:
        if step.kind is Kind.GOT:
            quantity, cost = quantity + step.quantity, cost + step.value
        else:
            went = cost * step.quantity / quantity
            quantity, cost = quantity - step.quantity, cost - went
            exact.append(went)

    told = [it.cost for it in gains(steps, Method.AVERAGE)]

    assert len(told) == len(exact)
    for so_many in range(1, len(told) + 1):
        behind = sum(exact[:so_many]) - sum(told[:so_many])
        assert 0 <= behind < so_many


@given(histories(), st.sampled_from(Method))
def test_no_atom_is_lost(steps, method):
    held = stock(method)
    told = [it for step in steps for it in realise(held, step)]

    came = [step for step in steps if step.kind is Kind.GOT]
    sold = {step.fact: step.value for step in steps if step.kind is Kind.SOLD}
    assert sum(it.quantity for it in came) == held.quantity + sum(
        it.quantity for it in told
    )
    assert sum(it.value for it in came) == held.cost + sum(it.cost for it in told)
    assert {
        fact: sum(it.proceeds for it in told if it.went == fact) for fact in sold
    } == sold
    assert all(it.gain == 0 for it in told if it.went not in sold)
    assert held.quantity or not held.cost


@given(histories(), st.integers(0, 1000))
def test_both_methods_agree_when_everything_is_sold(steps, price):
    steps = [Step(Kind.SOLD, *it[1:]) if it.kind is Kind.LEFT else it for it in steps]
    left = sum(it.quantity if it.kind is Kind.GOT else -it.quantity for it in steps)
    if left:
        steps.append(Step(Kind.SOLD, left, price, len(steps)))

    by_fifo, by_average = (sum(it.gain for it in gains(steps, method)) for method in Method)

    assert by_fifo == by_average


def test_an_average_forgets_when_it_came():
    held = AverageCost()
    held.add(2, 10, "monday")
    held.add(2, 30, "tuesday")

    assert [(part.quantity, part.cost, part.came) for part in held.take(1)] == [
        (1, 10, None)
    ]
