"""One market's orders: acceptance, matching, ending. All order types; no money. Pure.

The order of things is the rule book's, docs/orders.md. What simple orders do not need
stands in the modules beside this one: `stops` (what is armed), `lists` (OCO, bracket),
`changes` (amend, cancel all), `opening` (states, auctions), `units` (all or none).
"""

from collections.abc import Iterator
from heapq import heappush
from typing import Final, NamedTuple, Protocol

from matching import lists, opening, stops
from matching.beside import Beside
from matching.book import BUY, OPEN, Book, BookOrder, Half, show
from matching.outcome import Event, Outcome, Prevented
from orders.commands import (
    PLAIN,
    EventKind,
    MarketState,
    OrderStatus,
    OrderType,
    Place,
    PostOnly,
    Reason,
    SelfTrade,
    TimeInForce,
)
from orders.rules import MarketRules

LIMIT, MARKET = OrderType.LIMIT.value, OrderType.MARKET.value
FILLED, CANCELLED = OrderStatus.FILLED.value, OrderStatus.CANCELLED.value
CANCELLED_BY_USER = Reason.CANCELLED_BY_USER.value
REJECTED, ARMED = OrderStatus.REJECTED.value, OrderStatus.ARMED.value
GTC, GTD = TimeInForce.GTC.value, TimeInForce.GTD.value
FOK = TimeInForce.FOK.value
TAKING: Final = frozenset({TimeInForce.IOC.value, FOK})
STATE_OPEN, STATE_HALTED = MarketState.OPEN.value, MarketState.HALTED.value
NO_PREVENTION = SelfTrade.NONE.value
#: Ends that tell no story of their own: the user asked for them.
ASKED: Final = frozenset({CANCELLED_BY_USER, Reason.CANCELLED_ALL.value})
MILLION: Final = 1_000_000
#: Later than any moment.
NEVER: Final = 1 << 62


class Money(Protocol):
    """What a market's clearing does for its core; matching/spot.py has the real one."""

    outcome: Outcome

    def need(self, order: BookOrder) -> int:
        """What the rest of an order can cost, in atoms of what it spends."""

    def lacks(self, order: BookOrder, amount: int, command: int) -> int | None:
        """The atoms that are there if they are fewer than `amount`, else None."""

    def hold(self, order: BookOrder, amount: int) -> None:
        """Set aside `amount` more for an order."""

    def reserve(self, order: BookOrder, command: int) -> int | None:
        """Hold what an order needs if it is there, else say what is."""

    def release(self, order: BookOrder) -> None:
        """Give back what an order holds beyond what it owes."""

    def available(self, user: int, side: int) -> int:
        """Atoms that a user may spend on an order of `side`."""

    def settle(
        self, taker: BookOrder, fills: list[tuple[BookOrder, int]], number: int
    ) -> None:
        """Move the money of a taker's trades at their makers' prices, give back what the
        taker does not need any more, and write the trades and `filled_quote` down;
        `number` is that of the last trade before them."""

    def fill(
        self, taker: BookOrder, maker: BookOrder, lots: int, price: int, number: int
    ) -> None:
        """The same for one trade of an auction, at its one price."""


class Refusal(NamedTuple):
    """Why something is not done, what was allowed and what was there."""

    reason: Reason
    limit: int = 0
    actual: int = 0


