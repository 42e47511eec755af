"""Which lists and amendments a market takes; `asked` describes the market."""

from dataclasses import replace

import pytest

from kernel.errors import ExchangeError
from orders import errors
from orders.commands import (
    MarketState,
    PostOnly,
    UnitKind,
)
from orders.rules import (
    OrderTerms,
    check_amendment,
    check_list,
)
from orders.tests.asked import (
    AT_ONE,
    BUY,
    FOK,
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

# Lists ----------------------------------------------------------------------------------


EXIT = replace(LIMIT, side=SELL, price=6_100_000)
OCO, BRACKET = UnitKind.OCO, UnitKind.BRACKET


def list_refused(
    kind: UnitKind, *legs: OrderTerms, **market: object
) -> ExchangeError | None:
    return refusal(
        check_list, market=replace(RULES, **market), kind=kind, legs=legs, now=NOON
    )


@pytest.mark.parametrize(
    ("kind", "legs"),
    [
        (OCO, [EXIT, STOP]),
        (OCO, [EXIT, STOP_LIMIT]),
        (OCO, [EXIT, TRAILING]),
        (OCO, [replace(EXIT, post_only=PostOnly.REJECT), STOP]),
        (BRACKET, [replace(LIMIT, post_only=PostOnly.REJECT), EXIT, STOP]),
        (OCO, [replace(EXIT, time_in_force=GTD, expires_at=AT_ONE), STOP]),
        (OCO, [replace(LIMIT, price=5_800_000), replace(STOP, side=BUY)]),
        (BRACKET, [LIMIT, EXIT, STOP]),
        (BRACKET, [replace(LIMIT, time_in_force=FOK), EXIT, STOP]),
        (BRACKET, [MARKET, EXIT, STOP_LIMIT]),
    ],
)
def test_a_list_is_a_limit_and_a_stop_and_perhaps_their_entry(kind, legs):
    assert list_refused(kind, *legs) is None


@pytest.mark.parametrize(
    ("kind", "legs"),
    [
        (OCO, [EXIT]),
        (OCO, [LIMIT, EXIT, STOP]),
        (BRACKET, [EXIT, STOP]),
        (OCO, [STOP, EXIT]),
        (OCO, [replace(EXIT, time_in_force=IOC), STOP]),
        (OCO, [EXIT, TAKE_PROFIT]),
        (OCO, [EXIT, replace(STOP, side=BUY)]),
        (OCO, [EXIT, replace(STOP, quantity=99)]),
        (BRACKET, [replace(LIMIT, side=SELL), EXIT, STOP]),
        (BRACKET, [replace(LIMIT, quantity=99), EXIT, STOP]),
        (BRACKET, [LIMIT, replace(EXIT, post_only=PostOnly.REJECT), STOP]),
        (BRACKET, [SPEND, EXIT, STOP]),
        (BRACKET, [replace(STOP, side=BUY), EXIT, STOP]),
    ],
)
def test_orders_that_do_not_fit_each_other_are_no_list(kind, legs):
    assert isinstance(list_refused(kind, *legs), errors.ListShapeInvalid)


@pytest.mark.parametrize(
    ("side", "price", "crossed"),
    [
        (SELL, 5_900_001, False),
        (SELL, 5_900_000, True),
        (BUY, 5_899_999, False),
        (BUY, 5_900_000, True),
    ],
)
def test_the_two_exits_stand_on_their_own_sides_of_the_market(side, price, crossed):
    limit, stop = replace(EXIT, side=side, price=price), replace(STOP, side=side)
    entry = replace(LIMIT, side=side.other)

    for error in (
        list_refused(OCO, limit, stop),
        list_refused(BRACKET, entry, limit, stop),
    ):
        assert (error and {"code": error.code} | error.extra) == (
            {
                "code": "list_prices_crossed",
                "limit": RULES.price_text(5_900_000),
                "actual": RULES.price_text(price),
            }
            if crossed
            else None
        )


def test_a_list_is_taken_by_an_open_market_only():
    for state in set(MarketState) - {MarketState.OPEN}:
        assert isinstance(list_refused(OCO, EXIT, STOP, state=state), errors.MarketNotOpen)


def test_each_leg_of_a_list_is_an_order_that_the_market_takes():
    far = replace(EXIT, price=10_000_001)

    assert isinstance(list_refused(OCO, far, STOP), errors.PriceOutOfRange)
    assert isinstance(list_refused(BRACKET, far, EXIT, STOP), errors.ListShapeInvalid)


# Amendments -----------------------------------------------------------------------------


def amendment_refused(terms, market=RULES, **new) -> dict[str, object] | None:
    named = dict.fromkeys(("price", "quantity", "trigger")) | new
    error = refusal(check_amendment, market=market, terms=terms, **named)
    return error and {"code": error.code} | error.extra


@pytest.mark.parametrize(
    ("terms", "takes"),
    [
        (LIMIT, ["price", "quantity"]),
        (MARKET, []),
        (STOP, ["quantity", "trigger"]),
        (STOP_LIMIT, ["price", "quantity", "trigger"]),
        (replace(STOP, side=BUY, quantity=0, budget=5 * 10**9), ["trigger"]),
        (TRAILING, ["quantity"]),
    ],
)
def test_what_can_be_changed_of_each_type(terms, takes):
    new = {"price": 6_000_001, "quantity": 101, "trigger": 5_900_001}
    names = {"trigger": "trigger_price"}

    answers = {it: amendment_refused(terms, **{it: value}) for it, value in new.items()}

    assert answers == {
        it: None
        if it in takes
        else {"code": "order_not_amendable", "field": names.get(it, it)}
        for it in new
    }


def test_an_amendment_names_something_and_nothing_becomes_zero():
    assert amendment_refused(LIMIT) == {"code": "order_shape_invalid"}
    assert amendment_refused(LIMIT, price=0) == {
        "code": "order_shape_invalid",
        "field": "price",
    }


@pytest.mark.parametrize(
    ("terms", "new", "code"),
    [
        (LIMIT, {"price": 10_000_001}, "price_out_of_range"),
        (STOP, {"trigger": 10_000_001}, "price_out_of_range"),
        (LIMIT, {"quantity": 9}, "quantity_out_of_range"),
        (LIMIT, {"quantity": 1_000_001}, "quantity_out_of_range"),
        (LIMIT, {"price": 1}, "notional_out_of_range"),
        (ICEBERG, {"quantity": 10_001}, "display_out_of_range"),
    ],
)
def test_what_an_order_becomes_is_within_the_markets_limits(terms, new, code):
    assert (amendment_refused(terms, **new) or {})["code"] == code


def test_an_iceberg_may_sink_below_what_it_shows():
    assert amendment_refused(ICEBERG, quantity=50) is None


@pytest.mark.parametrize("state", MarketState)
def test_a_market_that_takes_no_orders_takes_no_amendments(state):
    told = amendment_refused(LIMIT, market=replace(RULES, state=state), quantity=50)

    refuses = state in (MarketState.CANCEL_ONLY, MarketState.HALTED)
    assert (told or {}).get("code") == ("market_not_open" if refuses else None)
