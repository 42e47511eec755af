"""What a batch did to one market, as the engine says it. Pure."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.transfers import Row
from matching.book import OPEN, BookOrder


class TradeMade(NamedTuple):
    """One match; fields as orders.models.Trade."""

    id: int
    price: int
    quantity: int
    quote_amount: int
    taker_side: int
    maker_order: int
    taker_order: int
    maker_user: int
    taker_user: int
    maker_fee: int
    taker_fee: int
    auction: bool


#: The same as a plain tuple: they are made by the thousand, and read in their order.
TradeRow = tuple[int, int, int, int, int, int, int, int, int, int, int, bool]


@dataclass(frozen=True, slots=True)
class Event:
    """A part of an order's story; fields as orders.models.OrderEvent."""

    order: int
    command: int
    kind: int
    reason: int
    limit: int
    actual: int


@dataclass(frozen=True, slots=True)
class Prevented:
    """A match with oneself that was not made; fields as orders.models.PreventedMatch."""

    user: int
    taker_order: int
    maker_order: int
    price: int
    quantity: int
    mode: int


@dataclass(frozen=True, slots=True)
class Change:
    """A market's state or settings changed; fields as orders.models.MarketChange.

    user  0 for the house and the engine
    """

    state: int
    until: int
    user: int
    command: int
    settings: dict[str, int | str]
    reason: str


@dataclass(slots=True)
class Outcome:
    """What a batch did to one market.

    orders  every order that was placed or changed, by id, in its final state
    placed  holds the ids of the orders that this batch saw for the first time
    left    (side, price) that orders left for another price
    """

    transfers: list[Row] = field(default_factory=list)
    trades: list[TradeRow] = field(default_factory=list)
    orders: dict[int, BookOrder] = field(default_factory=dict)
    placed: Container[int] = ()
    left: set[tuple[int, int]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    prevented: list[Prevented] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def levels(self) -> set[tuple[int, int]]:
        """(side, price) of the book levels that may have changed.

        An order that came and went within the batch left its level as it was.
        """
        placed, left = self.placed, self.left
        return left | {
            (order.side, order.price)
            for order in self.orders.values()
            if order.price and (order.status == OPEN or order.id not in placed)
        }

    def __bool__(self) -> bool:
        """Whether anything happened."""
        return bool(self.orders or self.changes)
