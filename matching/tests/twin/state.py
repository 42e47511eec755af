"""What the naive exchange knows: orders, money, prices, and what follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from matching.tests.twin.prices import highest_within, lowest_within, walk_behind
from orders.commands import (
    LIVE,
    EventKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    Reason,
    TimeInForce,
)
from orders.rules import MarketRules

WITH_PRICE = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
STOPS = {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP}


class Trade(NamedTuple):
    maker: int
    taker: int
    taker_side: int
    price: int
    lots: int
    maker_fee: int
    taker_fee: int
    auction: bool


class Told(NamedTuple):
    """A line of an order's story."""

    order: int
    kind: EventKind
    reason: Reason
    limit: int
    actual: int


class Prevented(NamedTuple):
    """A trade with oneself that did not happen."""

    user: int
    taker: int
    maker: int
    price: int
    lots: int
    mode: int


class Refusal(NamedTuple):
    reason: Reason
    limit: int = 0
    actual: int = 0


@dataclass
class TwinOrder:
    """An order: what was asked, and how it stands.

    shown, hidden  lots left; those that do not show come back in parts
    status         REJECTED until it is accepted
    queue          its place among those at its price, or at its trigger; 0 while it takes
    role           its part in a list: "alone", "limit", "stop" or "entry"
    received       base atoms net of fees that its fills brought
    armed_at       which of all prices was the last when it was armed
    counts_from    which of all prices is the first that can touch it
    """

    asked: Place
    price: int
    quantity: int
    shown: int
    hidden: int = 0
    filled: int = 0
    filled_quote: int = 0
    received: int = 0
    status: OrderStatus = OrderStatus.REJECTED
    reason: Reason = Reason.NONE
    queue: int = 0
    trigger: int = 0
    cap: int = 0
    list_id: int = 0
    role: str = "alone"
    armed_at: int = 0
    counts_from: int = 0

    @property
    def id(self) -> int:
        return self.asked.id

    @property
    def user(self) -> int:
        return self.asked.user

    @property
    def buys(self) -> bool:
        return self.asked.side == OrderSide.BUY

    @property
    def type(self) -> OrderType:
        return OrderType(self.asked.type)

    @property
    def has_price(self) -> bool:
        return self.type in WITH_PRICE

    @property
    def at_once(self) -> bool:
        """It takes what it can and never stands in the book."""
        return not self.has_price or self.asked.time_in_force in {
            TimeInForce.IOC,
            TimeInForce.FOK,
        }

    @property
    def left(self) -> int:
        return self.shown + self.hidden

    @property
    def budget_left(self) -> int:
        return self.asked.budget - self.filled_quote

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def waits_for_rise(self) -> bool:
        return self.buys == (self.type in STOPS)

    @classmethod
    def of(cls, asked: Place) -> "TwinOrder":
        return cls(
            asked, asked.price, asked.quantity, asked.quantity, trigger=asked.extra.trigger
        )


