"""What a market takes, and in which order it refuses; `asked` describes the market."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orders import errors
from orders.commands import (
    MarketState,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
)
from orders.rules import (
    OrderTerms,
    check_order,
    check_takes_cancels,
)
from orders.tests.asked import (
    AT_ONE,
    BUY,
    EVERY_TYPE,
    EXPIRING,
    GTC,
    GTD,
    ICEBERG,
    IOC,
    LIMIT,
    MARKET,
    NOON,
    RULES,
    SELL,
    SPEND,
    STOP,
    STOP_LIMIT,
    TAKE_PROFIT,
    TRAILING,
    refusal,
)


def refused(terms: OrderTerms, **market: object) -> dict[str, object] | None:
    """How the market, with these settings, refuses an order: code and extra fields."""
    error = refusal(check_order, market=replace(RULES, **market), terms=terms, now=NOON)
    return error and {"code": error.code} | error.extra


def field_refused(terms: OrderTerms) -> object:
    """The field for which an order is not well formed."""
    told = refused(terms)
    assert told is None or told["code"] == "order_shape_invalid", told
    return told and told["field"]


# The shape ------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", [*EVERY_TYPE, SPEND, ICEBERG, EXPIRING])
def test_an_order_of_every_type_is_taken(terms):
    assert refused(terms) is None


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(LIMIT, price=0), "price"),
        (replace(LIMIT, quantity=0), "quantity"),
        (replace(LIMIT, budget=5), "quote_budget"),
        (replace(LIMIT, trigger=5), "trigger_price"),
        (replace(LIMIT, slippage_ppm=5), "max_slippage"),
        (replace(MARKET, price=5), "price"),
        (replace(MARKET, quantity=0), "quantity"),
        (replace(MARKET, budget=5), "quantity"),
        (replace(MARKET, trail=5), "trail"),
        (replace(STOP, trigger=0), "trigger_price"),
        (replace(STOP, price=5), "price"),
        (replace(STOP, quantity=0, budget=5), "quote_budget"),
        (replace(STOP, trail_ppm=5), "trail_percent"),
        (replace(STOP_LIMIT, price=0), "price"),
        (replace(STOP_LIMIT, side=BUY, quantity=0, budget=5), "quote_budget"),
        (replace(STOP_LIMIT, slippage_ppm=5), "max_slippage"),
        (replace(TAKE_PROFIT, trigger=0), "trigger_price"),
        (replace(TRAILING, trail=0), "trail"),
        (replace(TRAILING, trail_ppm=5), "trail"),
        (replace(TRAILING, trigger=5), "trigger_price"),
        (replace(TRAILING, side=BUY, quantity=0, budget=5), "quote_budget"),
    ],
)
def test_an_order_has_the_fields_of_its_type_and_no_others(terms, field):
    assert field_refused(terms) == field


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_market_order_is_by_quantity_or_by_budget_on_both_sides(side):
    assert refused(replace(MARKET, side=side)) is None
    assert refused(replace(SPEND, side=side)) is None


@pytest.mark.parametrize("armed", [STOP, TAKE_PROFIT])
def test_an_armed_order_spends_a_budget_but_earns_none(armed):
    by_budget = replace(armed, quantity=0, budget=5_000_000_000)

    assert refused(replace(by_budget, side=BUY)) is None
    assert field_refused(by_budget) == "quote_budget"


@pytest.mark.parametrize("terms", EVERY_TYPE)
def test_the_times_in_force_of_each_type(terms):
    takes = {
        OrderType.MARKET: [GTC, IOC],
        OrderType.STOP: [GTC, GTD],
        OrderType.TAKE_PROFIT: [GTC, GTD],
        OrderType.TRAILING_STOP: [GTC, GTD],
    }
    expiry = {GTD: AT_ONE}

    taken = [
        time
        for time in TimeInForce
        if not refused(replace(terms, time_in_force=time, expires_at=expiry.get(time)))
    ]

    assert taken == takes.get(terms.type, list(TimeInForce))


def test_an_order_has_an_expiry_exactly_when_it_is_good_till_a_date():
    assert field_refused(replace(LIMIT, time_in_force=GTD)) == "expires_at"
    assert field_refused(replace(LIMIT, expires_at=AT_ONE)) == "expires_at"


@pytest.mark.parametrize("terms", EVERY_TYPE)
@pytest.mark.parametrize("time", TimeInForce)
def test_only_a_limit_order_that_stays_is_post_only_or_an_iceberg(terms, time):
    expires_at = AT_ONE if time is GTD else None
    plain = replace(terms, time_in_force=time, expires_at=expires_at, quantity=1_000)
    if refused(plain):
        return
    stays = terms.type is OrderType.LIMIT and time in (GTC, GTD)

    post_only = field_refused(replace(plain, post_only=PostOnly.REJECT))
    iceberg = field_refused(replace(plain, display=100))

    assert post_only == (None if stays else "post_only")
    assert iceberg == (None if stays else "display_quantity")


# The market's filters -------------------------------------------------------------------


@pytest.mark.parametrize("state", MarketState)
def test_what_a_market_takes_in_each_state(state):
    post_only = replace(LIMIT, post_only=PostOnly.SLIDE)
    at_once = replace(LIMIT, time_in_force=IOC)
    orders = {"limit": LIMIT, "post-only": post_only, "ioc": at_once, "market": MARKET}
    takes = {
        MarketState.OPEN: ["limit", "post-only", "ioc", "market"],
        MarketState.POST_ONLY: ["post-only"],
        MarketState.AUCTION: ["limit"],
        MarketState.CANCEL_ONLY: [],
        MarketState.HALTED: [],
    }

    answers = {name: refused(terms, state=state) for name, terms in orders.items()}

    assert [name for name, answer in answers.items() if not answer] == takes[state]
    no = {"code": "market_not_open", "market": "BTC-USDT", "state": state.name.lower()}
    assert all(answer in (None, no) for answer in answers.values())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (MarketState.POST_ONLY, "only limit orders that are post-only"),
        (MarketState.AUCTION, "collects orders for an auction"),
        (MarketState.CANCEL_ONLY, "nothing but cancels"),
        (MarketState.HALTED, "not even cancels"),
    ],
)
def test_a_market_that_refuses_an_order_says_what_it_takes(state, told):
    error = refusal(check_order, market=replace(RULES, state=state), terms=MARKET, now=NOON)

    assert told in error.detail


@pytest.mark.parametrize("state", MarketState)
def test_only_a_halted_market_takes_no_cancels(state):
    error = refusal(check_takes_cancels, market=replace(RULES, state=state))

    assert isinstance(error, errors.MarketNotOpen) == (state is MarketState.HALTED)


@pytest.mark.parametrize(
    ("expires_at", "limit"),
    [
        (NOON, NOON),
        (NOON - timedelta(hours=1), NOON),
        (NOON + timedelta(days=366), NOON + timedelta(days=365)),
    ],
)
def test_an_order_expires_in_the_future_and_within_a_year(expires_at, limit):
    assert refused(replace(EXPIRING, expires_at=expires_at)) == {
        "code": "expiry_out_of_range",
        "limit": limit.isoformat(),
        "actual": expires_at.isoformat(),
    }
    assert refused(replace(EXPIRING, expires_at=NOON + timedelta(days=365))) is None


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(LIMIT, price=10_000_001), "price"),
        (replace(STOP_LIMIT, trigger=10_000_001), "trigger_price"),
        (replace(TRAILING, trail=10_000_001), "trail"),
    ],
)
def test_no_price_is_beyond_the_highest(terms, field):
    assert refused(terms) == {
        "code": "price_out_of_range",
        "field": field,
        "limit": "100000.00000000",
        "actual": "100000.01000000",
    }


@pytest.mark.parametrize(("ppm", "limit"), [(500_000, "49.9999"), (-1, "0.0001")])
def test_a_trail_is_less_than_half_of_the_price(ppm, limit):
    told = refused(replace(TRAILING, trail=0, trail_ppm=ppm))

    assert told == {
        "code": "trail_out_of_range",
        "limit": limit,
        "actual": "50.0000" if ppm > 0 else "-0.0001",
    }
    assert refused(replace(TRAILING, trail=0, trail_ppm=499_999)) is None


@pytest.mark.parametrize(
    ("quantity", "limit", "actual"),
    [(9, "0.00010000", "0.00009000"), (1_000_001, "10.00000000", "10.00001000")],
)
@pytest.mark.parametrize("terms", EVERY_TYPE)
def test_a_quantity_is_within_the_markets_limits(terms, quantity, limit, actual):
    assert refused(replace(terms, quantity=quantity)) == {
        "code": "quantity_out_of_range",
        "limit": limit,
        "actual": actual,
    }


@pytest.mark.parametrize(
    ("quantity", "display", "limit", "actual"),
    [
        (100, 9, "0.00010000", "0.00009000"),
        (100, 100, "0.00099000", "0.00100000"),
        (10_001, 100, "0.00101000", "0.00100000"),
    ],
    ids=["less than the least quantity", "all of it", "more than a hundred parts"],
)
def test_an_iceberg_shows_a_part_and_not_too_small_a_part(quantity, display, limit, actual):
    assert refused(replace(LIMIT, quantity=quantity, display=display)) == {
        "code": "display_out_of_range",
        "limit": limit,
        "actual": actual,
    }
    assert refused(replace(LIMIT, quantity=10_000, display=100)) is None


@pytest.mark.parametrize(("ppm", "limit"), [(1_000_001, "1.000000"), (-1, "0.000001")])
def test_a_slippage_is_a_part_of_the_price(ppm, limit):
    told = refused(replace(MARKET, slippage_ppm=ppm))

    actual = "1.000001" if ppm > 0 else "-0.000001"
    assert told == {"code": "slippage_out_of_range", "limit": limit, "actual": actual}
    assert refused(replace(MARKET, slippage_ppm=1_000_000)) is None


def test_who_trades_with_himself_needs_a_market_that_allows_it():
    terms = replace(LIMIT, self_trade=SelfTrade.NONE)

    told = refused(terms)

    assert told == {"code": "self_trade_not_allowed", "market": "BTC-USDT"}
    assert refused(terms, self_trade_allowed=True) is None


@pytest.mark.parametrize(
    ("terms", "actual"),
    [
        (replace(LIMIT, price=90_000, quantity=100), "0.90000000"),
        (replace(STOP, trigger=90_000), "0.90000000"),
        (replace(STOP_LIMIT, price=90_000), "0.90000000"),
        (replace(SPEND, budget=90_000_000), "0.90000000"),
    ],
)
def test_an_order_is_worth_something(terms, actual):
    assert refused(terms) == {
        "code": "notional_out_of_range",
        "limit": "10.00000000",
        "actual": actual,
    }


@pytest.mark.parametrize("terms", [MARKET, TRAILING])
def test_an_order_without_a_price_is_not_asked_what_it_is_worth(terms):
    assert refused(replace(terms, quantity=10)) is None


@pytest.mark.parametrize("terms", [LIMIT, MARKET, STOP, TRAILING])
def test_no_order_can_need_more_than_a_bigint_holds(terms):
    buy = replace(terms, side=BUY, price=terms.price and 10_000_000, quantity=1_000_000)

    told = refused(buy, tick_value=10**6)

    assert told
    assert told["code"] == "notional_out_of_range"
    assert told["limit"] == "92233720368.54775807"


# The order of refusals ------------------------------------------------------------------


def test_refusals_come_in_the_documented_order():
    """An iceberg with everything wrong; each answer is set right for the next one."""
    wrong = OrderTerms(
        BUY,
        OrderType.LIMIT,
        time_in_force=GTD,
        expires_at=NOON,
        price=10_000_001,
        quantity=1,
        display=1,
        trigger=1,
        self_trade=SelfTrade.NONE,
    )
    remedies = [
        {},
        {"trigger": 0},
        {"expires_at": AT_ONE},
        {"price": 1},
        {"quantity": 100},
        {"display": 10},
        {"self_trade": SelfTrade.CANCEL_BOTH},
        {"price": 6_000_000},
    ]

    codes = [(refused(wrong, state=MarketState.HALTED) or {}).get("code")]
    for remedy in remedies:
        wrong = replace(wrong, **remedy)
        codes.append((refused(wrong) or {}).get("code"))

    assert codes == [
        "market_not_open",
        "order_shape_invalid",
        "expiry_out_of_range",
        "price_out_of_range",
        "quantity_out_of_range",
        "display_out_of_range",
        "self_trade_not_allowed",
        "notional_out_of_range",
        None,
    ]


def test_a_slippage_is_refused_after_the_quantity_and_before_self_trade():
    wrong = replace(MARKET, quantity=1, slippage_ppm=1_000_001, self_trade=SelfTrade.NONE)
    codes = []
    for remedy in ({}, {"quantity": 100}, {"slippage_ppm": 5}):
        wrong = replace(wrong, **remedy)
        codes.append((refused(wrong) or {}).get("code"))

    assert codes == [
        "quantity_out_of_range",
        "slippage_out_of_range",
        "self_trade_not_allowed",
    ]
