"""Who may play the examples: the engine, and its naive twin in the same words."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from matching.book import BookOrder, new_order
from matching.engine import Engine
from matching.outcome import Change, Event, Outcome, Prevented, TradeMade
from matching.spot import Wallet
from matching.tests.twin.exchange import Twin
from matching.tests.twin.state import Trade
from orders.commands import Command, Configure, MarketState, OrderSide, Unit
from orders.rules import MarketRules

FEES = (1, 2)
WalletPair = tuple[Wallet, Wallet]


class Venue(Protocol):
    """What the stage asks of whoever plays.

    wallets   user -> their wallets; balances: atoms by account id, kept in step
    """

    balances: dict[int, int]

    def run(self, unit: Command | Unit, now: int) -> Outcome: ...

    @property
    def rules(self) -> MarketRules: ...

    @property
    def last(self) -> int | None: ...

    @property
    def reference(self) -> int | None: ...

    def queue(self, side: OrderSide) -> list[tuple[int, int]]:
        """(price, lots shown) of each order of a side, the best first."""


class TheEngine:
    def __init__(
        self,
        rules: MarketRules,
        wallets: Mapping[int, WalletPair],
        balances: dict[int, int],
        now: int,
    ) -> None:
        self.market, self.wallets, self.balances = rules.id, wallets, balances
        self.last: int | None = None
        self.engine = Engine({rules.id: rules}, {rules.id: FEES}, {rules.id: 0}, time=now)

    def run(self, unit: Command | Unit, now: int) -> Outcome:
        wallets = {self.market: self.wallets}
        outcomes = self.engine.run([(unit, now)], wallets, dict(self.balances))
        outcome = outcomes.get(self.market, Outcome())
        for debit, credit, _, amount, _, _ in outcome.transfers:
            self.balances[debit] -= amount
            self.balances[credit] += amount
        trades = [TradeMade._make(row) for row in outcome.trades]
        if trades:
            self.last = trades[-1].price
        return replace(outcome, trades=trades)

    @property
    def rules(self) -> MarketRules:
        return self.engine.markets[self.market]

    @property
    def reference(self) -> int | None:
        return self.engine.references[self.market][0]

    def queue(self, side: OrderSide) -> list[tuple[int, int]]:
        half = self.engine.books[self.market].half(side.value)
        return [(order.price, order.remaining) for order in half.orders()]


class TheTwin:
    """The twin knows states, not changes; what changed is found by comparing."""

    def __init__(
        self,
        rules: MarketRules,
        wallets: Mapping[int, WalletPair],
        balances: dict[int, int],
        now: int,
    ) -> None:
        self.wallets, self.balances = wallets, balances
        owns = {}
        for user, (base, quote) in wallets.items():
            owns[user, "base"] = balances[base.available]
            owns[user, "quote"] = balances[quote.available]
        self.twin = Twin(rules, time=now, owns=owns)

    def run(self, unit: Command | Unit, now: int) -> Outcome:
        twin = self.twin
        trades, told = len(twin.trades), len(twin.told)
        prevented, changes = len(twin.prevented), len(twin.changes)
        twin.run(unit, now)
        self._count_money()
        return Outcome(
            trades=[self._trade(trade) for trade in twin.trades[trades:]],
            orders=self._changed_orders(),
            events=[Event(it.order, 0, *it[1:]) for it in twin.told[told:]],
            prevented=[Prevented(*it) for it in twin.prevented[prevented:]],
            changes=[self._change(it, unit) for it in twin.changes[changes:]],
        )

    @property
    def rules(self) -> MarketRules:
        return self.twin.market

    @property
    def last(self) -> int | None:
        return self.twin.last_price

    @property
    def reference(self) -> int | None:
        return self.twin.reference

    def queue(self, side: OrderSide) -> list[tuple[int, int]]:
        buys = side is OrderSide.BUY
        return [(order.price, order.shown) for order in self.twin.side(buys=buys)]

    def _changed_orders(self) -> dict[int, BookOrder]:
        """All orders, as the engine would have them."""
        orders = {}
        for it in self.twin.orders.values():
            order = orders[it.id] = new_order(it.asked, 0)
            order.price, order.quantity, order.trigger = it.price, it.quantity, it.trigger
            order.remaining, order.hidden, order.cap = it.shown, it.hidden, it.cap
            order.status, order.reason = it.status.value, it.reason.value
            order.hold = self.twin.need(it)
        return orders

    def _change(self, change: tuple[MarketState, int], unit: Command | Unit) -> Change:
        state, until = change
        why = {MarketState.AUCTION: "volatility_halt", MarketState.OPEN: "auction_ended"}
        asked = isinstance(unit, Configure)
        return Change(state.value, until, 0, 0, {}, "" if asked else why[state])

    def _trade(self, it: Trade) -> TradeMade:
        users = [self.twin.orders[order].user for order in (it.maker, it.taker)]
        quote = it.price * it.lots * self.twin.market.tick_value
        return TradeMade(
            0, it.price, it.lots, quote, it.taker_side, it.maker, it.taker, *users,
            it.maker_fee, it.taker_fee, it.auction,
        )  # fmt: skip

    def _count_money(self) -> None:
        money = self.twin.money(self.wallets)
        for user, wallets in self.wallets.items():
            for wallet, asset in zip(wallets, ("base", "quote"), strict=True):
                available, held = money[user, asset]
                self.balances |= {wallet.available: available, wallet.held: held}
        self.balances |= dict(zip(FEES, self.twin.fees.values(), strict=True))
