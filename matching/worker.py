"""The engine's step: fetch, match, settle, commit; one transaction per batch.

The shard's Cursor row is lock, checkpoint and fence. Whoever locks it is the shard's only
writer; its position moves in the transaction of the effects; and an engine in memory that
does not stand at that position is stale and is rebuilt from the live orders. So after any
failure nothing is repaired: what was not committed did not happen (ADR 0004).
"""

import logging
import os
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import (
    InterfaceError,
    InternalError,
    OperationalError,
    transaction,
)

from kernel import clock
from kernel.database import ask, one_trip
from kernel.doorbell import ring_after_commit
from kernel.failpoint import failpoint
from matching.engine import Engine
from matching.locks import KnownWallets, Purse
from matching.models import Cursor, MarketSequence
from matching.outcome import Outcome
from matching.quarantine import is_broken, pass_over, state_after
from matching.rebuild import build_engine
from matching.selectors import (
    ask_for_commands,
    commands_after,
    commands_of,
    last_event_time,
    last_id,
    units_of,
)
from matching.settlement import Settlement
from matching.signals import events_logged
from orders.commands import Command, Unit

log = logging.getLogger(__name__)

BATCH_MAX = 2_000
#: An engine that has not shown itself for this long may be replaced.
LEASE_SECONDS = 0.75
RENEW_SECONDS = 0.25
#: What says that the database, not a command, is the matter: it went away, ended our
#: session, or reads only.
LOST = (OperationalError, InterfaceError, InternalError)
#: SQLSTATEs that say that somebody was in the way: a serialization failure, a deadlock, a
#: lock that was not to be waited for.
IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})
ATTEMPTS = 10
# Everything that a batch asks for is found by a key. A log that has grown faster than its
# statistics would be read from end to end instead, so that is ruled out until the commit.
_LOCK = (
    "SELECT position, holder, "
    "renewed_at > clock_timestamp() - make_interval(secs => %s::float8), "
    "set_config('enable_seqscan', 'off', true), "
    "set_config('enable_bitmapscan', 'off', true) "
    "FROM matching_cursor WHERE shard = %s FOR UPDATE"
)
_MOVE = (
    "UPDATE matching_cursor SET position = %s, time = greatest(time, %s), "
    "holder = %s, renewed_at = clock_timestamp() WHERE shard = %s"
)


