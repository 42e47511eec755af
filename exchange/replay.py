"""A recorded day of another exchange, order by order, through our whole write path."""

import csv
import hashlib
import lzma
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accounts.models import User
from exchange.bench.setting import fund_all
from kernel import clock
from kernel.decimals import format_decimal, parse_decimal
from kernel.errors import Invalid
from kernel.units import BIGINT_MAX, Atoms, Lots, Ppm, Ticks
from ledger.models import Asset
from matching.worker import Worker
from orders.commands import (
    CommandKind,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    TimeInForce,
)
from orders.models import Command, Market, Order, Trade
from orders.rules import MarketRules, OrderTerms, check_order
from orders.services import append_commands, open_market

COLUMNS = (
    "id",
    "timestamp",
    "exchange.timestamp",
    "price",
    "volume",
    "action",
    "direction",
)
#: Prices in the file are dollars and cents, volumes 10^-8 of the base.
PRICE_SCALE, VOLUME_SCALE = 2, 8
#: With ten decimals of quote, one cent times 10^-8 is one atom, so nothing rounds.
QUOTE_SCALE = PRICE_SCALE + VOLUME_SCALE
TRADERS = 50
APPEND = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One row: an order was created, or deleted if it is still open."""

    id: int
    created: bool
    side: OrderSide
    price: Ticks
    quantity: Lots


@dataclass(slots=True)
class Report:
    """What came of it; amounts in atoms, `notional` also as a decimal string."""

    orders: int = 0
    cancels: int = 0
    trades: int = 0
    volume_atoms: int = 0
    notional: str = "0"
    notional_atoms: int = 0
    last_price: str = ""
    open_orders: int = 0
    seconds: float = 0.0
    trades_sha256: str = ""
    stages: dict[str, float] = field(default_factory=dict)


def read_events(path: Path) -> Iterator[Event]:
    """The file's events in its order; `changed` rows say nothing new and are left out.

    raises  Invalid, with the line, when a row is not as described
    """
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise Invalid(f"{path.name}: the columns must be {','.join(COLUMNS)}.")
        for number, row in enumerate(rows, start=2):
            if row["action"] == "changed":
                continue
            yield _event(row, f"{path.name}, line {number}")


def _event(row: dict[str, str], place: str) -> Event:
    sides = {"bid": OrderSide.BUY, "ask": OrderSide.SELL}
    if row["action"] not in ("created", "deleted") or row["direction"] not in sides:
        raise Invalid(f"{place}: unknown action or direction.")
    return Event(
        id=parse_decimal(row["id"], scale=0),
        created=row["action"] == "created",
        side=sides[row["direction"]],
        price=Ticks(parse_decimal(row["price"], scale=PRICE_SCALE)),
        quantity=Lots(parse_decimal(row["volume"], scale=0)),
    )


class Replay:
    """Plays events into an empty database of its own."""

    def __init__(self) -> None:
        self.market = self._open_market()
        self.rules: MarketRules = self.market.rules
        self.traders = {side: self._traders(side) for side in OrderSide}
        self.worker = Worker(shard=self.market.shard)
        self.order_of: dict[int, int] = {}
        self.waiting: list[Command] = []
        self.appended = 0
        self.unsettled = 0
        self.stages = {"append": 0.0, "engine": 0.0}

    def play(self, events: Iterator[Event]) -> None:
        for event in events:
            if event.created:
                self._create(event)
            elif event.id in self.order_of:
                self._delete(event)
            if len(self.waiting) >= APPEND:
                self._append()
        self._append()
        self._settle(everything=True)

    def report(self) -> Report:
        columns = ("maker_order_id", "taker_order_id", "price", "quantity", "quote_amount")
        trades = list(Trade.objects.order_by("id").values_list(*columns))
        file_id = {ours: theirs for theirs, ours in self.order_of.items()}
        digest = hashlib.sha256()
        for maker, taker, price, quantity, _ in trades:
            digest.update(
                f"{file_id[maker]},{file_id[taker]},{price},{quantity}\n".encode()
            )
        notional = sum(row[4] for row in trades)
        return Report(
            orders=Order.objects.exclude(status=OrderStatus.REJECTED).count(),
            cancels=Order.objects.filter(reason=Reason.CANCELLED_BY_USER).count(),
            trades=len(trades),
            volume_atoms=sum(row[3] for row in trades),
            notional=format_decimal(notional, scale=QUOTE_SCALE),
            notional_atoms=notional,
            last_price=format_decimal(trades[-1][2], scale=PRICE_SCALE) if trades else "",
            open_orders=Order.objects.filter(status=OrderStatus.OPEN).count(),
            trades_sha256=digest.hexdigest(),
            stages=self.stages,
        )

    def _create(self, event: Event) -> None:
        terms = OrderTerms(
            side=event.side,
            type=OrderType.LIMIT,
            price=event.price,
            quantity=event.quantity,
        )
        check_order(market=self.rules, terms=terms, now=clock.now())
        # The log has one writer here, so the ids that it will give are known beforehand;
        # a cancel may follow its order in the same commit. `_append` checks it.
        self.order_of[event.id] = self.appended + len(self.waiting) + 1
        self._wait(
            CommandKind.PLACE,
            event,
            side=event.side,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            price=event.price,
            quantity=event.quantity,
            client_order_id=str(event.id),
            maker_ppm=self.rules.maker_ppm,
            taker_ppm=self.rules.taker_ppm,
        )

    def _delete(self, event: Event) -> None:
        self._wait(CommandKind.CANCEL, event, order_id=self.order_of[event.id])

    def _wait(self, kind: CommandKind, event: Event, **fields: Any) -> None:
        traders = self.traders[event.side]
        command = Command(
            kind=kind,
            market_id=self.market.pk,
            shard=self.market.shard,
            user_id=traders[event.id % len(traders)],
            created_at=clock.now(),
            **fields,
        )
        self.waiting.append(command)

    def _append(self) -> None:
        if not self.waiting:
            return
        started = time.perf_counter()
        ids = append_commands(commands=self.waiting)
        self.stages["append"] += time.perf_counter() - started
        expected = range(self.appended + 1, self.appended + len(ids) + 1)
        assert ids == list(expected), "somebody else writes into this log"
        self.appended += len(ids)
        self.unsettled += len(ids)
        self.waiting = []
        self._settle(everything=False)

    def _settle(self, *, everything: bool) -> None:
        started = time.perf_counter()
        while self.unsettled and (everything or self.unsettled >= 2_000):
            self.unsettled -= self.worker.step() or 0
        self.stages["engine"] += time.perf_counter() - started

    @staticmethod
    def _open_market() -> Market:
        base = Asset.objects.create(code="BTC", name="Bitcoin", scale=VOLUME_SCALE)
        quote = Asset.objects.create(
            code="USD", name="US dollar", scale=QUOTE_SCALE, kind="fiat"
        )
        return open_market(
            base=base,
            quote=quote,
            tick_size=Atoms(10 ** (QUOTE_SCALE - PRICE_SCALE)),
            lot_size=Atoms(1),
            price_max=Ticks(5_000_000),
            quantity_min=Lots(1),
            quantity_max=Lots(10**12),
            notional_min=Atoms(1),
            maker_ppm=Ppm(1_000),
            taker_ppm=Ppm(2_000),
        )

    def _traders(self, side: OrderSide) -> list[int]:
        """Buyers are other people than sellers: nobody meets an order of their own."""
        people = User.objects.bulk_create(
            User(email=f"{side.name.lower()}er{n}@example.com", password="!")  # noqa: S106
            for n in range(TRADERS)
        )
        ids = [person.pk for person in people]
        spends = self.market.quote if side is OrderSide.BUY else self.market.base
        fund_all(asset=spends, user_ids=ids, amount=BIGINT_MAX // (2 * TRADERS))
        return ids


def replay(path: Path) -> Report:
    """Play a whole file and time it, from reading to the last commit."""
    run = Replay()
    started = time.perf_counter()
    run.play(read_events(path))
    seconds = time.perf_counter() - started
    report = run.report()
    report.seconds = round(seconds, 3)
    report.stages = {name: round(spent, 3) for name, spent in run.stages.items()}
    return report
