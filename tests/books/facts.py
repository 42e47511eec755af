"""What a year of an exchange is made of: accounts, entries, transfers, orders and trades.

Plain values; `year` makes them up and `writing` puts them into the database.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from ledger.models import AccountKind, Entry
from ledger.transfers import TransferCode
from orders.commands import OrderSide, OrderStatus

BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
ENDS = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 150
#: Code -> decimals. Codes that other tools cannot write as they are, two that would be the
#: same once they are mended, and every number of decimals that hurts.
ASSETS = {"USDT": 6, "BTC": 8, "ETH": 18, "1INCH": 8, "X1INCH": 8, "42": 0, "EUR": 2}
MEMO = 'Said "sorry"; see below\n2025-06-01 * Injected  ; | =0\n    Assets:X  1 BTC'
WALLETS = ("main", "cold #1: Zürich", "cold 1 Zürich")


class Key(NamedTuple):
    """An account. `owner` is the customer's number, or None for the house."""

    owner: int | None
    asset: str
    kind: AccountKind
    label: str = ""


class Ref(NamedTuple):
    """What a transfer points to, before it has an id: "trade" 7 of a market, "order" 12."""

    what: str
    number: int
    market: str = ""


class Move(NamedTuple):
    """A transfer; `entry` is the number of its entry in the year."""

    entry: int
    debit: Key
    credit: Key
    amount: int
    code: TransferCode
    ref: Ref
    at: datetime


class Booking(NamedTuple):
    """An entry. `market` and `number` name a trading batch."""

    kind: Entry.Kind
    key: str
    at: datetime
    reference: str = ""
    memo: str = ""
    market: str = ""
    number: int = 0


class Venue(NamedTuple):
    """A market; prices wander around `price` ticks, orders are up to `lots`."""

    base: str
    quote: str
    tick_size: int
    lot_size: int
    price: int
    lots: int
    maker_ppm: int = 1_000
    taker_ppm: int = 2_000

    @property
    def symbol(self) -> str:
        return f"{self.base}-{self.quote}"

    @property
    def tick_value(self) -> int:
        return self.tick_size * self.lot_size // 10 ** ASSETS[self.base]


VENUES = (
    Venue("BTC", "USDT", 10_000, 10_000, 6_000_000, 5_000),
    Venue("ETH", "BTC", 10_000, 10**14, 500, 40),
    Venue("1INCH", "USDT", 100, 10**6, 3_500, 90_000),
    Venue("42", "EUR", 1, 1, 199, 300, maker_ppm=0, taker_ppm=9_999),
)
#: What arrives at once, in atoms, at most. All ether of the year must fit a bigint.
ARRIVES = {
    "USDT": 90_000 * 10**6, "BTC": 10**8, "ETH": 2 * 10**16, "1INCH": 9 * 10**11,
    "X1INCH": 10**10, "42": 2_000, "EUR": 500_000,
}  # fmt: skip


class Order:
    """An order as it stands; `hold` is what is set aside for the rest of it."""

    def __init__(self, number: int, venue: Venue, user: int, side: OrderSide) -> None:
        self.number, self.venue, self.user, self.side = number, venue, user, side
        self.price = self.lots = self.filled = self.filled_quote = self.hold = 0
        self.status = OrderStatus.OPEN
        self.created = self.updated = BEGINS

    @property
    def held_in(self) -> str:
        return self.venue.quote if self.side is OrderSide.BUY else self.venue.base

    @property
    def left(self) -> int:
        return self.lots - self.filled

    def need(self) -> int:
        """Atoms that the rest can cost."""
        if self.side is OrderSide.BUY:
            return self.price * self.left * self.venue.tick_value
        return self.left * self.venue.lot_size

    def meets(self, other: "Order") -> bool:
        if self.side == other.side or self.user == other.user:
            return False
        if self.side is OrderSide.BUY:
            return self.price >= other.price
        return self.price <= other.price


class Deal(NamedTuple):
    """A trade."""

    number: int
    venue: Venue
    price: int
    lots: int
    quote: int
    taker: Order
    maker: Order
    maker_fee: int
    taker_fee: int
    at: datetime
