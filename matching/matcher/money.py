"""What the matcher asks of a market's clearing. Pure."""

from typing import Protocol

from matching.book import BookOrder
from matching.outcome import Outcome


class Money(Protocol):
    """Sets aside, moves and gives back; matching/spot.py has the real one."""

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
