"""A market's picture, and what is told of it. Pure: events in, messages out.

REST and sockets show the same bodies. Times are whatever the caller's encoder can write.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from kernel.decimals import format_decimal
from marketdata.commands import Channel
from matching.events import Events, LoggedTrade
from orders.commands import SEQUENCE_BITS, MarketState, OrderSide
from orders.rules import MarketRules

RECENT_TRADES: Final = 50
BUY: Final = OrderSide.BUY.value

#: (price in ticks, lots resting there)
Level = tuple[int, int]
Body = dict[str, Any]


class GapInLog(Exception):
    """A batch does not follow the one before; the picture has to be loaded again."""


class TradeSeen(NamedTuple):
    """A trade as everybody may see it: without users, orders and fees."""

    sequence: int
    price: int
    quantity: int
    taker_side: int
    auction: bool
    time: Any


class Standing(NamedTuple):
    """What a market takes at a moment.

    until  when an auction ends by itself; None: not by itself, or there is none
    """

    state: MarketState
    until: Any


class Batch(NamedTuple):
    """One batch of a market's event log.

    standing  what the batch set the market's state to; None when it did not
    """

    sequence: int
    time: Any
    events: Events
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Ticker:
    """Twenty-four hours of a market, in ticks, lots and quote atoms.

    last             of the newest trade ever
    open, high, low  None when nobody traded in these hours
    """

    last: int | None
    open: int | None
    high: int | None
    low: int | None
    volume: int
    quote_volume: int
    time: Any


@dataclass(frozen=True, slots=True)
class Indication:
    """What an auction would do if it ended now, in ticks and lots.

    price      None when nothing would trade
    surplus    lots bid beyond those offered at that price; below 0: offered beyond
    reference  None before the market's first trade
    until      when it ends by itself; None: not by itself
    """

    sequence: int
    price: int | None
    volume: int
    surplus: int
    reference: int | None
    until: Any


class Book:
    """What rests at each price. Not the engine's: without orders, only their sums."""

    def __init__(self, levels: Iterable[tuple[int, int, int]]) -> None:
        """levels  (side, price, lots)"""
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self.apply(levels)

    def apply(self, changes: Iterable[tuple[int, int, int]]) -> None:
        """Set levels to what they are now; 0 lots remove a level."""
        for side, price, lots in changes:
            half = self._bids if side == BUY else self._asks
            if lots:
                half[price] = lots
            else:
                half.pop(price, None)

    def bids(self) -> list[Level]:
        """The best first."""
        return sorted(self._bids.items(), reverse=True)

    def asks(self) -> list[Level]:
        """The best first."""
        return sorted(self._asks.items())


class Picture:
    """One market at one event sequence: its book and its last trades."""

    def __init__(
        self,
        rules: MarketRules,
        *,
        sequence: int,
        standing: Standing,
        levels: Iterable[tuple[int, int, int]],
        trades: Iterable[TradeSeen],
    ) -> None:
        """trades  the last of them, the oldest first"""
        self.rules = rules
        self.sequence = sequence
        self.standing = standing
        self.book = Book(levels)
        self.trades = deque(trades, maxlen=RECENT_TRADES)

    @property
    def trade_sequence(self) -> int:
        return self.trades[-1].sequence if self.trades else 0

    def apply(self, batch: Batch) -> None:
        """Move on by one batch.

        raises  GapInLog when it is not the next one; the picture stays as it was
        """
        if batch.sequence != self.sequence + 1:
            raise GapInLog(f"{self.rules.symbol}: {batch.sequence} after {self.sequence}")
        self.sequence = batch.sequence
        self.standing = batch.standing or self.standing
        self.book.apply(batch.events.depth)
        self.trades.extend(trades_seen(batch))

    def depth(self) -> Body:
        return snapshot(
            Channel.DEPTH,
            depth_body(
                self.rules,
                self.sequence,
                state=self.standing.state,
                bids=self.book.bids(),
                asks=self.book.asks(),
            ),
        )

    def state(self) -> Body:
        return snapshot(
            Channel.STATE, _state_body(self.rules, self.sequence, self.standing)
        )

    def last_trades(self) -> Body:
        return snapshot(Channel.TRADES, _trades_body(self.rules, self.trades))


# Messages -------------------------------------------------------------------------------


def snapshot(channel: Channel, body: Body) -> Body:
    """It replaces what was said before on its channel and market."""
    return {"type": "snapshot", "channel": channel.value} | body


def update(channel: Channel, body: Body) -> Body:
    """It continues what was said before."""
    return {"type": "update", "channel": channel.value} | body