class Core:
    """The orders of one market.

    last, trades        the last trade's price in ticks and its number
    reference, refresh  the price that bands lie around, and when it is renewed
    state, now          the market's state, the engine's time
    cause               the command that lets time pass; 0 when one is at work itself
    restless            something was touched or is pending: an aftermath is due
    up, down            armed orders that a price has touched, until their turn comes
    pending, pending_lists  brackets whose entry has ended, whose exits shall come alive:
                        their ids as a heap, and themselves
    expiries            (time, id, order) of those that expire, as a heap
    due                 when time alone makes something happen here
    guarded             whether a plain limit order must be looked at before it goes on
    """

    __slots__ = (
        "book", "cause", "down", "due", "expiries", "guarded", "last", "money", "now",
        "outcome", "pending", "pending_lists", "reference", "refresh", "restless", "rules",
        "state", "trades", "trailing", "up",
    )  # fmt: skip

    def __init__(self, rules: MarketRules, money: Money) -> None:
        self.book = Book()
        self.money = money
        self.outcome = money.outcome
        self.last = self.trades = self.cause = self.now = 0
        self.restless = False
        self.reference: int | None = None
        self.refresh = 0
        self.up, self.down = Half(-1), Half(1)
        self.trailing = stops.TrailingStops(rules.price_max)
        self.pending: list[int] = []
        self.pending_lists: dict[int, lists.OrderList] = {}
        self.expiries: list[tuple[int, int, BookOrder]] = []
        self.due = NEVER
        self.obey(rules)

    def obey(self, rules: MarketRules) -> None:
        """Go on under these rules."""
        self.rules = rules
        self.state = int(rules.state)
        self.guarded = (
            self.state != STATE_OPEN or rules.band_ppm > 0 or rules.max_open_orders > 0
        )
        self.restless = bool(self.pending or self.up.ranks or self.down.ranks)
        opening.set_due(self)

    @property
    def is_open(self) -> bool:
        return self.state == STATE_OPEN

    def begin(self, outcome: Outcome) -> None:
        """Tell what happens from now on to `outcome`."""
        self.outcome = self.money.outcome = outcome

    @property
    def command(self) -> int:
        """The id of the command that causes what happens."""
        return self.cause or self.book.command

    # Placing ----------------------------------------------------------------------------

    def place(self, command: Place, created: int) -> None:
        """Carry out a place command that stands alone."""
        order = BookOrder(command, created)
        self.outcome.orders[order.id] = order
        if command.type == LIMIT and command.extra is PLAIN and not self.guarded:
            # As `go_on`, but for the calls: this is the most frequent thing of all.
            if self.money.reserve(order, order.id) is None:
                self.enter(order)
            else:
                self._reject_poor(order)
        elif self.admit(order):
            self.go_on(order)

    def go_on(self, order: BookOrder) -> None:
        """Carry out an order that the market takes, if its funds are there."""
        if order.type == MARKET:
            self.enter_market(order)
        elif order.type != LIMIT:
            stops.accept(self, order)
        elif self.reserve(order):
            self.enter(order)

    def admit(self, order: BookOrder, *, legs: int = 1) -> bool:
        """Whether the market takes an order, but for its funds; else it is rejected.

        legs  live orders that it may become, with those of its list
        """
        refusal = self.refusal(order, legs=legs)
        return refusal is None or self.reject(order, *refusal)

    def refusal(
        self, order: BookOrder, *, legs: int = 1, beside: Beside | None = None
    ) -> Refusal | None:
        """Why the market does not take an order, but for its funds. Caps and slides it."""
        rules, extra = self.rules, order.extra
        if not opening.takes(self.state, order):
            return Refusal(Reason.MARKET_NOT_OPEN)
        if extra.expires and extra.expires <= self.now:
            return Refusal(Reason.EXPIRED)
        if rules.max_open_orders and (legs > 1 or may_stay(order)):
            count = len(self.book.live.get(order.user, ()))
            if beside is not None:
                count += beside.count
            if count + legs > rules.max_open_orders:
                actual = count if legs == 1 else count + legs
                return Refusal(Reason.TOO_MANY_ORDERS, rules.max_open_orders, actual)
        if order.type == LIMIT:
            beyond = self.beyond_band(order.side, order.price)
            if beyond is not None and not self.cap(order, beyond):
                return Refusal(Reason.PRICE_BAND, beyond, order.price)
            if extra.post_only:
                best = self.would_take(order.side, order.price, beside)
                if best is not None and not self._slide(order, best):
                    return Refusal(Reason.POST_ONLY_WOULD_TAKE, best, order.price)
        return None

    def beyond_band(self, side: int, price: int) -> int | None:
        """The end of the price band that `price` goes beyond, None when it does not."""
        reference, band = self.reference, self.rules.band_ppm
        if not band or reference is None:
            return None
        if side == BUY:
            high = reference * (MILLION + band) // MILLION
            return high if price > high else None
        low = -(-reference * (MILLION - band) // MILLION)
        return low if price < low else None

    def cap(self, order: BookOrder, price: int) -> bool:
        """Move an order to the end of the band, if the market caps; else it is refused."""
        if not self.rules.band_caps:
            return False
        self.tell(order, EventKind.CAPPED, limit=order.price, actual=price)
        order.price, order.altered = price, True
        return True

    def would_take(self, side: int, price: int, beside: Beside | None = None) -> int | None:
        """The best price of the other side if an order at `price` would take, else None."""
        if self.state not in (STATE_OPEN, MarketState.POST_ONLY):
            return None
        half = self.book.asks if side == BUY else self.book.bids
        best = half.best() if beside is None else beside.best(half, side)
        if best is None or price * half.sign > best * half.sign:
            return None
        return best

    def _slide(self, order: BookOrder, best: int) -> bool:
        """Move a post-only order to one tick off the best price, if it wants that."""
        price = best - 1 if order.side == BUY else best + 1
        if order.extra.post_only != PostOnly.SLIDE or price < 1:
            return False
        self.tell(order, EventKind.SLID, limit=order.price, actual=price)
        order.price, order.altered = price, True
        return True

    def reserve(self, order: BookOrder) -> bool:
        """Set aside what an order can cost; if it is not there, reject it and say False."""
        if self.money.reserve(order, self.book.command) is None:
            return True
        return self._reject_poor(order)

    def _reject_poor(self, order: BookOrder) -> bool:
        available = self.money.available(order.user, order.side)
        amount = self.money.need(order)
        return self.reject(order, Reason.INSUFFICIENT_FUNDS, available, amount)

    def reject(
        self, order: BookOrder, reason: Reason, limit: int = 0, actual: int = 0
    ) -> bool:
        """The order never was; returns False."""
        order.status, order.reason = REJECTED, reason.value
        self.outcome.orders[order.id] = order
        self.tell(order, EventKind.REJECTED, reason, limit=limit, actual=actual)
        return False

    def enter(self, order: BookOrder) -> None:
        """A limit order that holds what it needs takes what it can, then rests or ends."""
        in_force = order.time_in_force
        if in_force == FOK and not self._fillable(order):
            return
        book = self.book
        if order.side == BUY:
            half, floor = book.asks, -order.price
        else:
            half, floor = book.bids, order.price
        ranks = half.ranks
        if ranks and ranks[-1] >= floor and self.state == STATE_OPEN:
            self._take(order, half, floor)
            if order.status != OPEN:
                return
            if not order.remaining:
                order.status = FILLED
                if order.links is not None:
                    lists.ended(self, order)
                return
        if in_force in TAKING:
            self.end(order, CANCELLED, Reason.IOC_REMAINDER)
            return
        if order.extra is not PLAIN:
            self._prepare_rest(order)
        if order.side == BUY:
            book.bids.add(order, order.price)
        else:
            book.asks.add(order, -order.price)
        # As Book.enlist, but for the call.
        mine = book.live.get(order.user)
        if mine is None:
            book.live[order.user] = {order.id: order}
        else:
            mine[order.id] = order

    def _prepare_rest(self, order: BookOrder) -> None:
        """What only special orders need before they rest."""
        show(order, order.remaining)
        if order.extra.expires:
            self.expire_later(order)

    def _fill_up(self, order: BookOrder) -> None:
        """A taker got all that it wanted."""
        order.status = FILLED
        self.money.release(order)
        if order.links is not None:
            lists.ended(self, order)

    def enter_market(self, order: BookOrder) -> None:
        """A market order gets its cap from the best price, holds, takes, and ends."""
        best = (self.book.asks if order.side == BUY else self.book.bids).best()
        if best is not None:
            order.cap = self.cap_from(best, order)
        elif not order.budget:
            self.end(order, CANCELLED, Reason.NO_LIQUIDITY)
            return
        if order.budget and order.side != BUY:
            order.remaining = self._sellable(order)
        accepted = self.reserve(order)
        order.remaining = order.quantity
        if accepted:
            self.take_market(order)

    def cap_from(self, price: int, order: BookOrder) -> int:
        """The worst price in ticks that an order's slippage allows from `price` on."""
        slippage = order.extra.slippage_ppm
        if order.side == BUY:
            if not slippage:  # of a time before there were caps
                return self.rules.price_max
            return min(self.rules.price_max, price * (MILLION + slippage) // MILLION)
        return max(1, -(-price * (MILLION - slippage) // MILLION)) if slippage else 1

    def take_market(self, order: BookOrder) -> None:
        """Without a limit, within the cap; what is not filled is cancelled."""
        half = self.book.asks if order.side == BUY else self.book.bids
        if order.budget:
            self._spend(order, half)
            return
        self._take(order, half, order.cap * half.sign)
        if order.status != OPEN:
            return
        best = half.best()
        if not order.remaining:
            self._fill_up(order)
        elif best is None:
            self.end(order, CANCELLED, Reason.NO_LIQUIDITY)
        else:
            self.end(order, CANCELLED, Reason.SLIPPAGE, order.cap, best)

    def _spend(self, order: BookOrder, half: Half) -> None:
        """By budget: whole lots, level by level, while the budget lasts."""
        tick_value, guard = self.rules.tick_value, self._guard(half)
        stranger = order.user if order.self_trade != NO_PREVENTION else 0
        while order.status == OPEN:
            left = order.budget - order.filled_quote
            best = half.best()
            if not left:
                self._fill_up(order)
            elif best is None:
                self.end(order, CANCELLED, Reason.NO_LIQUIDITY)
            elif best * half.sign < order.cap * half.sign:
                self.end(order, CANCELLED, Reason.SLIPPAGE, order.cap, best)
            elif left < best * tick_value and order.filled_quote:
                self._fill_up(order)
            elif left < best * tick_value:
                self.end(order, CANCELLED, Reason.BUDGET_TOO_SMALL)
            elif guard is not None and best * half.sign < guard:
                opening.halt(self, order, guard * half.sign, best)
            else:
                lots = left // (best * tick_value)
                fills = self.book.take(half, best * half.sign, lots, stranger)
                if fills:
                    self._settle(order, fills)
                else:
                    self._meet_own(order, half, lots)

    # Matching ---------------------------------------------------------------------------

    def _take(self, taker: BookOrder, half: Half, floor: int) -> None:
        """Match an order by quantity down to the rank `floor`; it may end."""
        ranks = half.ranks
        guard = self._guard(half) if self.rules.halt_ppm else None
        reach = floor if guard is None or guard < floor else guard
        stranger = taker.user if taker.self_trade != NO_PREVENTION else 0
        while True:
            fills = self.book.take(half, reach, taker.remaining, stranger)
            if fills:
                self._settle(taker, fills)
            if not taker.remaining or not ranks or ranks[-1] < floor:
                return
            if ranks[-1] < reach:
                opening.halt(self, taker, reach * half.sign, ranks[-1] * half.sign)
                return
            if not self._meet_own(taker, half, taker.remaining):
                return

    def _guard(self, half: Half) -> int | None:
        """The rank of the last price before the market is halted; None without a halt."""
        reference, halt = self.reference, self.rules.halt_ppm
        if not halt or reference is None:
            return None
        if half.sign < 0:
            return -(reference * (MILLION + halt) // MILLION)
        return -(-reference * (MILLION - halt) // MILLION)

    def _settle(self, taker: BookOrder, fills: list[tuple[BookOrder, int]]) -> None:
        """Book every fill: both orders' states, the trades, what a price sets off."""
        orders, taken, linked = self.outcome.orders, 0, taker.links is not None
        for maker, lots in fills:
            taken += lots
            orders[maker.id] = maker
            if not maker.remaining:
                maker.status = FILLED
            if maker.links is not None:
                linked = True
        if taker.command.budget:
            taker.quantity += taken
        else:
            taker.remaining -= taken
        self.money.settle(taker, fills, self.trades)
        self.trades += len(fills)
        self.last = maker.price
        if self.reference is None:
            self.reference = fills[0][0].price
        book = self.book
        if book.rising.ranks or book.falling.ranks or self.trailing.orders:
            stops.touch(self, [maker.price for maker, _ in fills])
        if linked:
            lists.filled(self, [(taker, maker, lots) for maker, lots in fills])

    def _meet_own(self, taker: BookOrder, half: Half, lots: int) -> bool:
        """The next maker is the taker's own. Whether the taker goes on.

        lots  that it would take of it at most
        """
        maker = half.levels[half.ranks[-1]].first
        assert maker is not None
        mode = taker.self_trade
        if taker.budget and mode == SelfTrade.DECREMENT:
            mode = SelfTrade.CANCEL_BOTH.value
        matched = min(lots, maker.remaining + maker.hidden)
        self.outcome.prevented.append(
            Prevented(
                taker.user, taker.id, maker.id, maker.price, matched, taker.self_trade
            )
        )
        if mode == SelfTrade.DECREMENT:
            self._decrement(maker, matched)
            return self._decrement(taker, matched)
        if mode != SelfTrade.CANCEL_TAKER:
            self.end(maker, CANCELLED, Reason.SELF_TRADE)
        if mode != SelfTrade.CANCEL_MAKER:
            self.end(taker, CANCELLED, Reason.SELF_TRADE)
            return False
        return True

    def _decrement(self, order: BookOrder, lots: int) -> bool:
        """Take `lots` off an order as if they had never been asked; False when it ends."""
        if order.rest == lots:
            self.end(order, CANCELLED, Reason.SELF_TRADE)
            return False
        self.tell(
            order,
            EventKind.DECREMENTED,
            limit=order.quantity,
            actual=order.quantity - lots,
        )
        self.shrink(order, lots)
        return True

    def shrink(self, order: BookOrder, lots: int) -> None:
        """Make an order smaller where it stands, what it hides first."""
        hidden = min(order.hidden, lots)
        order.quantity -= lots
        order.hidden -= hidden
        order.remaining -= lots - hidden
        if order.level is not None:
            order.level.lots -= lots - hidden
        order.altered = True
        self.outcome.orders[order.id] = order
        self.money.release(order)

    # What others offer ------------------------------------------------------------------

    def _fillable(self, order: BookOrder) -> bool:
        """Whether others offer all that a fill-or-kill order wants; else it is killed."""
        half = self.book.asks if order.side == BUY else self.book.bids
        offered = 0
        for _, lots in self._offers(order, half, order.price):
            offered += lots
            if offered >= order.remaining:
                return True
        self.end(order, CANCELLED, Reason.FOK_NOT_FILLED, order.remaining, offered)
        return False

    def _sellable(self, order: BookOrder) -> int:
        """Lots that a market sell by budget will sell."""
        rules, left, total = self.rules, order.budget, 0
        for price, lots in self._offers(order, self.book.bids, order.cap):
            most = left // (price * rules.tick_value)
            total += min(most, lots)
            if most <= lots:
                break
            left -= lots * price * rules.tick_value
        return total

    def _offers(
        self, taker: BookOrder, half: Half, worst: int
    ) -> Iterator[tuple[int, int]]:
        """(price, lots) that a taker can trade, in their order: of each level what is
        shown, then what is hidden; nothing from where its own orders stop it."""
        guard, floor, mode = self._guard(half), worst * half.sign, taker.self_trade
        for rank in reversed(half.ranks):
            if rank < floor or (guard is not None and rank < guard):
                return
            hidden = 0
            for maker in half.levels[rank].orders():
                if maker.user != taker.user or mode == NO_PREVENTION:
                    hidden += maker.hidden
                    yield maker.price, maker.remaining
                elif mode != SelfTrade.CANCEL_MAKER:
                    return
            if hidden:
                yield rank * half.sign, hidden

    # Ending -----------------------------------------------------------------------------

    def cancel(self, user: int, number: int) -> None:
        """A user's word; one that comes too late, or from another, changes nothing."""
        mine = self.book.live.get(user)
        order = mine.get(number) if mine else None
        if mine is None or order is None:
            return
        if self.state == STATE_HALTED:
            self.tell(order, EventKind.CANCEL_REFUSED, Reason.MARKET_NOT_OPEN)
        elif order.status == OPEN and order.links is None:
            order.level.half.remove(order)  # type: ignore[union-attr]  # it rests
            del mine[number]
            order.status, order.reason = CANCELLED, CANCELLED_BY_USER
            self.outcome.orders[number] = order
            self.money.release(order)
        else:
            self.end(order, CANCELLED, Reason.CANCELLED_BY_USER)

    def end(
        self,
        order: BookOrder,
        status: int,
        reason: Reason,
        limit: int = 0,
        actual: int = 0,
    ) -> None:
        """End an order, wherever it stands: its rest is given back, its list is told."""
        order.reason = reason.value
        if order.id in self.book.live.get(order.user, ()):
            self.drop(order)
        order.status = status
        self.outcome.orders[order.id] = order
        if order.reason not in ASKED:
            self.tell(order, EventKind.CANCELLED, reason, limit=limit, actual=actual)
        self.money.release(order)
        if order.links is not None:
            lists.ended(self, order)

    def drop(self, order: BookOrder) -> None:
        """Take a live order from where it stands."""
        if order.status == ARMED and order.level is None:
            self.trailing.remove(order)
        self.book.remove(order)

    def expire_later(self, order: BookOrder) -> None:
        """Let a live order end when its time has come."""
        expires = order.extra.expires
        heappush(self.expiries, (expires, order.id, order))
        self.due = min(self.due, expires)

    def tell(
        self,
        order: BookOrder,
        kind: EventKind,
        reason: Reason = Reason.NONE,
        *,
        limit: int = 0,
        actual: int = 0,
    ) -> None:
        """Add to an order's story."""
        self.outcome.events.append(
            Event(order.id, self.command, kind.value, reason.value, limit, actual)
        )
        self.outcome.orders[order.id] = order


def may_stay(order: BookOrder) -> bool:
    """Whether an order can become a live one."""
    if order.type == MARKET:
        return False
    return order.type != LIMIT or order.time_in_force not in TAKING
