"""The dry run, compared with the rules, and with a walk from lot to lot."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.commands import (
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    PostOnly,
    Reason,
    SelfTrade,
    TimeInForce,
)
from orders.preview import Preview, Scene, preview_order, slippage_ppm
from orders.rules import MarketRules, OrderTerms

BUY, SELL = OrderSide.BUY, OrderSide.SELL
#: One lot is 10 base atoms, one tick times one lot 2 quote atoms.
MARKET = MarketRules(
    id=1, symbol="BTC-USDT", base=1, quote=2, base_scale=2, quote_scale=2,
    tick_size=20, lot_size=10, tick_value=2, price_max=10_000, quantity_min=1,
    quantity_max=10_000, notional_min=1, maker_ppm=1_000, taker_ppm=2_000,
    slippage_ppm=100_000,
)  # fmt: skip
RICH = (1_000_000, 1_000_000)


def scene(*levels: tuple[int, int], **changes) -> Scene:
    """The other side of the book; a rich user without orders; 1 % fees; no trades yet."""
    plain = Scene(
        levels=levels,
        own={},
        available=RICH,
        held=(0, 0),
        live=0,
        last=None,
        reference=None,
        taker_ppm=10_000,
    )
    return replace(plain, **changes)


def limit(side: OrderSide, price: int, quantity: int, **also) -> OrderTerms:
    return OrderTerms(
        side=side, type=OrderType.LIMIT, price=price, quantity=quantity, **also
    )


def market_order(side: OrderSide, **also) -> OrderTerms:
    return OrderTerms(side=side, type=OrderType.MARKET, **also)


def run(terms: OrderTerms, scene: Scene, **settings) -> Preview:
    return preview_order(market=replace(MARKET, **settings), terms=terms, scene=scene)


def end(found: Preview) -> tuple[OrderStatus, Reason, int, int]:
    return found.status, found.reason, found.limit, found.actual


# Orders with a price --------------------------------------------------------------------


def test_a_limit_order_takes_within_its_price_and_the_rest_stands():
    found = run(limit(BUY, 101, 10), scene((100, 4), (101, 3), (102, 9)))

    assert found == Preview(
        OrderStatus.OPEN,
        price=101,
        fills=((100, 4), (101, 3)),
        filled_quote=2 * (100 * 4 + 101 * 3),
        fee=2,  # 1 % of 40 and of 30 base atoms, each rounded up
        remaining=3,
        hold=2 * 101 * 3,
        available=(RICH[0] + 70 - 2, RICH[1] - 2 * (100 * 4 + 101 * 3) - 2 * 101 * 3),
        held=(0, 2 * 101 * 3),
    )


def test_a_seller_receives_quote_and_holds_base():
    found = run(limit(SELL, 100, 10), scene((101, 4), (99, 9)))

    assert (found.fills, found.filled_quote, found.fee) == (((101, 4),), 808, 9)
    assert (found.remaining, found.hold) == (6, 60)
    assert found.available == (RICH[0] - 100, RICH[1] + 808 - 9)
    assert found.held == (60, 0)


def test_immediate_or_cancel_leaves_nothing_behind():
    terms = limit(BUY, 100, 10, time_in_force=TimeInForce.IOC)

    found = run(terms, scene((100, 4)))

    assert end(found) == (OrderStatus.CANCELLED, Reason.IOC_REMAINDER, 0, 0)
    assert (found.filled, found.remaining, found.hold) == (4, 6, 0)


def test_fill_or_kill_touches_nothing_if_there_is_too_little():
    terms = limit(BUY, 100, 10, time_in_force=TimeInForce.FOK)

    found = run(terms, scene((99, 4), (100, 5), (101, 9)))

    assert end(found) == (OrderStatus.CANCELLED, Reason.FOK_NOT_FILLED, 10, 9)
    assert (found.fills, found.remaining, found.available) == ((), 10, RICH)


def test_post_only_is_refused_or_slides():
    book = scene((100, 4))
    refused = run(limit(BUY, 101, 1, post_only=PostOnly.REJECT), book)
    slid = run(limit(BUY, 101, 1, post_only=PostOnly.SLIDE), book)
    stands = run(limit(BUY, 99, 1, post_only=PostOnly.REJECT), book)

    assert end(refused) == (OrderStatus.REJECTED, Reason.POST_ONLY_WOULD_TAKE, 100, 101)
    assert (slid.status, slid.price, slid.fills) == (OrderStatus.OPEN, 99, ())
    assert (stands.status, stands.price) == (OrderStatus.OPEN, 99)


def test_a_post_only_order_has_nowhere_to_slide_below_one_tick():
    found = run(limit(BUY, 1, 1, post_only=PostOnly.SLIDE), scene((1, 4)))

    assert end(found) == (OrderStatus.REJECTED, Reason.POST_ONLY_WOULD_TAKE, 1, 1)


def test_a_price_beyond_the_band_is_refused_or_capped():
    book = scene((100, 1), reference=100)
    refused = run(limit(BUY, 111, 5), book, band_ppm=100_000)
    capped = run(limit(BUY, 111, 5), book, band_ppm=100_000, band_caps=True)
    passive = run(limit(BUY, 1, 5), book, band_ppm=100_000)

    assert end(refused) == (OrderStatus.REJECTED, Reason.PRICE_BAND, 110, 111)
    assert (capped.status, capped.price, capped.hold) == (OrderStatus.OPEN, 110, 880)
    assert passive.status == OrderStatus.OPEN


def test_beyond_the_halt_limit_nothing_trades():
    book = scene((100, 1), (106, 5), reference=100)
    stays = run(limit(BUY, 110, 4), book, halt_ppm=50_000)
    ends = run(limit(BUY, 110, 4, time_in_force=TimeInForce.IOC), book, halt_ppm=50_000)

    assert (stays.status, stays.filled, stays.remaining) == (OrderStatus.OPEN, 1, 3)
    assert end(ends) == (OrderStatus.CANCELLED, Reason.VOLATILITY_HALT, 105, 106)


def test_an_auction_collects():
    found = run(limit(BUY, 110, 4), scene((100, 9)), state=MarketState.AUCTION)

    assert (found.status, found.fills, found.hold) == (OrderStatus.OPEN, (), 880)


def test_funds_are_asked_for_before_anything_trades():
    found = run(limit(BUY, 101, 10), scene((100, 4), available=(0, 2_019)))

    assert end(found) == (OrderStatus.REJECTED, Reason.INSUFFICIENT_FUNDS, 2_019, 2_020)
    assert (found.fills, found.remaining, found.available) == ((), 10, (0, 2_019))


def test_live_orders_are_counted_unless_the_order_cannot_stay():
    many = scene((100, 1), live=3)
    refused = run(limit(BUY, 99, 1), many, max_open_orders=3)
    at_once = run(
        limit(BUY, 100, 1, time_in_force=TimeInForce.IOC), many, max_open_orders=3
    )

    assert end(refused) == (OrderStatus.REJECTED, Reason.TOO_MANY_ORDERS, 3, 3)
    assert at_once.status == OrderStatus.FILLED


# Orders without one -----------------------------------------------------------------------


def test_a_market_order_stops_at_its_slippage():
    found = run(
        market_order(BUY, quantity=9, slippage_ppm=20_000), scene((100, 4), (103, 9))
    )

    assert end(found) == (OrderStatus.CANCELLED, Reason.SLIPPAGE, 102, 103)
    assert (found.filled, found.remaining) == (4, 5)


def test_a_market_order_needs_funds_up_to_its_cap():
    found = run(market_order(BUY, quantity=1), scene((100, 4), available=(0, 219)))

    assert end(found) == (OrderStatus.REJECTED, Reason.INSUFFICIENT_FUNDS, 219, 220)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_market_order_into_an_empty_book_is_cancelled_before_funds_are_asked(side):
    found = run(market_order(side, quantity=1), scene(available=(0, 0)))

    assert end(found) == (OrderStatus.CANCELLED, Reason.NO_LIQUIDITY, 0, 0)


def test_a_budget_is_spent_in_whole_lots():
    found = run(market_order(BUY, budget=1_015), scene((100, 4), (101, 9)))

    assert (found.status, found.fills) == (OrderStatus.FILLED, ((100, 4), (101, 1)))
    assert (found.filled_quote, found.remaining) == (1_002, 0)


def test_a_budget_for_less_than_a_lot_buys_nothing():
    found = run(market_order(BUY, budget=199), scene((100, 4)))

    assert end(found) == (OrderStatus.CANCELLED, Reason.BUDGET_TOO_SMALL, 0, 0)


def test_a_sale_by_budget_earns_at_most_that_and_needs_those_lots():
    book = scene((101, 4), (100, 9), available=(50, 0))
    enough = run(market_order(SELL, budget=1_010), book)
    too_much = run(market_order(SELL, budget=1_208), book)

    assert (enough.status, enough.fills) == (OrderStatus.FILLED, ((101, 4), (100, 1)))
    assert end(too_much) == (OrderStatus.REJECTED, Reason.INSUFFICIENT_FUNDS, 50, 60)


def test_slippage_is_told_against_the_best_price_and_rounded_up():
    found = run(market_order(BUY, quantity=3), scene((100, 2), (101, 1)))

    # 301 instead of 300: a third of a percent.
    assert slippage_ppm(found, tick_value=2) == 3_334


# Orders that wait -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "side", "last", "touched"),
    [
        (OrderType.STOP, BUY, 109, False),
        (OrderType.STOP, BUY, 110, True),
        (OrderType.STOP, SELL, 111, False),
        (OrderType.STOP, SELL, 110, True),
        (OrderType.TAKE_PROFIT, BUY, 111, False),
        (OrderType.TAKE_PROFIT, BUY, 110, True),
        (OrderType.TAKE_PROFIT, SELL, 109, False),
        (OrderType.TAKE_PROFIT, SELL, 110, True),
    ],
)
def test_a_stop_waits_unless_the_last_price_touches_it(type_, side, last, touched):
    terms = OrderTerms(side=side, type=type_, trigger=110, quantity=1)

    found = run(terms, scene((110, 5), last=last))

    assert found.status == (OrderStatus.FILLED if touched else OrderStatus.ARMED)


def test_an_armed_order_is_backed_up_to_its_cap():
    stop = OrderTerms(side=BUY, type=OrderType.STOP, trigger=110, quantity=2)
    stop_limit = OrderTerms(
        side=BUY, type=OrderType.STOP_LIMIT, trigger=110, price=112, quantity=2
    )

    assert run(stop, scene()).hold == 2 * 121 * 2
    assert run(stop_limit, scene()).hold == 2 * 112 * 2
    assert run(stop_limit, scene()).held == (0, 2 * 112 * 2)


def test_a_trailing_stop_needs_a_last_price():
    terms = OrderTerms(
        side=SELL, type=OrderType.TRAILING_STOP, trail_ppm=15_000, quantity=1
    )

    assert end(run(terms, scene())) == (
        OrderStatus.REJECTED,
        Reason.NO_LAST_PRICE,
        0,
        0,
    )
    assert run(terms, scene(last=100)).status == OrderStatus.ARMED


# Own orders -----------------------------------------------------------------------------


def test_own_orders_are_passed_over_and_told():
    book = scene((100, 4), (101, 3), own={100: 3})

    found = run(limit(BUY, 101, 3), book)

    assert (found.fills, found.own_orders) == (((100, 1), (101, 2)), True)


def test_own_orders_are_taken_where_that_is_allowed():
    book = scene((100, 4), own={100: 4})

    found = run(limit(BUY, 101, 3, self_trade=SelfTrade.NONE), book)

    assert (found.fills, found.own_orders) == (((100, 3),), True)


def test_own_orders_behind_are_not_met():
    book = scene((100, 4), (101, 3), own={101: 3})

    assert not run(limit(BUY, 101, 3), book).own_orders
    assert run(limit(BUY, 101, 9), book).own_orders


# Any order ------------------------------------------------------------------------------

prices = st.integers(90, 110)
books = st.dictionaries(prices, st.integers(1, 6), max_size=6)
sides = st.sampled_from([BUY, SELL])


def best_first(book: dict[int, int], side: OrderSide) -> list[tuple[int, int]]:
    return sorted(book.items(), reverse=side is SELL)


def lot_by_lot(levels: list[tuple[int, int]], side: OrderSide, worst: int, lots: int):
    """The prices of the lots that an order takes, one after the other."""
    taken = []
    for price, there in levels:
        for _ in range(there):
            is_within = price <= worst if side is BUY else price >= worst
            if is_within and len(taken) < lots:
                taken.append(price)
    return taken


@given(books, sides, prices, st.integers(1, 30))
def test_a_limit_order_takes_what_a_walk_from_lot_to_lot_takes(book, side, price, lots):
    levels = best_first(book, side)

    found = run(limit(side, price, lots), scene(*levels))

    taken = lot_by_lot(levels, side, price, lots)
    assert [p for p, n in found.fills for _ in range(n)] == taken
    assert found.filled_quote == 2 * sum(taken)
    assert found.filled + found.remaining == lots
    done = OrderStatus.FILLED if len(taken) == lots else OrderStatus.OPEN
    assert found.status == done


@given(books, sides, st.integers(1, 5_000))
def test_a_budget_takes_what_a_walk_from_lot_to_lot_takes(book, side, budget):
    levels, left, taken = best_first(book, side), budget, []
    worst = MARKET.price_max if side is BUY else 1
    for price in lot_by_lot(levels, side, worst, 1_000):
        if left < 2 * price:
            break
        taken.append(price)
        left -= 2 * price

    found = run(market_order(side, budget=budget), scene(*levels), slippage_ppm=1_000_000)

    assert [p for p, n in found.fills for _ in range(n)] == taken
    assert found.filled_quote == 2 * sum(taken) <= budget


@given(
    books, sides, prices, st.integers(1, 30),
    st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
    st.tuples(st.integers(0, 400), st.integers(0, 8_000)),
)  # fmt: skip
def test_nothing_is_made_lost_or_overdrawn(book, side, price, lots, until, available):
    levels = best_first(book, side)

    found = run(
        limit(side, price, lots, time_in_force=until), scene(*levels, available=available)
    )

    base, quote = (found.available[i] + found.held[i] - available[i] for i in (0, 1))
    fee_base, fee_quote = (found.fee, 0) if side is BUY else (0, found.fee)
    sign = 1 if side is BUY else -1
    assert base + fee_base == sign * found.filled * MARKET.lot_size
    assert quote + fee_quote == -sign * found.filled_quote
    assert min(*found.available, *found.held) >= 0
    assert (found.hold > 0) == (found.status is OrderStatus.OPEN)
