"""The table of states, by itself."""

import itertools

import pytest

from deposits.states import (
    ARROWS,
    FINAL,
    FIRST,
    IN_THE_BOOKS,
    State,
    Step,
    state_after,
    steps_from,
)


def test_these_are_all_arrows():
    found = {
        (state, step): after
        for state, step in itertools.product(State, Step)
        if (after := state_after(state, step)) is not None
    }

    assert found == {("entered", "confirm"): "credited", ("entered", "refuse"): "refused"}


@pytest.mark.parametrize("state", State)
def test_a_state_offers_the_steps_that_lead_on_from_it(state):
    offered = steps_from(state)

    assert set(offered) == {step for step in Step if state_after(state, step) is not None}
    assert (state in FINAL) == (offered == ())


def test_every_state_is_reached_and_none_twice():
    assert sorted([FIRST, *ARROWS.values()]) == sorted(State)


def test_nothing_is_in_the_books_before_somebody_confirmed_it():
    assert FIRST not in IN_THE_BOOKS
    assert {after for (_, step), after in ARROWS.items() if step is Step.CONFIRM} == (
        IN_THE_BOOKS
    )
