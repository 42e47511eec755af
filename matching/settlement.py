"""The consequences of a batch, written in its transaction: all of them or none.

The database works beside the engine: it takes the transfers of what has been matched while
the rest is being matched, and moves the balances while the other rows are being made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from kernel import pgcopy
from kernel.database import CopyIn, ask
from ledger.services import pack_transfers, start_transfers, write_batch
from matching import events
from matching.engine import Engine
from matching.outcome import Outcome
from matching.records import order_rows, trade_rows
from orders.commands import SEQUENCE_BITS
from orders.services import (
    pack_event,
    pack_prevented,
    record_alterations,
    record_changes,
    record_market_change,
    record_order_events,
    record_prevented_matches,
    start_orders,
    start_special_orders,
    start_trades,
)

#: How many units are matched before the database gets their transfers.
PIECE: Final = 250

Work = TypeVar("Work")


class Settlement:
    """The writing of one batch.

    sequences  market id -> its last event sequence; moved on by one where something
               happened
    now        the time of the batch
    """

    def __init__(self, engine: Engine, *, sequences: dict[int, int], now: datetime) -> None:
        self._engine = engine
        self._sequences = sequences
        self._now = now
        self._copy: CopyIn | None = None
        self._handed: dict[int, int] = {}
        self._payloads: dict[int, str] = {}

    def __enter__(self) -> "Settlement":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and self._copy is not None:
            self._copy.give_up()

    def beside(self, units: Sequence[Work]) -> Iterator[Work]:
        """The units, for the engine; on the way the database gets what it has made."""
        for start in range(0, len(units), PIECE):
            yield from units[start : start + PIECE]
            self._hand_transfers(self._engine.outcomes)

    def pause(self) -> None:
        """Let the database finish what it was given, before it is asked for anything."""
        if self._copy is not None:
            self._copy.wait()
            self._copy = None

    def write(self, outcomes: Mapping[int, Outcome]) -> None:
        """Write what the engine found: money, trades, orders and their stories.

        The database refuses the batch if an account would fall below its floor.
        """
        happened = {
            market: outcome
            for market, outcome in outcomes.items()
            if outcome.orders or outcome.changes or outcome.events
        }
        self._hand_transfers(happened)
        if self._copy is not None:
            self._copy.end()
        # From here each table's rows are made before the last one's are waited for.
        time = pgcopy.timestamp(self._now)
        self._write(start_trades, trade_rows(happened, time=time))
        plain, special, changed, altered = order_rows(happened, time=time)
        self._write(start_orders, plain)
        self._write(start_special_orders, special)
        self._payloads = self._told(happened)
        self.pause()
        record_changes(changes=changed, now=self._now)
        record_alterations(changes=altered, now=self._now)
        for market, outcome in happened.items():
            _write_stories(market, outcome, self._now)

    def log(self) -> None:
        """Write the batch into the event log, and the entries of its transfers."""
        engine, sequences = self._engine, self._sequences
        for market, payload in self._payloads.items():
            number = self._number(market)
            if self._handed.get(market):
                write_batch(
                    entry_id=number,
                    key=f"batch:{market}:{sequences[market] + 1}",
                    reference=engine.markets[market].symbol,
                    now=self._now,
                )
            ask(_EVENT, [number, payload, self._now])
            sequences[market] += 1
            values = engine.trades[market], sequences[market], *engine.references[market]
            ask(_SEQUENCE, [market, *values])

    def _hand_transfers(self, outcomes: Mapping[int, Outcome]) -> None:
        """Hand over the transfers that were made since the last time."""
        for market, outcome in outcomes.items():
            handed, made = self._handed.get(market, 0), len(outcome.transfers)
            if handed == made:
                continue
            entry = self._number(market)
            rows = outcome.transfers[handed:] if handed else outcome.transfers
            if self._copy is None:
                self._copy = start_transfers()
            self._copy.write(pack_transfers(entry_id=entry, rows=rows, now=self._now))
            self._handed[market] = made

    def _number(self, market: int) -> int:
        """The id of the market's event batch, and of the entry of its transfers."""
        return market << SEQUENCE_BITS | self._sequences[market] + 1

    def _write(self, start: Callable[[], CopyIn], rows: Sequence[bytes]) -> None:
        """Write rows when what is being written is done."""
        if not rows:
            return
        self.pause()
        self._copy = start()
        self._copy.write(rows)
        self._copy.end()

    def _told(self, outcomes: Mapping[int, Outcome]) -> dict[int, str]:
        """What the event log says of each market."""
        books, time_ms = self._engine.books, int(self._now.timestamp() * 1000)
        return {
            market: events.encode(outcome, books[market], time_ms=time_ms)
            for market, outcome in outcomes.items()
        }


_EVENT: Final = (
    "INSERT INTO matching_eventbatch (id, payload, created_at) VALUES (%s, %s, %s)"
)
_SEQUENCE: Final = (
    "INSERT INTO matching_marketsequence (market_id, trades, events, reference, refresh) "
    "VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (market_id) DO UPDATE SET trades = EXCLUDED.trades, "
    "events = EXCLUDED.events, reference = EXCLUDED.reference, refresh = EXCLUDED.refresh"
)


def _write_stories(market_id: int, outcome: Outcome, now: datetime) -> None:
    """What few batches have: stories of orders, prevented matches, a market's changes."""
    time = pgcopy.timestamp(now)
    if outcome.events:
        record_order_events(
            rows=[
                pack_event(
                    event.order, event.command, event.kind, event.reason, event.limit,
                    event.actual, time,
                )
                for event in outcome.events
            ]
        )  # fmt: skip
    if outcome.prevented:
        record_prevented_matches(
            rows=[
                pack_prevented(
                    market_id, match.user, match.taker_order, match.maker_order,
                    match.price, match.quantity, match.mode, time,
                )
                for match in outcome.prevented
            ]
        )  # fmt: skip
    for change in outcome.changes:
        record_market_change(
            market_id=market_id,
            state=change.state,
            until=change.until,
            settings=change.settings,
            user_id=change.user,
            command_id=change.command,
            reason=change.reason,
            now=now,
        )
