"""The command log, replayed from empty into fresh books, must give what is recorded.

Whole orders are compared, trades, stories, prevented matches, the markets' changes, and the
queues of the books. Money is not replayed: whether somebody had the funds depends on what
happened outside of the markets, so the record answers that one question; what it says
follows from the log alone. Records of before there were stories are taken for what they
are: their rejections are believed, their ends need not be told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db.models import Exists, OuterRef

from kernel import pgcopy
from matching.book import PRIORITY_BITS, BookOrder
from matching.engine import Engine
from matching.models import Cursor
from matching.outcome import Change, Event, Outcome
from matching.quarantine import NOTE, pass_over
from matching.selectors import commands_after, commands_of, last_id
from matching.spot import Wallet, WalletPair
from orders.commands import (
    LIVE,
    SEQUENCE_BITS,
    Command,
    EventKind,
    MarketState,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    Reason,
    Unit,
)
from orders.models import (
    Market,
    MarketChange,
    Order,
    OrderEvent,
    PreventedMatch,
    Trade,
)
from orders.rules import ENGINE_SETTINGS, SETTINGS, MarketRules

CHUNK = 5_000
ORDER_FIELDS: Final = (
    "id", "market_id", "user_id", "side", "type", "price", "quantity", "budget", "filled",
    "filled_quote", "status", "reason", "hidden", "priority", "trigger_price",
    "armed_trade", "list_id", "cap",
)  # fmt: skip
TRADE_FIELDS: Final = (
    "id", "price", "quantity", "quote_amount", "taker_side", "maker_order_id",
    "taker_order_id", "maker_user_id", "taker_user_id", "maker_fee", "taker_fee", "auction",
)  # fmt: skip
EVENT_FIELDS: Final = ("order_id", "command_id", "kind", "reason", "limit", "actual")
PREVENTED_FIELDS: Final = (
    "user_id", "taker_order_id", "maker_order_id", "price", "quantity", "mode",
)  # fmt: skip
CHANGE_FIELDS: Final = ("state", "until", "user_id", "command_id", "settings", "reason")
INSUFFICIENT_FUNDS = Reason.INSUFFICIENT_FUNDS.value
Units = Sequence[tuple[Command | Unit, int]]


def differences(*, shard: int) -> Iterator[str]:
    """Replay a shard up to its cursor; one line for each thing that is not as recorded."""
    yield from _Replay(shard).differences()


class _Plenty(dict[int, WalletPair]):
    """Wallets with more in them than any order can cost."""

    def __missing__(self, user: int) -> WalletPair:
        first = 4 * len(self) + 10
        self[user] = pair = Wallet(first, first + 1), Wallet(first + 2, first + 3)
        return pair


class _Remembered:
    """Who had the funds, as the record has it; the balances of a replay say nothing.

    poor  (order, command) that lacked them
    """

    def __init__(self, poor: Iterable[tuple[int, int]]) -> None:
        self._poor = frozenset(poor)

    def __call__(self, *, available: int, amount: int, order: int, command: int) -> bool:
        return (order, command) not in self._poor


class _Log:
    """One of a market's append-only logs, read along with the replay.

    Only its first difference is told: all that follows would differ too.
    """

    def __init__(self, what: str, rows: Iterator[tuple[Any, ...]]) -> None:
        self._what = what
        self._rows = rows
        self._next = next(rows, None)
        self._differs = False

    def compare(
        self, replayed: tuple[Any, ...], *, optional: bool = False
    ) -> Iterator[str]:
        """optional  whether it may be missing in the record"""
        if self._differs:
            return
        if self._next == replayed:
            self._next = next(self._rows, None)
        elif not optional:
            self._differs = True
            yield f"{self._what}: recorded {self._next}, replayed {replayed}"

    def end(self) -> Iterator[str]:
        if self._next is not None and not self._differs:
            yield f"{self._what}: recorded {self._next}, not replayed"


class _Logs:
    """What is recorded of one market besides its orders."""

    def __init__(self, market: int) -> None:
        first, end = market << SEQUENCE_BITS, market + 1 << SEQUENCE_BITS
        trades = Trade.objects.filter(pk__gte=first, pk__lt=end).order_by("id")
        told = OrderEvent.objects.filter(order__market_id=market).order_by("id")
        prevented = PreventedMatch.objects.filter(market_id=market).order_by("id")
        changes = MarketChange.objects.filter(market_id=market).order_by("id")
        name = f"market {market}"
        self.trades = _Log(f"{name}, trades", trades.values_list(*TRADE_FIELDS).iterator())
        self.events = _Log(
            f"{name}, stories",
            map(_told, told.values_list(*EVENT_FIELDS).iterator()),
        )
        self.prevented = _Log(
            f"{name}, prevented matches",
            prevented.values_list(*PREVENTED_FIELDS).iterator(),
        )
        self.changes = _Log(
            f"{name}, changes", changes.values_list(*CHANGE_FIELDS).iterator()
        )

    def compare(self, outcome: Outcome) -> Iterator[str]:
        for trade in outcome.trades:
            yield from self.trades.compare(trade)
        for event in outcome.events:
            order = outcome.orders.get(event.order)
            before_stories = order is not None and _is_older_than_stories(order)
            yield from self.events.compare(_event_row(event), optional=before_stories)
        for match in outcome.prevented:
            yield from self.prevented.compare(
                tuple(getattr(match, name) for name in match.__dataclass_fields__)
            )
        for change in outcome.changes:
            yield from self.changes.compare(_change_row(change))

    def end(self) -> Iterator[str]:
        for log in (self.trades, self.events, self.prevented, self.changes):
            yield from log.end()


class _Replay:
    """One shard's log, carried out once more."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.cursor = Cursor.objects.filter(shard=shard).first()
        self.markets = {
            market.pk: market
            for market in Market.objects.filter(shard=shard).select_related("base", "quote")
        }
        rules = {pk: _first_rules(market.rules) for pk, market in self.markets.items()}
        funds = _Remembered(
            OrderEvent.objects.filter(
                reason=INSUFFICIENT_FUNDS, order__market_id__in=rules
            ).values_list("order_id", "command_id")
        )
        self.engine = Engine(rules, dict.fromkeys(rules, (0, 1)), {}, funds=funds)
        # Of each command that was passed over, the state that its market was left in.
        self.passed_over = dict(
            MarketChange.objects.filter(
                market_id__in=rules, user=None, reason=NOTE
            ).values_list("command_id", "state")
        )
        self.logs = {market: _Logs(market) for market in rules}
        self.live: dict[int, BookOrder] = {}
        self._wallets = dict.fromkeys(rules, _Plenty())
        self._balances = defaultdict[int, int](lambda: 1 << 100)

    def differences(self) -> Iterator[str]:
        for units in self._chunks():
            for outcomes in self._carried_out(units):
                for market, outcome in outcomes.items():
                    yield from self.logs[market].compare(outcome)
                    yield from self._compare_ended(outcome)
        yield from self._compare_live()
        for market in self.markets:
            yield from self.logs[market].end()
            yield from self._compare_queues(market)
            yield from self._compare_rules(market)
        if self.cursor and self.cursor.time and self.cursor.time != self.engine.time:
            yield f"time: recorded {self.cursor.time}, replayed {self.engine.time}"

    def _chunks(self) -> Iterator[Units]:
        """The log up to the cursor, without what it held for markets that are not there
        and what was rejected before there were stories."""
        position, end = 0, self.cursor.position if self.cursor else 0
        while position < end:
            units = commands_after(shard=self.shard, position=position, limit=CHUNK)
            if not units:
                return
            position = last_id(units[-1][0])
            believed = _rejected_without_a_story(units)
            yield [
                (unit, created)
                for unit, created in units
                if last_id(unit) <= end
                and unit.market in self.markets
                and commands_of(unit)[0].id not in believed
            ]

    def _carried_out(self, units: Units) -> Iterator[dict[int, Outcome]]:
        waiting: list[tuple[Command | Unit, int]] = []
        for unit, created in units:
            if last_id(unit) not in self.passed_over:
                waiting.append((unit, created))
                continue
            yield self.engine.run(waiting, self._wallets, self._balances)
            waiting = []
            state = MarketState[self.passed_over[last_id(unit)].upper()]
            outcome = pass_over(self.engine, unit, created=created, state=state)
            yield {unit.market: outcome}
        yield self.engine.run(waiting, self._wallets, self._balances)

    def _compare_ended(self, outcome: Outcome) -> Iterator[str]:
        """Orders that have ended; the live ones are compared in the end."""
        ended = []
        for order in outcome.orders.values():
            if order.status in LIVE:
                self.live[order.id] = order
            else:
                self.live.pop(order.id, None)
                ended.append(order)
        yield from _compare_orders(
            ended, Order.objects.filter(pk__in=[order.id for order in ended])
        )

    def _compare_live(self) -> Iterator[str]:
        recorded = Order.objects.filter(market_id__in=self.markets, status__in=LIVE)
        yield from _compare_orders(self.live.values(), recorded)

    def _compare_queues(self, market: int) -> Iterator[str]:
        """Who stands before whom at each price."""
        for side in OrderSide:
            queue = sorted(
                Order.objects.filter(
                    market_id=market, side=side, status=OrderStatus.OPEN
                ).values_list("price", "priority", "id"),
                key=lambda row: (
                    row[0] if side is OrderSide.SELL else -row[0],
                    row[1] or row[2] << PRIORITY_BITS,
                ),
            )
            recorded = [number for _, _, number in queue]
            half = self.engine.books[market].half(side.value)
            replayed = [order.id for order in half.orders()]
            if recorded != replayed:
                yield f"market {market}: {side.name.lower()} orders queue in another order"

    def _compare_rules(self, market: int) -> Iterator[str]:
        if not MarketChange.objects.filter(market_id=market).exists():
            return  # its state may have been set before that was a command
        recorded, replayed = self.markets[market].rules, self.engine.markets[market]
        for name in sorted(ENGINE_SETTINGS):
            values = getattr(recorded, name), getattr(replayed, name)
            if values[0] != values[1]:
                yield f"market {market}: {name} recorded {values[0]}, replayed {values[1]}"


