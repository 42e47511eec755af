"""How the demo traders decide: pure functions of price, inventory and chance."""

from collections import Counter
from random import Random

from exchange.demo.prices import FairPrices
from exchange.demo.quoting import (
    DEPTH,
    Quote,
    Resting,
    Steps,
    lean,
    plan_round,
    stop_beyond,
    style_of,
    take,
)

#: BTC-USDT: a tick is 0.01 USDT, a lot 0.00001 BTC.
STEPS = Steps(tick=1_000_000, lot=1_000, lots=(50, 12_000))
PRICE = 64_000 * 10**8


def plan(resting, *, price=PRICE, at_most=100, seed=1):
    return plan_round(
        price=price, resting=resting, steps=STEPS, chance=Random(seed), at_most=at_most
    )


def rest(quotes: list[Quote], first: int = 0) -> list[Resting]:
    return [Resting(str(first + n), q.side, q.price) for n, q in enumerate(quotes)]


def test_an_empty_book_is_quoted_on_both_sides_of_the_price():
    todo = plan([])

    bids = [quote.price for quote in todo.quotes if quote.side == "buy"]
    asks = [quote.price for quote in todo.quotes if quote.side == "sell"]
    assert todo.cancels == []
    assert (len(bids), len(asks)) == (DEPTH, DEPTH)
    assert max(bids) < PRICE // STEPS.tick < min(asks)


def test_a_round_places_no_more_than_it_may():
    assert len(plan([], at_most=2).quotes) == 2


def test_what_lies_outside_of_the_band_or_on_the_wrong_side_is_cancelled():
    middle = PRICE // STEPS.tick
    far = Resting("far", "buy", middle * 98 // 100)
    crossed = Resting("crossed", "sell", middle - 5)
    good = Resting("good", "buy", middle * 999 // 1_000)

    assert plan([far, crossed, good]).cancels == [far, crossed]


def test_a_maker_stays_bounded_and_never_meets_itself_while_the_price_wanders():
    chance, price = Random(7), PRICE
    resting: list[Resting] = []
    most = 0
    for n in range(5_000):
        price += price * chance.randrange(-200, 201) // 1_000_000
        todo = plan_round(
            price=price, resting=resting, steps=STEPS, chance=chance, at_most=2
        )
        resting = [order for order in resting if order not in todo.cancels]
        resting += rest(todo.quotes, first=10 * n)
        most = max(most, len(resting))
        bids = [order.price for order in resting if order.side == "buy"]
        asks = [order.price for order in resting if order.side == "sell"]
        assert max(bids, default=0) < min(asks, default=10**12)

    assert most <= 2 * DEPTH


def test_a_maker_leans_against_what_it_has_too_much_of():
    balanced = lean(PRICE, has=200, wants=200)
    heavy = lean(PRICE, has=300, wants=200)
    light = lean(PRICE, has=100, wants=200)

    assert light > balanced == PRICE > heavy
    assert lean(PRICE, has=10**9, wants=200) == lean(PRICE, has=400, wants=200)


def test_a_taker_drifts_back_to_what_it_wants_to_have():
    chance, wants = Random(3), 200 * 10**8
    has = wants * 2
    for _ in range(20_000):
        order = take(has=has, wants=wants, steps=STEPS, chance=chance)
        has += order.quantity * STEPS.lot * (1 if order.side == "buy" else -1)

    assert wants // 2 < has < wants * 3 // 2


def test_a_quote_is_plain_more_often_than_not_and_only_a_large_one_is_an_iceberg():
    chance = Random(2)
    large, small = Quote("buy", 100, STEPS.lots[1]), Quote("buy", 100, STEPS.lots[0])

    of_large = Counter(style_of(large, steps=STEPS, chance=chance) for _ in range(2_000))
    of_small = Counter(style_of(small, steps=STEPS, chance=chance) for _ in range(2_000))

    assert set(of_large) == {"plain", "post_only", "iceberg", "passing"}
    assert set(of_small) == {"plain", "post_only", "passing"}
    assert of_small["plain"] > 1_000


def test_a_stop_waits_beyond_the_price_on_its_side_and_not_for_ever():
    chance = Random(2)
    middle = PRICE // STEPS.tick

    buys = [stop_beyond(PRICE, "buy", steps=STEPS, chance=chance) for _ in range(500)]
    sells = [stop_beyond(PRICE, "sell", steps=STEPS, chance=chance) for _ in range(500)]

    assert all(middle < trigger < middle * 101 // 100 for trigger, _ in buys)
    assert all(middle * 99 // 100 < trigger < middle for trigger, _ in sells)
    assert all(60 <= seconds <= 240 for _, seconds in buys + sells)


def test_prices_wander_but_stay_near_home_and_agree_with_each_other():
    prices = FairPrices(Random(5))
    seen = set()
    for _ in range(50_000):
        prices.step()
        seen.add(prices.of("BTC-USDT"))

    assert len(seen) > 10_000
    assert 64_000 * 10**8 * 9 // 10 < min(seen) < max(seen) < 64_000 * 10**8 * 11 // 10
    implied = prices.of("ETH-USDT") * 10**8 // prices.of("BTC-USDT")
    assert prices.of("ETH-BTC") == implied
