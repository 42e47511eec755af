"""The messages of the command log, and the words of an order. Pure.

Numbers stand in the database; they never change their meaning. FIX 4.4 tags in brackets.
"""

from enum import IntEnum
from typing import NamedTuple

from kernel.units import Atoms, Lots, Ppm, Ticks

#: The id of a trade or of an event batch is its market and its gapless sequence in it,
#: market × 2^40 + sequence; both in one key spare the hottest tables an index.
SEQUENCE_BITS = 40


class CommandKind(IntEnum):
    PLACE = 1
    CANCEL = 2


class OrderSide(IntEnum):
    """Side [54]."""

    BUY = 1
    SELL = 2

    @property
    def other(self) -> "OrderSide":
        return OrderSide.SELL if self is OrderSide.BUY else OrderSide.BUY


class OrderType(IntEnum):
    """OrdType [40]."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """TimeInForce [59]. A market order never rests, whatever it says."""

    GTC = 1


class OrderStatus(IntEnum):
    """OrdStatus [39]; an order whose command waits for the engine has no record yet."""

    OPEN = 1
    FILLED = 2
    CANCELLED = 3
    REJECTED = 4


class Reason(IntEnum):
    """Why an order is in its state."""

    NONE = 0
    INSUFFICIENT_FUNDS = 1
    MARKET_NOT_OPEN = 2
    NO_LIQUIDITY = 3
    BUDGET_TOO_SMALL = 4
    CANCELLED_BY_USER = 5
    INTERNAL_ERROR = 6


class Place(NamedTuple):
    """Buy or sell.

    id            of the command, and so of the order
    price         ticks; 0 for a market order
    quantity      lots; 0 for a market buy by budget
    budget        quote atoms to spend, for a market buy; 0 otherwise
    maker_ppm, taker_ppm  the fee rates stamped on the order
    """

    id: int
    market: int
    user: int
    side: int
    type: int
    price: Ticks
    quantity: Lots
    budget: Atoms
    maker_ppm: Ppm
    taker_ppm: Ppm


class Cancel(NamedTuple):
    """Take the rest of an open order out of the book.

    order  the id of the order; ignored by the engine when it is not open or not `user`'s
    """

    id: int
    market: int
    user: int
    order: int


Command = Place | Cancel
