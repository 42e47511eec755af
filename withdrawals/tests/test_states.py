"""The table of states, by itself."""

import itertools

import pytest

from withdrawals.states import (
    ARROWS,
    FINAL,
    FIRST,
    MONEY,
    UNDECIDED,
    Money,
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

    assert found == {
        ("requested", "approve"): "approved",
        ("requested", "reject"): "rejected",
        ("requested", "cancel"): "cancelled",
        ("approved", "mark paid"): "paid",
        ("approved", "mark failed"): "failed",
    }


@pytest.mark.parametrize("state", State)
def test_a_state_offers_the_steps_that_lead_on_from_it(state):
    offered = steps_from(state)

    assert set(offered) == {step for step in Step if state_after(state, step) is not None}
    assert (state in FINAL) == (offered == ())


def test_every_state_is_reached_and_none_twice():
    assert sorted([FIRST, *ARROWS.values()]) == sorted(State)


def test_the_money_is_held_until_a_final_state_and_then_paid_or_returned():
    assert {state for state in State if MONEY[state] is Money.HELD} == set(State) - FINAL
    assert {state for state in State if MONEY[state] is Money.PAID} == {State.PAID}


def test_only_a_request_and_its_cancellation_happen_without_a_decision():
    decisions = {ARROWS[State.REQUESTED, step] for step in (Step.APPROVE, Step.REJECT)}
    after_them = {ARROWS[arrow] for arrow in ARROWS if arrow[0] in decisions}

    assert set(UNDECIDED) == set(State) - decisions - after_them