@dataclass
class State:
    """One market and the money of its users.

    owns     (user, "base" or "quote") -> atoms, whether held or not
    fees     atoms that the house took
    prices   of all trades, ever; the last one is the last price
    collecting  nothing matches: an ALL_OR_NONE unit is being tried
    """

    market: MarketRules
    time: int = 0
    reference: int | None = None
    refresh: int = 0
    collecting: bool = False
    arrivals: int = 0
    owns: dict[tuple[int, str], int] = field(default_factory=dict)
    fees: dict[str, int] = field(default_factory=lambda: {"base": 0, "quote": 0})
    orders: dict[int, TwinOrder] = field(default_factory=dict)
    prices: list[int] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    prevented: list[Prevented] = field(default_factory=list)
    changes: list[tuple[MarketState, int]] = field(default_factory=list)

    # What is asked of it.

    @property
    def open(self) -> bool:
        return self.market.state is MarketState.OPEN

    @property
    def last_price(self) -> int | None:
        return self.prices[-1] if self.prices else None

    def live_of(self, user: int) -> list[TwinOrder]:
        return [o for o in self.orders.values() if o.user == user and o.live]

    def side(self, *, buys: bool) -> list[TwinOrder]:
        """The orders of one side of the book, by price and time."""
        orders = [
            o
            for o in self.orders.values()
            if o.status is OrderStatus.OPEN and o.buys == buys and o.queue
        ]
        return sorted(orders, key=lambda o: (-o.price if buys else o.price, o.queue))

    def best(self, *, buys: bool) -> TwinOrder | None:
        return next(iter(self.side(buys=buys)), None)

    def others_of(self, order: TwinOrder) -> list[TwinOrder]:
        """The other orders of its list."""
        return [
            o
            for o in self.orders.values()
            if order.list_id and o.list_id == order.list_id and o is not order
        ]

    def other_leg(self, order: TwinOrder) -> TwinOrder | None:
        wanted = {"limit": "stop", "stop": "limit"}.get(order.role)
        return next((o for o in self.others_of(order) if o.role == wanted), None)

    def crossed(self) -> bool:
        bid, ask = self.best(buys=True), self.best(buys=False)
        return bid is not None and ask is not None and bid.price >= ask.price

    # Prices.

    def price_limit(self, order: TwinOrder) -> int | None:
        """The worst price that the band around the reference lets an order have."""
        if self.reference is None or not self.market.band_ppm:
            return None
        within = highest_within if order.buys else lowest_within
        return within(self.reference, self.market.band_ppm)

    def halt_limit(self, order: TwinOrder) -> int | None:
        if self.reference is None or not self.market.halt_ppm:
            return None
        within = highest_within if order.buys else lowest_within
        return within(self.reference, self.market.halt_ppm)

    def cap_from(self, order: TwinOrder, price: int) -> int:
        """The worst price of a market order whose best price, or trigger, is `price`."""
        slippage = order.asked.extra.slippage_ppm
        if order.buys:
            return min(self.market.price_max, highest_within(price, slippage))
        return max(1, lowest_within(price, slippage))

    def trailing(self, order: TwinOrder) -> tuple[int, bool]:
        """The trigger of a trailing stop now, and whether a price has touched it."""
        extra = order.asked.extra
        return walk_behind(
            self.prices[order.armed_at :],
            buys=order.buys,
            trail=extra.trail,
            ppm=extra.trail_ppm,
            highest=self.market.price_max,
        )

    def trigger_of(self, order: TwinOrder) -> int:
        if order.type is OrderType.TRAILING_STOP:
            return self.trailing(order)[0]
        return order.trigger

    # Money.

    def need(self, order: TwinOrder) -> int:
        """What must be held for a live order."""
        if order.status not in {OrderStatus.OPEN, OrderStatus.ARMED}:
            return 0
        alone = self.need_alone(order)
        other = self.other_leg(order)
        if order.role == "stop" and other and other.live:
            return max(0, alone - self.need_alone(other))
        return alone

    def need_alone(self, order: TwinOrder) -> int:
        if not order.buys:
            return order.left * self.market.lot_size
        if order.asked.budget:
            return order.budget_left
        price = order.price if order.has_price else order.cap
        return price * order.left * self.market.tick_value

    def held(self, user: int, asset: str) -> int:
        return sum(self.need(o) for o in self.live_of(user) if o.buys == (asset == "quote"))

    def available(self, user: int, asset: str) -> int:
        return self.owns.get((user, asset), 0) - self.held(user, asset)

    def available_for(self, order: TwinOrder) -> int:
        """What is free of the asset that an order pays with."""
        return self.available(order.user, "quote" if order.buys else "base")

    def pay(self, user: int, asset: str, amount: int) -> None:
        self.owns[user, asset] = self.owns.get((user, asset), 0) + amount
        assert self.owns[user, asset] >= 0, (user, asset)

    # What happens in it.

    def change_market(self, **settings: Any) -> None:
        self.market = replace(self.market, **settings)

    def next_arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals

    def forget_prices(self) -> None:
        """What was traded so far touches no armed order any more."""
        for order in self.orders.values():
            order.counts_from = len(self.prices)

    def tell(
        self,
        order: TwinOrder,
        kind: EventKind,
        reason: Reason = Reason.NONE,
        limit: int = 0,
        actual: int = 0,
    ) -> None:
        self.told.append(Told(order.id, kind, reason, limit, actual))

    def depth(self) -> dict[tuple[bool, int], list[tuple[int, int]]]:
        """(buys, price) -> (order, lots shown) in their order."""
        levels: dict[tuple[bool, int], list[tuple[int, int]]] = {}
        for buys in (True, False):
            for order in self.side(buys=buys):
                levels.setdefault((buys, order.price), []).append((order.id, order.shown))
        return levels

    def money(self, users: Iterable[int]) -> Mapping[tuple[int, str], tuple[int, int]]:
        """(user, asset) -> (available, held)"""
        return {
            (user, asset): (self.available(user, asset), self.held(user, asset))
            for user in users
            for asset in ("base", "quote")
        }
