"""The real engine with everything that it needs kept in memory, as the database would.

Orders are recorded by the same rule: in full when they are new or altered, otherwise only
what was filled and how they stand. So an engine can be restored from the records.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.transfers import Row
from matching.book import BookOrder, new_order
from matching.engine import Engine
from matching.outcome import Event, Outcome, Prevented, TradeMade
from matching.spot import Wallet
from matching.tests.book_check import check_book
from matching.tests.twin.streams import MARKET, Asked, Stream
from orders.commands import (
    LIVE,
    SEQUENCE_BITS,
    Command,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    Unit,
)
from orders.rules import SETTINGS, MarketRules

FEES = (1, 2)
#: What changes with every fill, and what only an altered order has written anew.
ALWAYS = ("filled", "filled_quote", "status", "reason")
ALTERED = (
    "price", "quantity", "hidden", "priority", "trigger", "cap", "armed_trade",
)  # fmt: skip


def account(user: int, asset: str, kind: str) -> int:
    return 4 * user + 2 * (asset == "quote") + (kind == "held")


def _commands(unit: Command | Unit) -> tuple[Command, ...]:
    return unit.commands if isinstance(unit, Unit) else (unit,)


@dataclass
class House:
    """One market, its engine, the money and the records.

    working  the balances that the engine keeps in step itself: the available ones
    shown    (side, price) -> lots, as the levels that the engine named say
    """

    market: MarketRules
    engine: Engine = field(init=False)
    users: set[int] = field(default_factory=set)
    balances: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    placed: dict[int, tuple[Place, int]] = field(default_factory=dict)
    orders: dict[int, dict[str, int]] = field(default_factory=dict)
    trades: list[TradeMade] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    prevented: list[Prevented] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    working: dict[int, int] = field(default_factory=dict)
    shown: dict[tuple[int, int], int] = field(default_factory=dict)
    was_live: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, stream: Stream) -> "House":
        house = cls(stream.market, users=set(stream.everybody))
        for (user, asset), amount in stream.funds().items():
            house.balances[account(user, asset, "available")] = amount
        house.working = {
            number: house.balances[number]
            for user in house.users
            for asset in ("base", "quote")
            for number in [account(user, asset, "available")]
        }
        house.engine = Engine({MARKET: house.market}, {MARKET: FEES}, {MARKET: 0})
        return house

    def run(self, units: list[Asked]) -> None:
        """Tell the engine a batch, write down what it answers, and check what must hold."""
        self.was_live = {n for n, order in self.orders.items() if order["status"] in LIVE}
        self.was_live |= {c.id for unit, _ in units for c in _commands(unit)}
        outcome = self.answer(units)
        self._record(outcome)
        assert {n: self.balances[n] for n in self.working} == self.working
        self.check()

    def answer(self, units: list[Asked]) -> Outcome:
        """Tell the engine a batch."""
        for unit, created in units:
            for command in _commands(unit):
                if isinstance(command, Place):
                    self.placed[command.id] = command, created
        wallets = {
            user: (
                Wallet(account(user, "base", "available"), account(user, "base", "held")),
                Wallet(account(user, "quote", "available"), account(user, "quote", "held")),
            )
            for user in self.users
        }
        self.engine.users_needed(units)
        return self.engine.run(units, {MARKET: wallets}, self.working).get(
            MARKET, Outcome()
        )

    def _record(self, outcome: Outcome) -> None:
        for debit, credit, _, amount, _, _ in outcome.transfers:
            assert amount > 0
            self.balances[debit] -= amount
            self.balances[credit] += amount
        assert min(self.balances.values(), default=0) >= 0
        for trade in map(TradeMade._make, outcome.trades):
            assert {trade.maker_order, trade.taker_order} <= self.was_live
        for number, order in outcome.orders.items():
            self._record_order(order, new=number in outcome.placed)
            order.altered = False
        for change in outcome.changes:
            settings = {k: v for k, v in change.settings.items() if k in SETTINGS}
            self._change_market(change.state, change.until, settings)
        for level in outcome.levels:
            self.shown[level] = self.engine.books[MARKET].lots_at(*level)
        self.transfers += outcome.transfers
        self.trades += map(TradeMade._make, outcome.trades)
        self.events += outcome.events
        self.prevented += outcome.prevented

    def _record_order(self, order: BookOrder, *, new: bool) -> None:
        assert new == (order.id not in self.orders)
        record = self.orders.setdefault(order.id, {"list_id": order.list_id})
        assert record["list_id"] == order.list_id
        for name in ALWAYS + (ALTERED if new or order.altered else ()):
            record[name] = getattr(order, name)

    def _change_market(self, state: int, until: int, settings: dict[str, Any]) -> None:
        before = self.market.state, self.market.until
        known = {k: v for k, v in settings.items() if k not in {"state", "until"}}
        self.market = replace(self.market, state=MarketState(state), until=until, **known)
        if before != (state, until):
            self.changes.append((state, until))

    # What must always hold.

    def check(self) -> None:
        book = self.engine.books[MARKET]
        check_book(book)
        if self.engine.markets[MARKET].state is MarketState.OPEN:
            assert not book.crossed()
        assert self.engine.markets[MARKET] == self.market
        assert self._shown_in_book() == {k: v for k, v in self.shown.items() if v}
        live = {o.id: o for mine in book.live.values() for o in mine.values()}
        assert set(live) == {n for n, o in self.orders.items() if o["status"] in LIVE}
        for number, record in self.orders.items():
            assert 0 <= record["filled"] <= record["quantity"] - record["hidden"]
            if order := live.get(number):
                # What the record does not say would be lost by a restart.
                assert {name: getattr(order, name) for name in ALWAYS + ALTERED} == {
                    name: record[name] for name in ALWAYS + ALTERED
                }
        held: dict[int, int] = defaultdict(int)
        for order in live.values():
            asset = "quote" if order.side == OrderSide.BUY else "base"
            held[account(order.user, asset, "held")] += order.hold
        for user in self.users:
            for asset in ("base", "quote"):
                number = account(user, asset, "held")
                assert self.balances[number] == held[number], (user, asset)

    def _shown_in_book(self) -> dict[tuple[int, int], int]:
        shown: dict[tuple[int, int], int] = defaultdict(int)
        for buys, orders in self._halves():
            for order in orders:
                shown[OrderSide.BUY if buys else OrderSide.SELL, order.price] += (
                    order.remaining
                )
        return dict(shown)

    def _halves(self) -> Iterable[tuple[bool, Iterable[BookOrder]]]:
        book = self.engine.books[MARKET]
        return (True, book.bids.orders()), (False, book.asks.orders())

    # Starting anew from what is recorded.

    def restart(self) -> None:
        """Forget the engine and build another, as a worker does that takes over."""
        old = self.engine
        last = {MARKET: self.trades[-1].price} if self.trades else {}
        self.engine = Engine(
            {MARKET: self.market},
            {MARKET: FEES},
            {MARKET: len(self.trades)},
            time=old.time,
            references=dict(old.references),
            last_prices=last,
        )
        live = [n for n, order in self.orders.items() if order["status"] in LIVE]
        resting: dict[tuple[int, int], list[BookOrder]] = defaultdict(list)
        for number in sorted(live, key=lambda n: self.orders[n]["priority"]):
            order = self._restored(number)
            if order.status == OrderStatus.OPEN:
                resting[order.side, order.price].append(order)
            else:
                self.engine.restore(MARKET, order)
        for (side, price), queue in resting.items():
            self.engine.restore_queue(MARKET, side, price, queue)
        self.engine.restored()
        self.check()

    def _restored(self, number: int) -> BookOrder:
        record = self.orders[number]
        place, created = self.placed[number]
        order = new_order(place, created)
        for name in ("list_id", "filled_quote", "status", *ALTERED):
            setattr(order, "moved" if name == "priority" else name, record[name])
        order.remaining = order.quantity - record["filled"] - order.hidden
        if order.type == OrderType.TRAILING_STOP and order.status == OrderStatus.ARMED:
            # The best price since it was armed; none, when it has a fixed trigger.
            since = order.armed_trade - 1
            prices = [trade.price for trade in self.trades[since:]] if since >= 0 else []
            if prices:
                order.extreme = min(prices) if order.side == OrderSide.BUY else max(prices)
        if order.status == OrderStatus.WAITING:
            order.received = self._received(order.list_id)
        elif order.list_id == order.id:
            order.received = self._received(order.id)
        return order

    def _received(self, entry: int) -> int:
        """Base atoms that the fills of a bracket's entry brought, net for a buyer."""
        buys = self.placed[entry][0].side == OrderSide.BUY
        total = 0
        for trade in self.trades:
            base = trade.quantity * self.market.lot_size
            if trade.maker_order == entry:
                total += base - (trade.maker_fee if buys else 0)
            elif trade.taker_order == entry:
                total += base - (trade.taker_fee if buys else 0)
        return total

    # In the twin's words.

    def depth(self) -> dict[tuple[bool, int], list[tuple[int, int]]]:
        levels: dict[tuple[bool, int], list[tuple[int, int]]] = {}
        for buys, orders in self._halves():
            for order in orders:
                levels.setdefault((buys, order.price), []).append(
                    (order.id, order.remaining)
                )
        return levels

    def money(self) -> dict[tuple[int, str], tuple[int, int]]:
        return {
            (user, asset): (
                self.balances[account(user, asset, "available")],
                self.balances[account(user, asset, "held")],
            )
            for user in self.users
            for asset in ("base", "quote")
        }

    def totals(self) -> dict[str, int]:
        """All atoms of each asset, whoever has them."""
        return {
            asset: self.balances[FEES[asset == "quote"]]
            + sum(
                self.balances[account(user, asset, kind)]
                for user in self.users
                for kind in ("available", "held")
            )
            for asset in ("base", "quote")
        }

    def story(self) -> dict[str, object]:
        """Everything that is left of what happened."""
        return {
            "trades": self.trades,
            "events": self.events,
            "prevented": self.prevented,
            "changes": self.changes,
            "orders": self.orders,
            "balances": dict(self.balances),
            "market": self.market,
            "depth": self.depth(),
            "time": self.engine.time,
            "references": self.engine.references,
        }

    # What must hold of the trades, whoever looks at them.

    def check_trades(self) -> None:
        """Gapless numbers, exact amounts, the prices that both sides agreed to."""
        for number, trade in enumerate(self.trades, start=1):
            assert trade.id == MARKET << SEQUENCE_BITS | number
            assert trade.quote_amount == (
                trade.price * trade.quantity * self.market.tick_value
            )
            assert trade.maker_user == self.placed[trade.maker_order][0].user
            assert trade.taker_user == self.placed[trade.taker_order][0].user

    def check_fills(self) -> None:
        """What orders say that was filled is what the trades say."""
        lots: dict[int, int] = defaultdict(int)
        quote: dict[int, int] = defaultdict(int)
        for trade in self.trades:
            for order in (trade.maker_order, trade.taker_order):
                lots[order] += trade.quantity
                quote[order] += trade.quote_amount
        for number, record in self.orders.items():
            assert (record["filled"], record["filled_quote"]) == (
                lots[number],
                quote[number],
            )
            if record["status"] == OrderStatus.FILLED:
                assert record["filled"] == record["quantity"]
            elif record["status"] == OrderStatus.REJECTED:
                assert not record["filled"]
            else:
                by_budget = self.placed[number][0].budget
                assert by_budget or record["filled"] < record["quantity"]
