"""What the commands of a unit do to the book before those that follow. Pure."""

from matching.book import BookOrder, Half


class Beside:
    """What the unit that an order stands in does to the book before it.

    count   live orders more
    gone    ids of orders that rest no more where they did
    prices  id -> (side, price in ticks) of the orders that it puts there
    """

    __slots__ = ("count", "gone", "prices")

    def __init__(self) -> None:
        self.count = 0
        self.gone: set[int] = set()
        self.prices: dict[int, tuple[int, int]] = {}

    def best(self, half: Half, side: int) -> int | None:
        """The best price in ticks that an order of `side` meets in `half` then."""
        ranks = [rank for rank in (self._rank_of_others(half),) if rank is not None]
        ranks += [
            price * half.sign for other, price in self.prices.values() if other != side
        ]
        return max(ranks) * half.sign if ranks else None

    def _rank_of_others(self, half: Half) -> int | None:
        for order in half.orders():
            if order.id not in self.gone:
                return order.price * half.sign
        return None

    def stands(self, order: BookOrder, price: int) -> None:
        """An order of the unit will rest at `price`, or at a better one."""
        self.prices[order.id] = order.side, price

    def leaves(self, order: BookOrder) -> None:
        """An order will be live no more."""
        self.gone.add(order.id)
        self.prices.pop(order.id, None)
        self.count -= 1