class Worker:
    """One shard's engine in this process."""

    def __init__(self, *, shard: int) -> None:
        self.shard = shard
        # The process id is for people; the rest makes it unique.
        self.holder = f"{os.getpid()}-{uuid.uuid4().hex[:16]}"
        self.engine: Engine | None = None
        self._position = -1
        self._sequences: dict[int, int] = {}
        self._wallets = KnownWallets()
        self._met: dict[int, set[int]] = {}
        self._renewed = 0.0
        self._last = datetime.min.replace(tzinfo=UTC)

    def step(self, *, limit: int = BATCH_MAX) -> int | None:
        """Settle the next commands.

        returns  how many; None when another engine holds the shard
        raises   one of LOST when the database went away; the next step starts afresh
        """
        try:
            return self._batch(limit)
        except LOST:
            self.engine = None
            raise
        except Exception:  # whatever it is, it must not stop the market
            self.engine = None
            log.exception("a batch failed; its commands are tried one by one")
            return self._one_by_one(limit)

    @transaction.atomic
    def release(self) -> None:
        """Let another engine take the shard at once."""
        Cursor.objects.filter(shard=self.shard, holder=self.holder).update(holder="")

    def _batch(self, limit: int) -> int | None:
        """Settle the next commands, again while somebody else's locks are in the way."""
        self._met = {}
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(limit)
            except OperationalError as failure:
                if getattr(failure.__cause__, "sqlstate", None) not in IN_THE_WAY:
                    raise
                self.engine = None
                log.info("a batch is tried again", extra={"why": str(failure)})
        return self._attempt(limit)

    @transaction.atomic
    def _attempt(self, limit: int) -> int | None:
        with one_trip():
            cursor = self._ask_for_lock()
            waiting = ask_for_commands(shard=self.shard, limit=limit)
        position = self._take(cursor.fetchone())
        if position is None:
            return None
        units = units_of(waiting.fetchall(), shard=self.shard)
        failpoint("after_fetch")
        if not units:
            self._renew()
            return 0
        engine = self._engine_at(position, units)
        with self._settlement(engine) as settlement:
            outcomes = self._match(engine, units, settlement)
            failpoint("after_match")
            self._settle(settlement, outcomes, last_id(units[-1][0]))
        return sum(len(commands_of(unit)) for unit, _ in units)

    def _match(
        self,
        engine: Engine,
        units: Sequence[tuple[Command | Unit, int]],
        settlement: Settlement,
    ) -> dict[int, Outcome]:
        """Let the engine carry out the units, with the money that they touch locked."""
        purse = Purse(engine.markets, self._wallets, met=self._met, pause=settlement.pause)
        users = engine.users_needed(units)
        purse.foresee(users, (a for pair in engine.fee_accounts.values() for a in pair))
        return engine.run(settlement.beside(units), purse, purse.balances)

    def _settlement(self, engine: Engine) -> Settlement:
        return Settlement(engine, sequences=self._sequences, now=self._now())

    def _settle(
        self, settlement: Settlement, outcomes: dict[int, Outcome], position: int
    ) -> None:
        assert self.engine is not None
        settlement.write(outcomes)
        with one_trip():
            settlement.log()
            self._move_cursor(position, self.engine.time)
        ring_after_commit(events_logged, shard=self.shard)

    def _lock(self) -> int | None:
        """Lock the shard; its position, or None while another engine lives."""
        return self._take(self._ask_for_lock().fetchone())

    def _ask_for_lock(self) -> psycopg.Cursor[Any]:
        return ask(_LOCK, [LEASE_SECONDS, self.shard])

    def _take(self, row: tuple[Any, ...] | None) -> int | None:
        """The position of the shard whose cursor is locked, None if another engine lives.

        row  what `_LOCK` found
        """
        if row is None:
            Cursor.objects.bulk_create([Cursor(shard=self.shard)], ignore_conflicts=True)
            return self._lock()
        position, holder, alive = row[:3]
        if holder not in ("", self.holder) and alive:
            return None
        if holder != self.holder:
            log.info(
                "engine takes the shard", extra={"shard": self.shard, "position": position}
            )
            self.engine = None
            self._move_cursor(position)
        return int(position)

    def _move_cursor(self, position: int, now: int = 0) -> None:
        """Stand at `position`, at the engine's time `now` (0: as before)."""
        ask(_MOVE, [position, now, self.holder, self.shard])
        self._position = position
        self._renewed = time.monotonic()

    def _now(self) -> datetime:
        """The time of a batch: never before the last one's, whatever the clock does, so
        that times rise with the sequences."""
        self._last = max(clock.now(), self._last)
        return self._last

    def _renew(self) -> None:
        if time.monotonic() - self._renewed >= RENEW_SECONDS and self._position >= 0:
            self._move_cursor(self._position)

    def _engine_at(
        self, position: int, units: Sequence[tuple[Command | Unit, int]]
    ) -> Engine:
        """The engine in memory if it stands at `position` and knows the units' markets."""
        engine = self.engine
        if (
            engine is None
            or self._position != position
            or not {unit.market for unit, _ in units} <= engine.markets.keys()
        ):
            engine = self.engine = self._rebuild()
        # From here until the commit the engine runs ahead of the database. If that fails,
        # no position will match and it is rebuilt.
        self._position = -1
        return engine

    def _rebuild(self) -> Engine:
        [now] = Cursor.objects.filter(shard=self.shard).values_list("time", flat=True)
        engine = build_engine(shard=self.shard, time=now)
        events = MarketSequence.objects.filter(pk__in=engine.markets)
        self._sequences = dict.fromkeys(engine.markets, 0)
        self._sequences |= dict(events.values_list("market_id", "events"))
        self._last = max(self._last, last_event_time(sequences=self._sequences))
        # An account that a failed batch opened is not there.
        self._wallets = KnownWallets()
        log.info("books rebuilt", extra={"shard": self.shard})
        return engine

    def _one_by_one(self, limit: int) -> int | None:
        done = 0
        while done < limit:
            try:
                settled = self._batch(1)
            except LOST:
                self.engine = None
                raise
            except Exception as failure:  # noqa: BLE001  quarantined and told below
                self.engine = None
                settled = self._quarantine(failure)
            if not settled:
                return done or settled
            done += settled
        return done

    @transaction.atomic
    def _quarantine(self, failure: Exception) -> int | None:
        """Pass over the next unit, which fails alone too, and tell it loudly."""
        position = self._lock()
        if position is None:
            return None
        waiting = commands_after(shard=self.shard, position=position, limit=1)
        if not waiting:
            raise failure  # no command is the matter
        [(unit, created)] = waiting
        broken = is_broken(failure)
        extra = {"command": last_id(unit), "market": unit.market, "broken": broken}
        log.critical("command quarantined", exc_info=failure, extra=extra)
        engine, outcomes = self._engine_at(position, waiting), {}
        # A market that this shard does not have leaves no record; `audit` (O9) shows it.
        if unit.market in engine.markets:
            state = state_after(engine.markets[unit.market].state, broken=broken)
            outcomes[unit.market] = pass_over(engine, unit, created=created, state=state)
        with self._settlement(engine) as settlement:
            self._settle(settlement, outcomes, last_id(unit))
        return len(commands_of(unit))
