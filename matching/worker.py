"""The engine's loop: fetch, match, settle, commit; one transaction per batch.

The shard's Cursor row is lock, checkpoint and fence. Whoever locks it is the shard's only
writer; its position moves in the transaction of the effects; and an engine in memory that
does not stand at that position is stale and is rebuilt from the open orders. So after any
failure nothing is repaired: what was not committed did not happen (ADR 0004).
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.core.cache import cache
from django.db import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)
from redis.exceptions import RedisError

from kernel import clock
from kernel.doorbell import ring_after_commit
from kernel.errors import InvariantBroken
from kernel.failpoint import failpoint
from ledger.locks import lock_accounts
from ledger.models import CUSTOMER_KINDS, Account, AccountKind
from ledger.services import open_accounts
from matching.book import BookOrder
from matching.engine import Engine, Outcome
from matching.models import Cursor, MarketSequence
from matching.selectors import (
    commands_after,
    last_event_time,
    open_orders,
    wallets_of,
)
from matching.settlement import settle
from matching.signals import events_logged
from matching.spot import WalletPair
from orders.commands import OrderStatus, Place, Reason
from orders.models import Market
from orders.services import halt_market

log = logging.getLogger(__name__)

BATCH_MAX = 2_000
#: An engine that has not shown itself for this long may be replaced.
LEASE_SECONDS = 0.75
RENEW_SECONDS = 0.25
FROZEN_SECONDS = 10
#: What says that the database, not a command, is the matter: it went away, ended our
#: session, or reads only.
LOST = (OperationalError, InterfaceError, InternalError)


class Worker:
    """One shard's engine in this process."""

    def __init__(self, *, shard: int) -> None:
        self.shard = shard
        # The process id is for people; the rest makes it unique.
        self.holder = f"{os.getpid()}-{uuid.uuid4().hex[:16]}"
        self.engine: Engine | None = None
        self._position = -1
        self._sequences: dict[int, int] = {}
        self._wallets: dict[int, dict[int, WalletPair]] = {}
        self._states: dict[int, str] = {}
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

    @transaction.atomic
    def _batch(self, limit: int) -> int | None:
        position = self._lock()
        if position is None:
            return None
        rows = commands_after(shard=self.shard, position=position, limit=limit)
        failpoint("after_fetch")
        if not rows:
            self._renew()
            return 0
        engine = self._engine_at(position)
        wallets = self._wallets_for(engine, engine.users_needed(rows))
        balances = lock_accounts(_accounts_of(engine, wallets))
        outcomes = engine.run(rows, wallets, dict(balances))
        failpoint("after_match")
        settle(engine=engine, outcomes=outcomes, sequences=self._sequences, now=self._now())
        self._move_cursor(rows[-1][0].id)
        ring_after_commit(events_logged, shard=self.shard)
        return len(rows)

    def _lock(self) -> int | None:
        """Lock the shard; its position, or None while another engine lives."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT position, holder, "
                "renewed_at > clock_timestamp() - make_interval(secs => %s) "
                "FROM matching_cursor WHERE shard = %s FOR UPDATE",
                [LEASE_SECONDS, self.shard],
            )
            row = cursor.fetchone()
        if row is None:
            Cursor.objects.bulk_create([Cursor(shard=self.shard)], ignore_conflicts=True)
            return self._lock()
        position, holder, alive = row
        if holder not in ("", self.holder) and alive:
            return None
        if holder != self.holder:
            log.info(
                "engine takes the shard", extra={"shard": self.shard, "position": position}
            )
            self.engine = None
            self._move_cursor(position)
        return int(position)

    def _move_cursor(self, position: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE matching_cursor SET position = %s, holder = %s, "
                "renewed_at = clock_timestamp() WHERE shard = %s",
                [position, self.holder, self.shard],
            )
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

    def _engine_at(self, position: int) -> Engine:
        """The engine in memory if it stands at `position` and knows the markets."""
        states = dict(Market.objects.filter(shard=self.shard).values_list("id", "state"))
        engine = self.engine
        if engine is None or self._position != position or states != self._states:
            engine = self.engine = self._rebuild()
            self._states = states
        # From here until the commit the engine runs ahead of the database. If that fails,
        # no position will match and it is rebuilt.
        self._position = -1
        return engine

    def _rebuild(self) -> Engine:
        markets = Market.objects.select_related("base", "quote").filter(shard=self.shard)
        fees = {
            (account.label, account.asset_id): account.pk
            for account in Account.objects.filter(kind=AccountKind.FEES)
        }
        sequences = MarketSequence.objects.in_bulk()
        engine = Engine(
            markets={market.pk: market.rules for market in markets},
            fee_accounts={
                market.pk: (
                    fees[market.symbol, market.base_id],
                    fees[market.symbol, market.quote_id],
                )
                for market in markets
            },
            trades={
                market_id: sequence.trades for market_id, sequence in sequences.items()
            },
        )
        count = 0
        for market_id, order in open_orders(shard=self.shard):
            engine.restore(market_id, order)
            count += 1
        self._sequences = {
            market_id: sequences[market_id].events if market_id in sequences else 0
            for market_id in engine.markets
        }
        self._wallets = {}
        self._last = max(self._last, last_event_time(sequences=self._sequences))
        log.info("books rebuilt", extra={"shard": self.shard, "open_orders": count})
        return engine

    def _wallets_for(
        self, engine: Engine, users: Mapping[int, set[int]]
    ) -> dict[int, dict[int, WalletPair]]:
        """The users' wallets in each market's two assets, opened where there are none."""
        wallets = {}
        for market_id, wanted in users.items():
            known = self._wallets.setdefault(market_id, {})
            if missing := wanted - known.keys():
                market = engine.markets[market_id]
                known |= _open_wallets(missing, market.base, market.quote)
            wallets[market_id] = {user: known[user] for user in wanted}
        return wallets

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
                self._quarantine(failure)
                settled = 1
            if not settled:
                return done or settled
            done += settled
        return done

    @transaction.atomic
    def _quarantine(self, failure: Exception) -> None:
        """Pass over the next command, which fails alone too; halt its market if the books
        themselves disagree."""
        position = self._lock()
        if position is None:
            return
        waiting = commands_after(shard=self.shard, position=position, limit=1)
        if not waiting:
            raise failure  # no command is the matter
        [(command, created)] = waiting
        extra = {"command": command.id, "market": command.market}
        log.critical("command quarantined", exc_info=failure, extra=extra)
        if isinstance(failure, InvariantBroken | AssertionError | IntegrityError):
            halt_market(market_id=command.market)
            log.critical("market halted: an invariant broke", extra=extra)
        engine = self._engine_at(position)
        # A market that this shard does not have leaves no record; `audit` (O9) shows it.
        if isinstance(command, Place) and command.market in engine.markets:
            order = BookOrder(
                command.id, command.user, command.side, command.type, command.price,
                command.quantity, command.budget, command.maker_ppm, command.taker_ppm,
                created,
            )  # fmt: skip
            order.status, order.reason = OrderStatus.REJECTED, Reason.INTERNAL_ERROR
            outcome = Outcome(orders={order.id: order}, placed={order.id})
            settle(
                engine=engine,
                outcomes={command.market: outcome},
                sequences=self._sequences,
                now=self._now(),
            )
        self._move_cursor(command.id)
        ring_after_commit(events_logged, shard=self.shard)


def _open_wallets(users: set[int], base: int, quote: int) -> dict[int, WalletPair]:
    """The wallets of users in two assets; those that were never needed are opened."""
    pairs = {(user, asset) for user in users for asset in (base, quote)}
    found = wallets_of(pairs)
    if absent := pairs - found.keys():
        open_accounts(
            wanted=(
                (user, asset, kind) for user, asset in absent for kind in CUSTOMER_KINDS
            )
        )
        found |= wallets_of(absent)
    return {user: (found[user, base], found[user, quote]) for user in users}


def _accounts_of(
    engine: Engine, wallets: Mapping[int, Mapping[int, WalletPair]]
) -> list[int]:
    """Every account that a batch may touch."""
    accounts = [account for pair in engine.fee_accounts.values() for account in pair]
    for pairs in wallets.values():
        for base, quote in pairs.values():
            accounts += (base.available, base.held, quote.available, quote.held)
    return accounts


_workers: dict[int, Worker] = {}
_stopping = threading.Event()


def stop() -> None:
    """Let a `drain` that is at work in this process end after its batch, and its shard be
    taken over at once."""
    _stopping.set()


_listening: object = None


def awake_key(shard: int) -> str:
    """The cache key that says: this shard's engine is awake, or was rung a moment ago."""
    return f"matching:{shard}:awake"


