"""The words that the API has for the numbers of orders.commands."""

from enum import IntEnum
from functools import lru_cache
from typing import Final

from orders.commands import (
    EventKind,
    OrderSide,
    OrderStatus,
    OrderType,
    PostOnly,
    Reason,
    SelfTrade,
    TimeInForce,
)

PENDING: Final = "pending"
PARTIALLY_FILLED: Final = "partially_filled"


# Typed: members of different enums are equal if their numbers are.
@lru_cache(maxsize=None, typed=True)
def word(member: IntEnum) -> str:
    return member.name.lower()


def words_of(enum: type[IntEnum]) -> dict[int, str]:
    return {int(member): word(member) for member in enum}


SIDES: Final = [word(it) for it in OrderSide]
TYPES: Final = [word(it) for it in OrderType]
STATUSES: Final = [PENDING, PARTIALLY_FILLED, *(word(it) for it in OrderStatus)]
REASONS: Final = [word(it) for it in Reason if it]
TIMES_IN_FORCE: Final = [word(it) for it in TimeInForce]
#: Of orders that stay, as the legs of an OCO do.
STAYING: Final = [word(it) for it in (TimeInForce.GTC, TimeInForce.GTD)]
POST_ONLY: Final = [word(it) for it in PostOnly]
SELF_TRADE: Final = [word(it) for it in SelfTrade]
STOP_LEGS: Final = [
    word(it) for it in (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
]
LISTS: Final = ["all", "open", "closed", PENDING]
#: What an entry of a timeline may tell beside the events of the engine.
TOLD: Final = ["received", "accepted", "waiting", "fill", "filled"]
HAPPENED: Final = [*TOLD, *(word(it) for it in EventKind)]
UNITS: Final = ["price", "quantity", "base", "quote", "count"]
