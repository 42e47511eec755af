"""What the commands of a unit do to the book before those that follow. Pure."""

from matching.book import BUY, SELL, Half


class Beside:
    """What the unit that an order stands in does to the book before it.

    count   live orders more
    gone    ids of orders that rest no more where they did
    prices  side -> the best price that it puts there, in ticks
    """

    __slots__ = ("count", "gone", "prices")

    def __init__(self) -> None:
        self.count = 0
        self.gone: set[int] = set()
        self.prices: dict[int, int] = {}

    def best(self, half: Half, side: int) -> int | None:
        """The best price in ticks that an order of `side` meets in `half` then."""
        own = self.prices.get(SELL if side == BUY else BUY)
        for order in half.orders():
            if order.id not in self.gone:
                better = own is not None and own * half.sign > order.price * half.sign
                return own if better else order.price
        return own

    def stands(self, side: int, price: int) -> None:
        best = self.prices.get(side, price)
        self.prices[side] = max(best, price) if side == BUY else min(best, price)
