"""The consequences of a batch, written in its transaction: all of them or none.

The database works beside the engine: it takes the transfers of what has been matched while
the rest is being matched, and moves the balances while the other rows are being made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import starmap
from typing import Final, TypeVar

from kernel import pgcopy
from kernel.database import CopyIn, ask
from kernel.tables import Table
from ledger.services import TRANSFERS, write_batch
from matching import events
from matching.engine import Engine
from matching.outcome import Outcome
from matching.records import event_rows, order_rows, trade_rows
from orders.commands import SEQUENCE_BITS
from orders.services import (
    EVENTS,
    ORDERS,
    TRADES,
    pack_prevented,
    record_alterations,
    record_changes,
    record_market_change,
    record_prevented_matches,
    start_special_orders,
)

#: How many units are matched before the database gets their transfers.
PIECE: Final = 250
#: So few transfers, with what else a batch has, go in one trip rather than by COPY.
FEW: Final = 200

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
        self._few: dict[Table, list[tuple[int, ...]]] = {}
        self._changed: list[tuple[int, int, int, int, int]] = []

    def __enter__(self) -> "Settlement":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and self._copy is not None:
            self._copy.give_up()

    def beside(self, units: Sequence[Work]) -> Iterator[Work]:
        """The units, for the engine; on the way the database gets what it has made."""
        for start in range(0, len(units), PIECE):
            yield from units[start : start + PIECE]
            if len(units) > PIECE:
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
        if self._copy is None and all(map(_is_small, happened.values())):
            self._keep(happened)
        else:
            self._write_beside(happened)

    def _keep(self, outcomes: Mapping[int, Outcome]) -> None:
        """Keep the rows of a small batch for the trip that ends it."""
        time = pgcopy.timestamp(self._now)
        self._few[TRANSFERS] = [
            row for market in outcomes for row in self._transfers_since(market, outcomes)
        ]
        self._few[TRADES] = trade_rows(outcomes, time=time)
        self._few[EVENTS] = event_rows(outcomes, time=time)
        self._few[ORDERS], special, self._changed, altered = order_rows(outcomes, time=time)
        self._write(start_special_orders, special)
        self._payloads = self._told(outcomes)
        self.pause()
        record_alterations(changes=altered, now=self._now)

    def _write_beside(self, outcomes: Mapping[int, Outcome]) -> None:
        """Write a batch of any size, Python and the database side by side."""
        self._hand_transfers(outcomes)
        if self._copy is not None:
            self._copy.end()
        # From here each table's rows are made before the last one's are waited for.
        time = pgcopy.timestamp(self._now)
        self._write(TRADES.start, _packed(TRADES, trade_rows(outcomes, time=time)))
        plain, special, changed, altered = order_rows(outcomes, time=time)
        self._write(ORDERS.start, _packed(ORDERS, plain))
        self._write(start_special_orders, special)
        self._write(EVENTS.start, _packed(EVENTS, event_rows(outcomes, time=time)))
        self._payloads = self._told(outcomes)
        self.pause()
        record_changes(changes=changed, now=self._now)
        record_alterations(changes=altered, now=self._now)
        for market, outcome in outcomes.items():
            _write_stories(market, outcome, self._now)

    def log(self) -> None:
        """Write the batch into the event log, the entries of its transfers, and what was
        kept; in one trip with others."""
        for table, rows in self._few.items():
            table.insert(rows)
        record_changes(changes=self._changed, now=self._now)
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
            sequences[market] += 1
            values = engine.trades[market], sequences[market], *engine.references[market]
            ask(_EVENT, [number, payload, self._now, market, *values])

    def _hand_transfers(self, outcomes: Mapping[int, Outcome]) -> None:
        """Hand over the transfers that were made since the last time."""
        for market in outcomes:
            if rows := self._transfers_since(market, outcomes):
                if self._copy is None:
                    self._copy = TRANSFERS.start()
                self._copy.write(_packed(TRANSFERS, rows))

    def _transfers_since(
        self, market: int, outcomes: Mapping[int, Outcome]
    ) -> list[tuple[int, ...]]:
        """A market's transfers that were not taken yet, as rows of their table."""
        made, handed = outcomes[market].transfers, self._handed.get(market, 0)
        if handed == len(made):
            return []
        self._handed[market] = len(made)
        entry, time = self._number(market), pgcopy.timestamp(self._now)
        return [(entry, *row, time) for row in made[handed:]]

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


def _packed(table: Table, rows: Iterable[tuple[int, ...]]) -> list[bytes]:
    return list(starmap(table.pack, rows))


def _is_small(outcome: Outcome) -> bool:
    """Whether an outcome's rows are few, and none of a table that few batches write."""
    is_usual = not (outcome.prevented or outcome.changes)
    return is_usual and len(outcome.transfers) <= FEW


_EVENT: Final = """
    WITH told AS (
        INSERT INTO matching_eventbatch (id, payload, created_at) VALUES (%s, %s, %s)
    )
    INSERT INTO matching_marketsequence (market_id, trades, events, reference, refresh)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (market_id) DO UPDATE SET trades = EXCLUDED.trades,
    events = EXCLUDED.events, reference = EXCLUDED.reference, refresh = EXCLUDED.refresh
"""


def _write_stories(market_id: int, outcome: Outcome, now: datetime) -> None:
    """What few batches have: prevented matches, a change of a market."""
    time = pgcopy.timestamp(now)
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
