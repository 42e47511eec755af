"""The benchmark measures what it says; how fast it is, is told by no test."""

import pytest

from exchange.bench import engine, flows, peers, tables
from orders.commands import OrderStatus


def test_a_mixed_stream_is_as_mixed_as_it_says():
    steps = flows.mixed(20_000, seed=1)

    cancels = sum(side == 0 for side, _, _ in steps)

    assert len(steps) == 20_000
    assert 0.23 < cancels / len(steps) < 0.27
    assert flows.mixed(20_000, seed=1) == steps


def test_the_engine_and_its_bare_book_trade_the_same():
    flow = engine.commands_of(flows.mixed(5_000, seed=1))

    _, by_engine = peers.run_engine(flow)
    _, by_book = peers.run_book(flow)

    assert by_engine == by_book > 0


def test_a_cascade_sets_off_every_stop():
    market = engine.new_engine()
    market.run(flows.cascade(50, engine.RULES, engine.USERS), {}, {})
    first = flows.limit_order(1_000, 1, 1, flows.SELL, flows.MID, 1)

    outcome = market.run([(first, 0)], {}, {})[1]

    prices = [price for _, price, *_ in outcome.trades]
    assert prices == [flows.MID - n for n in range(51)]


def test_far_stops_stay_armed():
    market = engine.new_engine()
    touch = [(flows.SELL, flows.MID, 1), (flows.BUY, flows.MID, 1)]
    market.run(engine.commands_of(touch), {}, {})
    stops = flows.far_stops(40, engine.RULES, engine.USERS, first=2, distance=5_000)
    market.run(stops, {}, {})

    outcome = market.run(engine.commands_of(flows.mixed(2_000, seed=1), first=42), {}, {})[
        1
    ]

    assert outcome.trades
    live = [order for mine in market.books[1].live.values() for order in mine.values()]
    assert sum(order.status == OrderStatus.ARMED for order in live) == 40


def test_a_package_that_does_not_come_through_is_said_to_be_so(tmp_path):
    """One that was installed, whose Python only complains."""
    home = tmp_path / "lightmatchingengine-0"
    (home / "bin").mkdir(parents=True)
    (home / "installed").touch()
    python = home / "bin" / "python"
    python.write_text("#!/bin/sh\necho 'No module of that name.' >&2\nexit 1\n")
    python.chmod(0o700)

    measured = peers.measure_all(
        directory=tmp_path,
        steps=flows.mixed(500, seed=1),
        runs=1,
        say=lambda _: None,
        pins={"lightmatchingengine": "0"},
    )

    assert [peer.missing for peer in measured] == ["", "", "No module of that name."]
    assert list(tables.peer_lines(measured))[-1].endswith(
        "not measured: No module of that name."
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "size"),
    [
        (engine.long_mixed, 5_000),
        (engine.collected, 5_000),
        (engine.guarded, 5_000),
        (engine.on_a_deep_book, 4_000),
        (engine.anywhere_in_a_deep_book, 4_000),
        (engine.cancel_from_the_middle, 1_000),
        (engine.sweep, 50),
        (engine.beside_armed_stops, 400),
        (engine.cascade, 400),
    ],
)
def test_every_measure_is_taken_beside_its_reference(measure, size):
    measured = measure(size, 1)

    assert len(measured.values) == len(measured.references) == 1
    assert measured.ratio > 0
    [line, _] = tables.engine_lines([measured])
    assert measured.reference in line
