"""Whatever is asked of the engine, it does what a naive exchange does, to the atom."""

from collections import defaultdict

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from matching.tests.twin.compare import Both
from matching.tests.twin.house import House
from matching.tests.twin.streams import Asked, Stream
from orders.commands import Amend, Clock, OrderSide, OrderStatus, Unit

# A stream is a seed for what it has in common, and one for each unit. That of 0 does
# nothing, so it shrinks to the units that matter. Short streams find nothing.
SEEDS = st.integers(0, 2**32 - 1)
STREAMS = st.tuples(SEEDS, st.lists(SEEDS, min_size=30, max_size=80))


def whole(seed: int, seeds: list[int]) -> tuple[Stream, list[Asked]]:
    stream = Stream.begun(seed)
    return stream, [stream.next(number) for number in seeds]


def follow(seed: int, seeds: list[int]) -> None:
    """Tell both the same, unit by unit, and compare them after each."""
    stream = Stream.begun(seed)
    both = Both(stream)
    note(f"{stream.market}, {stream.funds()}")
    for number in seeds:
        unit = stream.next(number)
        if not isinstance(unit[0], Clock):
            note(str(unit))
        both.run([unit])
        assert both.differences() == {}


@given(STREAMS)
@settings(max_examples=150)
def test_a_stream_of_everything_gives_what_a_naive_exchange_gives(stream):
    follow(*stream)


@pytest.mark.slow
@given(st.tuples(SEEDS, st.lists(SEEDS, min_size=40, max_size=200)))
@settings(max_examples=2_000)
def test_long_streams_of_everything_give_what_a_naive_exchange_gives(stream):
    follow(*stream)


@given(STREAMS, st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1))
@settings(max_examples=80)
def test_batches_and_restarts_change_nothing(stream, cuts):
    asked, units = whole(*stream)
    one_by_one, in_batches = House.of(asked), House.of(asked)
    for unit in units:
        one_by_one.run([unit])

    while units:
        for size, restarts in cuts:
            batch, units = units[:size], units[size:]
            note(f"{batch}, restart: {restarts}")
            in_batches.run(batch)
            if restarts:
                in_batches.restart()

    assert in_batches.story() == one_by_one.story()


@given(STREAMS)
@settings(max_examples=60)
def test_nothing_is_made_or_lost(stream):
    asked, units = whole(*stream)
    house = House.of(asked)
    before = house.totals()

    for unit in units:
        house.run([unit])
        assert house.totals() == before

    house.check_trades()
    house.check_fills()


@given(STREAMS)
@settings(max_examples=60)
def test_a_trade_is_made_at_the_price_of_the_maker_and_never_beyond_the_takers(stream):
    asked, units = whole(*stream)
    house = House.of(asked)

    for unit, created in units:
        known = len(house.trades)
        house.run([(unit, created)])
        if isinstance(unit, Unit) and any(isinstance(c, Amend) for c in unit.commands):
            continue  # an order may trade and be amended in one moment
        prices = defaultdict(set)
        for trade in house.trades[known:]:
            maker, taker = (
                house.orders[trade.maker_order]["price"],
                house.orders[trade.taker_order]["price"],
            )
            buys = trade.taker_side == OrderSide.BUY
            if trade.auction:
                prices["auction"].add(trade.price)
                bid, ask = (taker, maker) if buys else (maker, taker)
                assert ask <= trade.price <= bid
            else:
                assert trade.price == maker
                assert not taker or (trade.price <= taker if buys else trade.price >= taker)
        assert len(prices["auction"]) <= 1


@given(STREAMS)
@settings(max_examples=60)
def test_an_order_that_has_ended_never_changes_again(stream):
    asked, units = whole(*stream)
    house, ended = House.of(asked), {}

    for unit in units:
        house.run([unit])

        for number, record in ended.items():
            assert house.orders[number] == record
        ended = {
            number: dict(record)
            for number, record in house.orders.items()
            if record["status"]
            in {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED}
        }