def depth_update(rules: MarketRules, batch: Batch) -> Body:
    """What a batch changed, perhaps nothing: absolute quantities, "0" removes a level; the
    state only when the batch set it.
    """
    changes, standing = batch.events.depth, batch.standing
    return update(
        Channel.DEPTH,
        {
            "market": rules.symbol,
            "sequence": batch.sequence,
            "time": batch.time,
            **({"state": _state(standing.state)} if standing else {}),
            "bids": [_change(rules, it[1], it[2]) for it in changes if it[0] == BUY],
            "asks": [_change(rules, it[1], it[2]) for it in changes if it[0] != BUY],
        },
    )


def state_update(rules: MarketRules, batch: Batch, standing: Standing) -> Body:
    """How the market stands after a batch that set its state."""
    body = _state_body(rules, batch.sequence, standing)
    return update(Channel.STATE, body | {"time": batch.time})


def trades_update(rules: MarketRules, batch: Batch) -> Body:
    """The trades of a batch that has some."""
    return update(Channel.TRADES, _trades_body(rules, trades_seen(batch)))


def trades_seen(batch: Batch) -> list[TradeSeen]:
    in_auction = set(batch.events.auction)
    return [
        _seen(trade, trade.sequence in in_auction, batch.time)
        for trade in batch.events.trades
    ]


# Bodies ---------------------------------------------------------------------------------


def depth_body(
    rules: MarketRules,
    sequence: int,
    *,
    state: MarketState,
    bids: Iterable[Level],
    asks: Iterable[Level],
) -> Body:
    return {
        "market": rules.symbol,
        "sequence": sequence,
        "state": _state(state),
        "bids": [_level(rules, price, lots) for price, lots in bids],
        "asks": [_level(rules, price, lots) for price, lots in asks],
    }


def trade_body(rules: MarketRules, trade: TradeSeen) -> Body:
    return {
        "sequence": trade.sequence,
        "trade_id": str(rules.id << SEQUENCE_BITS | trade.sequence),
        "price": rules.price_text(trade.price),
        "quantity": rules.quantity_text(trade.quantity),
        "quote_amount": rules.quote_text(trade.price * trade.quantity * rules.tick_value),
        "taker_side": OrderSide(trade.taker_side).name.lower(),
        "auction": trade.auction,
        "created_at": trade.time,
    }


def ticker_body(rules: MarketRules, ticker: Ticker, standing: Standing) -> Body:
    def price(ticks: int | None) -> str | None:
        return None if ticks is None else rules.price_text(ticks)

    change = percent = None
    if ticker.open is not None and ticker.last is not None:
        ticks = ticker.last - ticker.open
        hundredths = abs(ticks) * 10_000 // ticker.open
        change = rules.price_text(ticks)
        percent = format_decimal(hundredths if ticks > 0 else -hundredths, scale=2)
    return {
        "market": rules.symbol,
        "last": price(ticker.last),
        "open": price(ticker.open),
        "high": price(ticker.high),
        "low": price(ticker.low),
        "change": change,
        "change_percent": percent,
        "volume": rules.quantity_text(ticker.volume),
        "quote_volume": rules.quote_text(ticker.quote_volume),
        "state": _state(standing.state),
        "state_until": standing.until,
        "time": ticker.time,
    }


def auction_body(rules: MarketRules, indication: Indication) -> Body:
    def price(ticks: int | None) -> str | None:
        return None if ticks is None else rules.price_text(ticks)

    return {
        "market": rules.symbol,
        "sequence": indication.sequence,
        "price": price(indication.price),
        "volume": rules.quantity_text(indication.volume),
        "surplus": rules.quantity_text(indication.surplus),
        "reference_price": price(indication.reference),
        "state_until": indication.until,
    }


def _state_body(rules: MarketRules, sequence: int, standing: Standing) -> Body:
    return {
        "market": rules.symbol,
        "sequence": sequence,
        "state": _state(standing.state),
        "state_until": standing.until,
    }


def _trades_body(rules: MarketRules, trades: Iterable[TradeSeen]) -> Body:
    bodies = [trade_body(rules, trade) for trade in trades]
    return {
        "market": rules.symbol,
        "sequence": bodies[-1]["sequence"] if bodies else 0,
        "trades": bodies,
    }


def _level(rules: MarketRules, price: int, lots: int) -> list[str]:
    return [rules.price_text(price), rules.quantity_text(lots)]


def _change(rules: MarketRules, price: int, lots: int) -> list[str]:
    return [rules.price_text(price), rules.quantity_text(lots) if lots else "0"]


def _state(state: MarketState) -> str:
    return state.name.lower()


def _seen(trade: LoggedTrade, auction: bool, time: object) -> TradeSeen:  # noqa: FBT001
    return TradeSeen(
        trade.sequence, trade.price, trade.quantity, trade.taker_side, auction, time
    )