def _first_rules(rules: MarketRules) -> MarketRules:
    """A market as it opens; all that was changed since then stands in the log."""
    fields = MarketRules.__dataclass_fields__
    defaults: dict[str, Any] = {name: fields[name].default for name in ENGINE_SETTINGS}
    return replace(rules, **defaults)


def _rejected_without_a_story(units: Units) -> set[int]:
    places = [c.id for unit, _ in units for c in commands_of(unit) if isinstance(c, Place)]
    told = OrderEvent.objects.filter(order=OuterRef("pk"), kind=EventKind.REJECTED)
    rejected = Order.objects.filter(pk__in=places, status=OrderStatus.REJECTED)
    return set(rejected.exclude(Exists(told)).values_list("pk", flat=True))


def _is_older_than_stories(order: BookOrder) -> bool:
    """Since there are stories, every market order is stamped with a slippage."""
    return order.type == OrderType.MARKET and not order.extra.slippage_ppm


def _told(row: tuple[int, ...]) -> tuple[int, ...]:
    """A recorded event, without the funds that were there: they are not replayed."""
    order, command, kind, reason, limit, actual = row
    return (
        order,
        command,
        kind,
        reason,
        0 if reason == INSUFFICIENT_FUNDS else limit,
        actual,
    )


def _event_row(event: Event) -> tuple[int, ...]:
    return _told(
        (event.order, event.command, event.kind, event.reason, event.limit, event.actual)
    )


