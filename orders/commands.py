"""The messages of the command log, and the words of an order. Pure.

Numbers stand in the database; they never change their meaning. FIX 4.4 tags in brackets.
docs/orders.md is the rule book that says what each of them does.
"""

from enum import IntEnum
from typing import NamedTuple

from kernel.units import Atoms, Lots, Ppm, Ticks

#: The id of a trade or of an event batch is its market and its gapless sequence in it,
#: market × 2^40 + sequence; both in one key spare the hottest tables an index.
SEQUENCE_BITS = 40
#: How many commands may stand together in one request, and so in one unit.
UNIT_MAX = 100
#: An iceberg is shown in this many parts at most (Binance: ICEBERG_PARTS).
ICEBERG_PARTS_MAX = 100


class CommandKind(IntEnum):
    PLACE = 1
    CANCEL = 2
    AMEND = 3
    CANCEL_ALL = 4
    CONFIGURE = 5
    CLOCK = 6


class UnitKind(IntEnum):
    """Why commands of a market stand together and are carried out in one moment."""

    NONE = 0
    ALL_OR_NONE = 1
    OCO = 2
    BRACKET = 3


class OrderSide(IntEnum):
    """Side [54]."""

    BUY = 1
    SELL = 2

    @property
    def other(self) -> "OrderSide":
        return OrderSide.SELL if self is OrderSide.BUY else OrderSide.BUY


class OrderType(IntEnum):
    """OrdType [40]. From STOP on an order is armed first and waits for its trigger."""

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    TAKE_PROFIT = 5
    TAKE_PROFIT_LIMIT = 6
    TRAILING_STOP = 7


class TimeInForce(IntEnum):
    """TimeInForce [59]. A market order never rests, whatever it says."""

    GTC = 1
    IOC = 3
    FOK = 4
    GTD = 6


class PostOnly(IntEnum):
    """ExecInst [18] = 6: never take; SLIDE moves the price to one tick off instead."""

    NO = 0
    REJECT = 1
    SLIDE = 2


class SelfTrade(IntEnum):
    """What a taker does when it meets an order of its own user."""

    NONE = 1
    CANCEL_TAKER = 2
    CANCEL_MAKER = 3
    CANCEL_BOTH = 4
    DECREMENT = 5


class OrderStatus(IntEnum):
    """OrdStatus [39]; an order whose command waits for the engine has no record yet.

    OPEN     stands in the book
    ARMED    waits for its trigger
    WAITING  the exit of a bracket, waits for the entry to end
    """

    OPEN = 1
    FILLED = 2
    CANCELLED = 3
    REJECTED = 4
    ARMED = 5
    WAITING = 6


#: The states that an order can still leave.
LIVE = frozenset({OrderStatus.OPEN, OrderStatus.ARMED, OrderStatus.WAITING})


class Reason(IntEnum):
    """Why an order is in its state, or a request of its user was refused."""

    NONE = 0
    INSUFFICIENT_FUNDS = 1
    MARKET_NOT_OPEN = 2
    NO_LIQUIDITY = 3
    BUDGET_TOO_SMALL = 4
    CANCELLED_BY_USER = 5
    INTERNAL_ERROR = 6
    IOC_REMAINDER = 7
    FOK_NOT_FILLED = 8
    EXPIRED = 9
    POST_ONLY_WOULD_TAKE = 10
    SLIPPAGE = 11
    SELF_TRADE = 12
    PRICE_BAND = 13
    VOLATILITY_HALT = 14
    TOO_MANY_ORDERS = 15
    OTHER_LEG = 16
    ENTRY_NOT_FILLED = 17
    UNIT_REFUSED = 18
    NO_LAST_PRICE = 19
    ORDER_NOT_OPEN = 20
    AMEND_BELOW_FILLED = 21
    LINKED_ORDER = 22
    CANCELLED_ALL = 23
    NOT_AMENDABLE = 24


class EventKind(IntEnum):
    """What an order's story tells beyond its command, its fills and its end.

    Of each, `limit` and `actual` are given where they say something: the price that was
    asked and the one that it got, the funds that were there and those that were needed.
    """

    REJECTED = 1
    CANCELLED = 2
    ARMED = 3
    TRIGGERED = 4
    PRICE_AMENDED = 5
    QUANTITY_AMENDED = 6
    TRIGGER_AMENDED = 7
    AMEND_REFUSED = 8
    CANCEL_REFUSED = 9
    SLID = 10
    CAPPED = 11
    DECREMENTED = 12
    ACTIVATED = 13


class MarketState(IntEnum):
    """What a market takes; AUCTION collects orders for the one price that re-opens it."""

    OPEN = 1
    POST_ONLY = 2
    CANCEL_ONLY = 3
    HALTED = 4
    AUCTION = 5


class Extra(NamedTuple):
    """What a special order has beyond a plain one; 0 stands for what it does not have.

    trigger       ticks; of a stop or take-profit
    trail         ticks that the trigger stays behind the best price; of a trailing stop
    trail_ppm     the same as a part of the best price
    display       lots shown of an iceberg
    slippage_ppm  how far from the best price (of an armed order: from the trigger) a
                  market order may go
    expires       when a GTD order ends, as kernel.pgcopy.timestamp
    """

    post_only: int = 0
    trigger: int = 0
    trail: int = 0
    trail_ppm: int = 0
    display: int = 0
    slippage_ppm: int = 0
    expires: int = 0


#: The extras of an order that has none.
PLAIN = Extra()


class Place(NamedTuple):
    """Buy or sell.

    id            of the command, and so of the order
    price         ticks; 0 for an order that becomes a market order
    quantity      lots; 0 for an order by budget
    budget        quote atoms to spend or to earn, for a market order by budget; 0 otherwise
    maker_ppm, taker_ppm  the fee rates stamped on the order
    """

    id: int
    market: int
    user: int
    side: int
    type: int
    time_in_force: int
    self_trade: int
    price: Ticks
    quantity: Lots
    budget: Atoms
    maker_ppm: Ppm
    taker_ppm: Ppm
    extra: Extra = PLAIN


class Cancel(NamedTuple):
    """Take the rest of a live order back.

    order  the id of the order; ignored by the engine when it is not live or not `user`'s
    """

    id: int
    market: int
    user: int
    order: int


class Amend(NamedTuple):
    """Change a live order.

    price, quantity, trigger  the new ones in ticks, lots and ticks; 0 keeps the old one
    """

    id: int
    market: int
    user: int
    order: int
    price: Ticks
    quantity: Lots
    trigger: Ticks


class CancelAll(NamedTuple):
    """Take back all live orders of a user in a market.

    side  0 for both
    """

    id: int
    market: int
    user: int
    side: int


class Configure(NamedTuple):
    """Change a market's state or settings.

    user      who of the staff did it; 0 for the house itself
    settings  names and new values of fields of orders.rules.MarketRules; `state` is a
              MarketState, `until` (microseconds as kernel.pgcopy.timestamp) ends an auction
    """

    id: int
    market: int
    user: int
    settings: dict[str, int | str]


class Clock(NamedTuple):
    """Nothing but time: lets what is due happen when nothing else comes."""

    id: int
    market: int
    user: int


Command = Place | Cancel | Amend | CancelAll | Configure | Clock


class Unit(NamedTuple):
    """Commands of one user in one market that are carried out in one moment."""

    kind: int
    commands: tuple[Command, ...]

    @property
    def market(self) -> int:
        return self.commands[0].market

    @property
    def user(self) -> int:
        return self.commands[0].user
