"""What the dry run of orders.preview tells is what the engine then does.

The book is what everybody sees: no icebergs, one maker at each price, no orders of one's
own. There the forecast is exact, to the atom.
"""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel import pgcopy
from matching.engine import Engine
from matching.outcome import TradeMade
from matching.spot import Wallet
from orders.commands import (
    Configure,
    EventKind,
    Extra,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    PostOnly,
    SelfTrade,
    TimeInForce,
)
from orders.preview import Scene, preview_order
from orders.rules import MarketRules, OrderTerms, check_order
from orders.terms import LIMIT_TYPES, TRIGGERED_TYPES

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BUY, SELL = OrderSide
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
MAKER, OTHER, TAKER = 1, 2, 3
PLENTY = 10**9
RULES = MarketRules(
    id=1, symbol="BTC-USDT", base=1, quote=2, base_scale=2, quote_scale=2,
    tick_size=20, lot_size=10, tick_value=2, price_max=1_000, quantity_min=1,
    quantity_max=1_000, notional_min=1, maker_ppm=1_000, taker_ppm=7_000,
)  # fmt: skip

prices = st.integers(85, 115)
maybe_price = st.one_of(st.just(0), prices)


@st.composite
def orders(draw) -> OrderTerms:
    type_ = draw(st.sampled_from(OrderType))
    side = draw(st.sampled_from(OrderSide))
    has_price, waits = type_ in LIMIT_TYPES, type_ in TRIGGERED_TYPES
    may_be_by_budget = type_ is OrderType.MARKET or (
        type_ in (OrderType.STOP, OrderType.TAKE_PROFIT) and side is BUY
    )
    by_budget = may_be_by_budget and draw(st.booleans())
    until = draw(st.sampled_from([GTC, IOC, FOK])) if has_price else GTC
    may_post = type_ is OrderType.LIMIT and until is GTC
    return OrderTerms(
        side=side,
        type=type_,
        time_in_force=until,
        price=draw(prices) if has_price else 0,
        quantity=0 if by_budget else draw(st.integers(1, 30)),
        budget=draw(st.integers(1, 6_000)) if by_budget else 0,
        post_only=draw(st.sampled_from(PostOnly)) if may_post else PostOnly.NO,
        trigger=draw(prices) if waits else 0,
        trail=draw(st.integers(1, 9)) if type_ is OrderType.TRAILING_STOP else 0,
        slippage_ppm=0 if has_price else draw(st.sampled_from([1, 20_000, 80_000])),
    )


@st.composite
def markets(draw) -> MarketRules:
    return replace(
        RULES,
        band_ppm=draw(st.sampled_from([0, 30_000])),
        band_caps=draw(st.booleans()),
        halt_ppm=draw(st.sampled_from([0, 50_000])),
    )


def wallet_of(user: int) -> tuple[Wallet, Wallet]:
    return Wallet(user * 10, user * 10 + 1), Wallet(user * 10 + 2, user * 10 + 3)


class House:
    """An engine with one market, and three users who are rich until told otherwise."""

    def __init__(self, rules: MarketRules) -> None:
        self.engine = Engine({1: rules}, {1: (5, 6)}, {})
        self.wallets = {1: {user: wallet_of(user) for user in (MAKER, OTHER, TAKER)}}
        self.balances = {5: 0, 6: 0}
        for base, quote in self.wallets[1].values():
            self.balances |= {base.available: PLENTY, quote.available: PLENTY}
            self.balances |= {base.held: 0, quote.held: 0}
        self.rules, self.count = rules, 0

    def run(self, user: int, terms: OrderTerms):
        """(the market's outcome, the order's id)"""
        self.count += 1
        command = Place(
            self.count, 1, user, terms.side, terms.type, terms.time_in_force,
            terms.self_trade, terms.price, terms.quantity, terms.budget,
            self.rules.maker_ppm, self.rules.taker_ppm,
            Extra(
                post_only=terms.post_only, trigger=terms.trigger, trail=terms.trail,
                trail_ppm=terms.trail_ppm, slippage_ppm=terms.slippage_ppm,
            ),
        )  # fmt: skip
        time = pgcopy.timestamp(NOON)
        outcome = self.engine.run([(command, time)], self.wallets, dict(self.balances))[1]
        for debit, credit, _, amount, _, _ in outcome.transfers:
            self.balances[debit] -= amount
            self.balances[credit] += amount
        return outcome

    def configure(self, rules: MarketRules) -> None:
        """Let the market go on under these rules."""
        self.count += 1
        new = {name: getattr(rules, name) for name in ("band_ppm", "band_caps", "halt_ppm")}
        command = Configure(self.count, 1, 0, new)
        self.engine.run([(command, pgcopy.timestamp(NOON))], self.wallets, self.balances)

    def limit(self, user: int, side: OrderSide, price: int, quantity: int) -> None:
        terms = OrderTerms(side, OrderType.LIMIT, price=price, quantity=quantity)
        self.run(user, replace(terms, self_trade=SelfTrade.NONE))

    def funds(self, user: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """(available, held), each of base and quote."""
        base, quote = self.wallets[1][user]
        return (
            (self.balances[base.available], self.balances[quote.available]),
            (self.balances[base.held], self.balances[quote.held]),
        )


@settings(max_examples=400, deadline=None)
@given(
    rules=markets(),
    terms=orders(),
    last=maybe_price,
    book=st.dictionaries(prices, st.integers(1, 9), max_size=7),
    middle=prices,
    available=st.tuples(st.integers(0, 400), st.integers(0, 9_000)),
    rich=st.booleans(),
)
def test_the_engine_does_what_the_dry_run_told(
    rules, terms, last, book, middle, available, rich
):
    # A market with a last price and a book of one maker at each price.
    house = House(RULES)
    if last:
        house.limit(MAKER, SELL, last, 1)
        house.limit(OTHER, BUY, last, 1)
    for price, lots in book.items():
        house.limit(MAKER, BUY if price < middle else SELL, price, lots)
    house.configure(rules)
    base, quote = house.wallets[1][TAKER]
    if not rich:
        house.balances |= {base.available: available[0], quote.available: available[1]}
    check_order(market=rules, terms=terms, now=NOON)
    away = SELL if terms.side is BUY else BUY
    levels = [(p, n) for p, n in book.items() if (p < middle) == (away is BUY)]

    told = preview_order(
        market=rules,
        terms=terms,
        scene=Scene(
            levels=sorted(levels, reverse=away is BUY),
            own={},
            available=house.funds(TAKER)[0],
            held=(0, 0),
            live=0,
            last=last or None,
            reference=last or None,
            taker_ppm=rules.taker_ppm,
        ),
    )
    outcome = house.run(TAKER, terms)

    order = outcome.orders[house.count]
    trades = [TradeMade._make(row) for row in outcome.trades]
    fee = sum(trade.taker_fee for trade in trades)
    assert (order.status, order.reason) == (told.status, told.reason)
    assert [(trade.price, trade.quantity) for trade in trades] == list(told.fills)
    assert (order.filled_quote, fee) == (told.filled_quote, told.fee)
    assert house.funds(TAKER) == (told.available, told.held)
    ends = (EventKind.REJECTED, EventKind.CANCELLED)
    figures = [(it.limit, it.actual) for it in outcome.events if it.kind in ends]
    assert figures in ([], [(told.limit, told.actual)])
    if told.status is OrderStatus.OPEN:
        assert (order.price, order.remaining) == (told.price, told.remaining)
