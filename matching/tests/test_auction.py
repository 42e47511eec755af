"""The rule book of the auction price, and a twin that tries every tick."""

from hypothesis import example, given
from hypothesis import strategies as st

from matching.auction import auction_price

LEVELS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), max_size=8)


def test_the_price_with_the_largest_volume_is_taken():
    bids = [(103, 5), (101, 10)]
    asks = [(100, 8), (102, 20)]

    # At 101 eight lots trade; at 102 and 103 only the five of the best bid.
    assert auction_price(bids, asks, reference=103) == (101, 8)


def test_of_two_prices_with_one_volume_the_better_balanced_one_is_taken():
    bids = [(105, 10)]
    asks = [(100, 10), (103, 5)]

    # From 100 to 105 ten lots trade; from 103 on five sellers would be left over.
    assert auction_price(bids, asks, reference=105) == (102, 10)


def test_of_balanced_prices_the_one_nearest_to_the_reference_is_taken():
    bids, asks = [(110, 4)], [(90, 4)]

    assert auction_price(bids, asks, reference=97) == (97, 4)
    assert auction_price(bids, asks, reference=80) == (90, 4)
    assert auction_price(bids, asks, reference=200) == (110, 4)


def test_without_a_reference_the_middle_of_the_best_prices_is_the_reference():
    assert auction_price([(110, 4), (95, 1)], [(91, 4)], reference=None) == (100, 4)


def test_two_prices_as_good_and_as_near_are_the_same_price():
    """The rule ends with "the lower", but what is best is one unbroken range of ticks."""
    bids, asks = [(103, 5), (100, 5)], [(98, 5), (102, 5)]

    # Five buyers too many up to 100, none at 101, five sellers too many from 102.
    assert auction_price(bids, asks, reference=101) == (101, 5)
    # Without a tick between the two, the reference itself is one of them.
    bids, asks = [(103, 5), (100, 5)], [(98, 5), (101, 5)]
    assert auction_price(bids, asks, reference=100) == (100, 5)
    assert auction_price(bids, asks, reference=101) == (101, 5)


def test_nothing_trades_when_the_book_does_not_cross():
    assert auction_price([(99, 5)], [(100, 5)], reference=100) == (0, 0)
    assert auction_price([], [(100, 5)], reference=None) == (0, 0)
    assert auction_price([(99, 5)], [], reference=None) == (0, 0)
    assert auction_price([], [], reference=7) == (0, 0)


def test_prices_far_apart_cost_nothing():
    trillion = 10**12

    assert auction_price([(trillion, 1)], [(1, 1)], reference=123) == (123, 1)


@given(bids=LEVELS, asks=LEVELS, reference=st.none() | st.integers(1, 45))
@example(bids=[(3, 1), (3, 1)], asks=[(1, 1)], reference=None)
def test_it_agrees_with_trying_every_tick(bids, asks, reference):
    assert auction_price(bids, asks, reference) == twin(bids, asks, reference)


def twin(bids, asks, reference):
    if not bids or not asks:
        return 0, 0
    if reference is None:
        reference = (max(bids)[0] + min(asks)[0]) // 2
    judged = []
    for price in range(1, 50):
        demand = sum(lots for limit, lots in bids if limit >= price)
        supply = sum(lots for limit, lots in asks if limit <= price)
        volume = min(demand, supply)
        judged.append((-volume, abs(demand - supply), abs(price - reference), price))
    volume, _, _, price = min(judged)
    return (price, -volume) if volume else (0, 0)
