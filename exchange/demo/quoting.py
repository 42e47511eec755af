"""How a demo market maker quotes and how a demo taker decides. Pure.

A maker keeps up to DEPTH orders on each side, within a band around a price that leans
against what it has too much of. Each round it cancels what lies outside of the band or
beyond DEPTH, and one more for a change, and places a few that are missing: the book moves,
and its open orders are always bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Side = Literal["buy", "sell"]
Style = Literal["plain", "post_only", "iceberg", "passing"]

_MILLION: Final = 1_000_000
DEPTH: Final = 8
#: The band of a quote's distance from the price, in parts per million of the price.
NEAR_PPM: Final = 80
FAR_PPM: Final = 3_000
#: An order nearer than this to the wrong side of the price is given up.
GIVE_UP_PPM: Final = 20
#: Of an iceberg one part in so many is shown.
ICEBERG_PARTS: Final = 5
#: How long a passing quote stands, and how long a stop waits, in seconds.
PASSING_SECONDS: Final = (20, 120)
STOP_SECONDS: Final = (60, 240)
#: One of so many takes is a stop, this far beyond the price, in parts per million.
STOP_ONE_IN: Final = 6
STOP_PPM: Final = (300, 2_500)
#: How far the price leans when inventory is off by its whole target.
LEAN_PPM: Final = 2_000


@dataclass(frozen=True, slots=True)
class Steps:
    """A market's steps, in atoms, and the range of lots of one order."""

    tick: int
    lot: int
    lots: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quote:
    """price in ticks, quantity in lots"""

    side: Side
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Resting:
    """An open order of the maker's; price in ticks."""

    id: str
    side: Side
    price: int


@dataclass(frozen=True, slots=True)
class Round:
    """What to do now: cancels first, so that a maker never meets itself."""

    cancels: list[Resting]
    quotes: list[Quote]


def lean(fair: int, *, has: int, wants: int) -> int:
    """The price round which a trader quotes: the lower, the more it `has` than it `wants`.

    fair         quote atoms per base unit
    has, wants   base atoms
    """
    off_ppm = (has - wants) * _MILLION // max(wants, 1)
    off_ppm = max(-_MILLION, min(_MILLION, off_ppm))
    return fair - fair * LEAN_PPM * off_ppm // _MILLION // _MILLION


def plan_round(
    *, price: int, resting: Sequence[Resting], steps: Steps, chance: Random, at_most: int
) -> Round:
    """Decide one maker's next cancels and quotes in one market.

    price    quote atoms per base unit, after leaning
    at_most  new quotes in this round
    """
    cancels: list[Resting] = []
    quotes: list[Quote] = []
    for side in ("buy", "sell"):
        mine = [order for order in resting if order.side == side]
        keep = [order for order in mine if _in_band(order, price // steps.tick)]
        keep.sort(key=lambda order: abs(order.price * steps.tick - price))
        keep = keep[:DEPTH]
        if len(keep) == DEPTH and chance.randrange(2):
            keep.pop(chance.randrange(DEPTH))
        cancels += [order for order in mine if order not in keep]
        missing = DEPTH - len(keep)
        quotes += [_quote(side, price, steps, chance) for _ in range(missing)]
    chance.shuffle(quotes)
    return Round(cancels, quotes[:at_most])


def _in_band(order: Resting, price: int) -> bool:
    """Whether it is on its side of the price (in ticks), neither too near nor too far.

    New quotes are on their side too, so what is kept and what is new never cross.
    """
    away = (order.price - price) * (1 if order.side == "sell" else -1)
    return price * GIVE_UP_PPM <= away * _MILLION <= price * FAR_PPM * 2


def _quote(side: Side, price: int, steps: Steps, chance: Random) -> Quote:
    """Mostly near the price, thinning out with the distance."""
    away_ppm = NEAR_PPM + chance.randrange(FAR_PPM) * chance.randrange(_MILLION) // _MILLION
    away = max(steps.tick, price * away_ppm // _MILLION)
    if side == "buy":
        return Quote(side, (price - away) // steps.tick, _size(steps, chance))
    return Quote(side, -(-(price + away) // steps.tick), _size(steps, chance))


def _size(steps: Steps, chance: Random) -> int:
    """Many small ones, few large ones; a round number of lots more often than not."""
    low, high = steps.lots
    lots = low + (high - low) * chance.randrange(1_000) ** 2 // 1_000_000
    return max(low, lots - lots % 10) if chance.randrange(3) else lots


def style_of(quote: Quote, *, steps: Steps, chance: Random) -> Style:
    """How a quote is placed: plain more often than not; only large ones are icebergs."""
    style: Style = chance.choice(("plain", "plain", "plain", "post_only", "passing"))
    is_large = quote.quantity >= steps.lots[1] // ICEBERG_PARTS
    return "iceberg" if style == "plain" and is_large and chance.randrange(2) else style


def stop_beyond(price: int, side: Side, *, steps: Steps, chance: Random) -> tuple[int, int]:
    """(trigger in ticks, seconds to wait) of a stop: a buy for a rise, a sell for a fall.

    price  quote atoms per base unit
    """
    away = max(steps.tick, price * chance.randint(*STOP_PPM) // _MILLION)
    trigger = price + away if side == "buy" else price - away
    return trigger // steps.tick, chance.randint(*STOP_SECONDS)


def take(*, has: int, wants: int, steps: Steps, chance: Random) -> Quote:
    """A taker's next market order: at random, but rather back to what it wants to have.

    Returns a quote without a price; `quantity` in lots, for either side.
    """
    off_ppm = max(-_MILLION, min(_MILLION, (has - wants) * _MILLION // max(wants, 1)))
    side: Side = "sell" if chance.randrange(_MILLION) < (_MILLION + off_ppm) // 2 else "buy"
    return Quote(side, 0, max(steps.lots[0], _size(steps, chance) // 3))
