"""The arithmetic of prices: whole numbers, rounded as the rule book says."""

from collections.abc import Iterable, Sequence

MILLION = 1_000_000


def rounded_up(amount: int, ppm: int) -> int:
    """That part of an amount, a begun atom counting as a whole one."""
    whole, rest = divmod(amount * ppm, MILLION)
    return whole + 1 if rest else whole


def highest_within(price: int, ppm: int) -> int:
    """The highest price that is at most `ppm` above another."""
    return price * (MILLION + ppm) // MILLION


def lowest_within(price: int, ppm: int) -> int:
    """The lowest price that is at most `ppm` below another."""
    return rounded_up(price, MILLION - ppm)


def behind(extreme: int, *, buys: bool, trail: int, ppm: int, highest: int) -> int:
    """Where a trailing stop stands when the best price it saw is `extreme`."""
    distance = trail or rounded_up(extreme, ppm)
    return min(highest, extreme + distance) if buys else max(1, extreme - distance)


def auction_price(
    bids: Sequence[tuple[int, int]],
    asks: Sequence[tuple[int, int]],
    reference: int | None,
) -> tuple[int, int]:
    """The one price of an auction and the lots that trade at it; every tick is tried.

    bids, asks  (price, lots) of every order
    """
    if not bids or not asks:
        return 0, 0
    best_bid, best_ask = max(p for p, _ in bids), min(p for p, _ in asks)
    centre = (best_bid + best_ask) // 2 if reference is None else reference
    everything = [price for price, _ in (*bids, *asks)] + [centre]

    def badness(price: int) -> tuple[int, int, int, int]:
        wanted = sum(lots for p, lots in bids if p >= price)
        offered = sum(lots for p, lots in asks if p <= price)
        return (
            -min(wanted, offered),
            abs(wanted - offered),
            abs(price - centre),
            price,
        )

    best = min(range(min(everything), max(everything) + 1), key=badness)
    return best, -badness(best)[0]


def touches(price: int, trigger: int, *, rise: bool) -> bool:
    return price >= trigger if rise else price <= trigger


def walk_behind(
    prices: Iterable[int], *, buys: bool, trail: int, ppm: int, highest: int
) -> tuple[int, bool]:
    """The trigger of a trailing stop after these last prices, and whether one touched it.

    Each price is compared with the trigger first, and moves it afterwards.
    """
    extreme: int | None = None
    trigger = 0
    for price in prices:
        if extreme is None:
            extreme = price
        trigger = behind(extreme, buys=buys, trail=trail, ppm=ppm, highest=highest)
        if touches(price, trigger, rise=buys):
            return trigger, True
        extreme = min(extreme, price) if buys else max(extreme, price)
        trigger = behind(extreme, buys=buys, trail=trail, ppm=ppm, highest=highest)
    return trigger, False
