"""One market's orders: acceptance, matching, ending. All order types; no money. Pure.

The order of things is the rule book's, docs/orders.md. What simple orders do not need
stands in the modules beside this one: `stops` (what is armed), `lists` (OCO, bracket),
`changes` (amend, cancel all), `opening` (states, auctions), `units` (all or none).
"""

from heapq import heappush
from operator import itemgetter
from typing import Final, NamedTuple

from matching.book import (
    BUY,
    OPEN,
    Book,
    BookOrder,
    Half,
    OrderList,
    new_order,
    show,
)
from matching.matcher import lists, opening, stops, taking
from matching.matcher.beside import Beside
from matching.matcher.money import Money
from matching.outcome import Event, Outcome
from orders.commands import (
    PLAIN,
    EventKind,
    MarketState,
    OrderStatus,
    OrderType,
    Place,
    PostOnly,
    Reason,
    TimeInForce,
)
from orders.rules import MarketRules

LIMIT, MARKET = OrderType.LIMIT.value, OrderType.MARKET.value
FILLED, CANCELLED = OrderStatus.FILLED.value, OrderStatus.CANCELLED.value
CANCELLED_BY_USER = Reason.CANCELLED_BY_USER.value
REJECTED, ARMED = OrderStatus.REJECTED.value, OrderStatus.ARMED.value
FOK = TimeInForce.FOK.value
TAKING: Final = frozenset({TimeInForce.IOC.value, FOK})
STATE_OPEN, STATE_HALTED = MarketState.OPEN.value, MarketState.HALTED.value
#: Ends that tell no story of their own: the user asked for them.
ASKED: Final = frozenset({CANCELLED_BY_USER, Reason.CANCELLED_ALL.value})
#: Later than any moment.
NEVER: Final = 1 << 62
#: So few expiries are not worth a sweep.
SWEEP_MIN: Final = 64


class Refusal(NamedTuple):
    """Why something is not done, what was allowed and what was there."""

    reason: Reason
    limit: int = 0
    actual: int = 0


class Matcher:
    """The orders of one market.

    last, trades        the last trade's price in ticks and its number
    reference, refresh  the price that bands lie around, and when it is renewed
    state, now          the market's state, the engine's time
    cause               the command that lets time pass; 0 when one is at work itself
    restless            something was touched or is pending: an aftermath is due
    up, down            armed orders that a price has touched, until their turn comes
    pending, pending_lists  brackets whose entry has ended, whose exits shall come alive:
                        their ids as a heap, and themselves
    expiries            (time, id, order) of those that expire, as a heap; also of some
                        that have ended
    sweep_at            how many of these are too many
    due                 when time alone makes something happen here
    guarded             whether a plain limit order must be looked at before it goes on
    """

    __slots__ = (
        "book", "cause", "down", "due", "expiries", "guarded", "last", "money", "now",
        "outcome", "pending", "pending_lists", "reference", "refresh", "restless", "rules",
        "state", "sweep_at", "trades", "trailing", "up",
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
        self.pending_lists: dict[int, OrderList] = {}
        self.expiries: list[tuple[int, int, BookOrder]] = []
        self.sweep_at = SWEEP_MIN
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
        order = new_order(command, created)
        number = self.book.command = order.id
        self.outcome.orders[number] = order
        if order.type == LIMIT and order.extra is PLAIN and not self.guarded:
            # As `go_on`, but for the calls: this is the most frequent thing of all.
            if self.money.reserve(order, number) is None:
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
        extra = order.extra
        if not opening.takes(self.state, order):
            return Refusal(Reason.MARKET_NOT_OPEN)
        if extra.expires and extra.expires <= self.now:
            return Refusal(Reason.EXPIRED)
        if legs > 1 or may_stay(order):
            refusal = self._one_too_many(order.user, legs, beside)
            if refusal is not None:
                return refusal
        return self._misprice(order, beside) if order.type == LIMIT else None

    def _one_too_many(self, user: int, legs: int, beside: Beside | None) -> Refusal | None:
        most = self.rules.max_open_orders
        count = len(self.book.live.get(user, ())) + (beside.count if beside else 0)
        if not most or count + legs <= most:
            return None
        actual = count if legs == 1 else count + legs
        return Refusal(Reason.TOO_MANY_ORDERS, most, actual)

    def _misprice(self, order: BookOrder, beside: Beside | None) -> Refusal | None:
        beyond = self.beyond_band(order.side, order.price)
        if beyond is not None and not self.cap(order, beyond):
            return Refusal(Reason.PRICE_BAND, beyond, order.price)
        if order.extra.post_only:
            best = self.would_take(order.side, order.price, beside)
            if best is not None and not self._slide(order, best):
                return Refusal(Reason.POST_ONLY_WOULD_TAKE, best, order.price)
        return None

    def beyond_band(self, side: int, price: int) -> int | None:
        """The end of the price band that `price` goes beyond, None when it does not."""
        reference, band = self.reference, self.rules.band_ppm
        if not band or reference is None:
            return None
        end = self.rules.through(reference, band, side)
        return end if (price > end if side == BUY else price < end) else None

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
        price = self.rules.one_off(best, order.side)
        if order.extra.post_only != PostOnly.SLIDE or price is None:
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
        book, in_force = self.book, order.time_in_force
        if order.side == BUY:
            other, floor = book.asks, -order.price
        else:
            other, floor = book.bids, order.price
        if in_force == FOK and not taking.fillable(self, order):
            return
        ranks = other.ranks
        if ranks and ranks[-1] >= floor and self.state == STATE_OPEN:
            taking.take(self, order, other, floor)
            if order.status != OPEN:
                return
        if in_force in TAKING:
            self.end(order, CANCELLED, Reason.IOC_REMAINDER)
            return
        if order.extra is not PLAIN:
            self._prepare_rest(order)
        book.rest(order)

    def _prepare_rest(self, order: BookOrder) -> None:
        """What only special orders need before they rest."""
        show(order, order.remaining)
        if order.extra.expires:
            self.expire_later(order)

    def enter_market(self, order: BookOrder) -> None:
        """A market order gets its cap from the best price, holds, takes, and ends."""
        best = (self.book.asks if order.side == BUY else self.book.bids).best()
        if best is not None:
            order.cap = taking.cap_from(self, best, order)
        elif not order.budget:
            self.end(order, CANCELLED, Reason.NO_LIQUIDITY)
            return
        if order.budget and order.side != BUY:
            order.remaining = taking.sellable(self, order)
        accepted = self.reserve(order)
        order.remaining = order.quantity
        if accepted:
            taking.without_limit(self, order)

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
        if len(self.expiries) >= self.sweep_at:
            self._sweep_expiries()
        heappush(self.expiries, (expires, order.id, order))
        self.due = min(self.due, expires)

    def _sweep_expiries(self) -> None:
        """Forget those that have ended, and what was noted of an order more than once,
        before they are more than the others."""
        live = {
            number: (expires, number, order)
            for expires, number, order in self.expiries
            if order.id in self.book.live.get(order.user, ())
        }
        self.expiries = sorted(live.values(), key=itemgetter(0, 1))
        self.sweep_at = 2 * len(live) + SWEEP_MIN
        opening.set_due(self)

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
