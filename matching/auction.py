"""The one price at which an auction trades. Pure.

docs/orders.md gives the rule, and matching/tests/test_auction.py a twin that tries every
tick. Here a price is only tried where something can change. Sorted limit prices cut the
axis into points and the gaps between them; within a gap demand and supply are constant, so
that the tick of it nearest to the reference stands for all of them.
"""

from collections import defaultdict
from collections.abc import Iterator

#: Price in ticks, and all lots that stand at it, shown or hidden.
PriceLevel = tuple[int, int]
#: Price, lots bid at it or higher, lots offered at it or lower.
Candidate = tuple[int, int, int]

NOTHING_TRADES = (0, 0)


def auction_price(
    bids: list[PriceLevel], asks: list[PriceLevel], reference: int | None
) -> tuple[int, int]:
    """The price in ticks at which the most lots trade, and how many.

    Among prices of the same volume the one with the smallest imbalance is taken, then the
    nearest to the reference, then the lower. O(levels log levels).

    bids, asks  in any order
    reference   ticks; None when unknown: the middle between the best bid and the best ask
    returns     (0, 0) when the book does not cross
    """
    highest = max((price for price, _ in bids), default=0)
    lowest = min((price for price, _ in asks), default=highest + 1)
    if highest < lowest:
        return NOTHING_TRADES
    wanted = (highest + lowest) // 2 if reference is None else reference

    def worth(candidate: Candidate) -> tuple[int, int, int, int]:
        price, demand, supply = candidate
        return -min(demand, supply), abs(demand - supply), abs(price - wanted), price

    price, demand, supply = min(
        _candidates(
            _lots_by_price(level for level in bids if level[0] >= lowest),
            _lots_by_price(level for level in asks if level[0] <= highest),
            wanted,
        ),
        key=worth,
    )
    return price, min(demand, supply)


def _candidates(
    bids: dict[int, int], asks: dict[int, int], wanted: int
) -> Iterator[Candidate]:
    """Every limit price, and the tick nearest to `wanted` of every gap between two."""
    demand, supply = sum(bids.values()), 0
    prices = sorted(bids.keys() | asks.keys())
    for price, following in zip(prices, [*prices[1:], prices[-1]], strict=True):
        supply += asks.get(price, 0)
        yield price, demand, supply
        demand -= bids.get(price, 0)
        if following - price > 1:
            yield min(max(wanted, price + 1), following - 1), demand, supply


def _lots_by_price(levels: Iterator[PriceLevel]) -> dict[int, int]:
    lots: dict[int, int] = defaultdict(int)
    for price, count in levels:
        lots[price] += count
    return lots