class AwakeSign:
    """Spares the API a Celery message while the engine listens. Only a hint.

    seen  whether Redis took the sign the last time: if not, nobody could ring either
    """

    def __init__(self, *, shard: int) -> None:
        self.shard = shard
        self.seen = True
        self._hung = 0.0

    def hang(self) -> None:
        """Renew the sign, a few times a second at most."""
        if time.monotonic() - self._hung < RENEW_SECONDS:
            return
        self._hung = time.monotonic()
        try:
            cache.set(awake_key(self.shard), 1, timeout=1)
        except RedisError as away:
            if self.seen:
                log.warning("Redis is away; the engine stays", extra={"why": str(away)})
            self.seen = False
        else:
            self.seen = True


def wait_for_commands(seconds: float) -> None:
    """Sleep until the database says that commands arrived, or for `seconds`."""
    global _listening
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        if _listening is not raw:
            # An engine that freezes within a batch loses its transaction, and with it the
            # lock on the cursor that another one waits for.
            raw.execute(f"SET idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
            raw.execute("LISTEN commands")
            _listening = raw
            return  # something may have arrived before we listened
        list(raw.notifies(timeout=seconds, stop_after=1))


def drain(*, shard: int, seconds: float = 30.0, idle_seconds: float = 5.0) -> int:
    """Work on a shard: settle what waits, then linger for what comes.

    Returns after `seconds`, or when nothing came for `idle_seconds`, or when the database
    went away; whoever rings next starts again where the cursor stands. While Redis is
    away nobody can ring, so it stays. While another engine holds the shard, this one
    stands by and takes over when its lease ends. `stop` ends it early.

    returns  how many commands were settled
    """
    worker, sign = _workers.setdefault(shard, Worker(shard=shard)), AwakeSign(shard=shard)
    done, started = 0, time.monotonic()
    last = now = started
    try:
        wait_for_commands(0)
        while not _stopping.is_set() and (
            not sign.seen or (now - started < seconds and now - last < idle_seconds)
        ):
            settled = worker.step()
            now = time.monotonic()
            if settled is None:
                time.sleep(0.1)
                last = now
                continue
            sign.hang()
            if settled:
                done += settled
                last = now
            else:
                wait_for_commands(0.2)
        if _stopping.is_set():
            worker.release()
    except LOST as lost:
        log.warning(
            "the database went away; the engine starts afresh", extra={"why": str(lost)}
        )
        connection.close()
    return done