def _change_row(change: Change) -> tuple[Any, ...]:
    """As orders.services.record_market_change writes it."""
    columns = (SETTINGS - {"state", "until"}) & change.settings.keys()
    return (
        MarketState(change.state).name.lower(),
        pgcopy.moment(change.until) if change.until else None,
        change.user or None,
        change.command,
        {name: change.settings[name] for name in columns},
        change.reason,
    )


def _compare_orders(replayed: Iterable[BookOrder], recorded: Any) -> Iterator[str]:
    records = {row[0]: row for row in recorded.values_list(*ORDER_FIELDS)}
    for order in replayed:
        row, record = _order_row(order), records.pop(order.id, None)
        if record is not None and record[-1] is None and _is_older_than_stories(order):
            record = (*record[:-1], row[-1])  # there were no caps either
        if record != row:
            yield f"order {order.id}: recorded {record}, replayed {row}"
    for number, record in records.items():
        yield f"order {number}: recorded {record}, not replayed as such"


def _order_row(order: BookOrder) -> tuple[int | None, ...]:
    born = order.priority == order.id << PRIORITY_BITS
    return (
        order.id, order.market, order.user, order.side, order.type, order.price,
        order.quantity, order.budget, order.filled, order.filled_quote, order.status,
        order.reason, order.hidden or None, None if born else order.priority,
        order.trigger or None, order.armed_trade or None, order.list_id or None,
        order.cap or None,
    )  # fmt: skip
