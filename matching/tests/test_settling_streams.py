"""Random streams of everything, by way of the database, give what the engine alone gives.

The engine of the database is cut off and rebuilt at random, between batches of any size;
the one in memory never is. The records of both are compared whole, and the audit and the
replay of the log have nothing to say.
"""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.audit import audit
from kernel import pgcopy
from kernel.decimals import format_decimal
from kernel.units import Atoms
from ledger.models import Account
from matching.tests.book_check import check_book
from matching.tests.twin.house import ALTERED, ALWAYS, House
from matching.tests.twin.streams import MARKET, STAFF, Asked, Stream, market_of
from matching.verify import differences
from matching.worker import Worker
from orders.commands import (
    SEQUENCE_BITS,
    Amend,
    Cancel,
    CancelAll,
    Clock,
    CommandKind,
    Configure,
    Place,
    Unit,
)
from orders.commands import Command as Pure
from orders.models import Command, Market, Order, OrderEvent, PreventedMatch
from orders.models import Trade as TradeRow
from orders.rules import ENGINE_SETTINGS, MarketRules
from orders.services import append_commands, open_market
from tests.stories import asset, fund, person

pytestmark = pytest.mark.django_db

_MASK = (1 << SEQUENCE_BITS) - 1
_EXTRAS = {
    "post_only": "post_only",
    "trigger": "trigger_price",
    "trail": "trail",
    "trail_ppm": "trail_ppm",
    "display": "display",
    "slippage_ppm": "slippage_ppm",
}


class Exchange:
    """The real exchange, told what a stream asks for.

    born  the id of a command or order less the one that it has in the stream; known from
          the first one on, and always the same: nobody else draws ids
    """

    def __init__(self, stream: Stream) -> None:
        rules = stream.market
        self.market: Market = open_market(
            base=asset("BTC"),
            quote=asset("USDT"),
            tick_size=Atoms(rules.tick_value * 100_000),
            lot_size=rules.lot_size,
            price_max=rules.price_max,
            quantity_min=rules.quantity_min,
            quantity_max=rules.quantity_max,
            notional_min=rules.notional_min,
            maker_ppm=rules.maker_ppm,
            taker_ppm=rules.taker_ppm,
        )
        self.users = {n: person(f"user{n}") for n in (*stream.everybody, STAFF)}
        self.names = {user.pk: n for n, user in self.users.items()}
        for (user, code), amount in stream.funds().items():
            code = "BTC" if code == "base" else "USDT"
            fund(self.users[user], code, format_decimal(amount, scale=8))
        self.born = 0
        self.worker = Worker(shard=0)

    def tell(self, units: list[Asked]) -> None:
        commands = [row for unit, created in units for row in self._rows(unit, created)]
        ids = append_commands(commands=commands)
        first = units[0][0]
        self.born = ids[0] - (first.commands[0] if isinstance(first, Unit) else first).id

    def settle(self, *, limit: int) -> None:
        while self.worker.step(limit=limit):
            for book in self.worker.engine.books.values():
                check_book(book)

    def restart(self) -> None:
        self.worker.release()
        self.worker = Worker(shard=0)

    def _rows(self, unit: Pure | Unit, created: int) -> list[Command]:
        if not isinstance(unit, Unit):
            return [self._row(unit, created)]
        rows = [self._row(command, created) for command in unit.commands]
        for position, row in enumerate(rows):
            row.unit, row.position = unit.kind, position
            row.follow = len(rows) - position - 1
        return rows

    def _row(self, command: Pure, created: int) -> Command:
        row = Command(
            market_id=self.market.pk,
            shard=0,
            user_id=self.users[command.user].pk,
            created_at=pgcopy.moment(created),
        )
        match command:
            case Place():
                row.kind = CommandKind.PLACE
                for name in command._fields[3:-1]:
                    setattr(row, name, getattr(command, name))
                for name, column in _EXTRAS.items():
                    setattr(row, column, getattr(command.extra, name) or None)
                if command.extra.expires:
                    row.expires_at = pgcopy.moment(command.extra.expires)
            case Cancel():
                row.kind = CommandKind.CANCEL
                row.order_id = command.order + self.born
            case Amend():
                row.kind = CommandKind.AMEND
                row.order_id = command.order + self.born
                row.price, row.quantity = command.price, command.quantity
                row.trigger_price = command.trigger or None
            case CancelAll():
                row.kind, row.side = CommandKind.CANCEL_ALL, command.side
            case Configure():
                row.kind, row.settings = CommandKind.CONFIGURE, command.settings
            case Clock():
                row.kind = CommandKind.CLOCK
        return row


def of_records(exchange: Exchange) -> dict[str, Any]:
    """What the database says, in the stream's ids."""
    born, names = exchange.born, exchange.names
    of = {"market_id": exchange.market.pk}
    return {
        "orders": {o.pk - born: _order_of(o, born) for o in Order.objects.filter(**of)},
        "trades": [
            (
                t.pk & _MASK, t.price, t.quantity, t.quote_amount, t.taker_side,
                t.maker_order_id - born, t.taker_order_id - born, names[t.maker_user_id],
                names[t.taker_user_id], t.maker_fee, t.taker_fee, t.auction,
            )
            for t in TradeRow.objects.filter(**of).order_by("id")
        ],
        "events": [
            (e.order_id - born, e.command_id - born, e.kind, e.reason, e.limit, e.actual)
            for e in OrderEvent.objects.order_by("id")
        ],
        "prevented": [
            (
                names[p.user_id], p.taker_order_id - born, p.maker_order_id - born,
                p.price, p.quantity, p.mode,
            )
            for p in PreventedMatch.objects.filter(**of).order_by("id")
        ],
        "market": _settings(Market.objects.get().rules),
        "time": exchange.worker.engine.time,
        "money": _money(exchange),
    }  # fmt: skip


def _money(exchange: Exchange) -> dict[tuple[int, str, str], int]:
    assets = {exchange.market.base_id: "base", exchange.market.quote_id: "quote"}
    rows = Account.objects.filter(kind__in=["available", "held"]).exclude(balance=0)
    return {
        (exchange.names[a.owner_id], assets[a.asset_id], str(a.kind)): a.balance
        for a in rows
    }


def of_memory(house: House) -> dict[str, Any]:
    """What the engine alone says."""
    return {
        "orders": house.orders,
        "trades": [(trade.id & _MASK, *trade[1:]) for trade in house.trades],
        "events": [
            (e.order, e.command, e.kind, e.reason, e.limit, e.actual) for e in house.events
        ],
        "prevented": [
            (p.user, p.taker_order, p.maker_order, p.price, p.quantity, p.mode)
            for p in house.prevented
        ],
        "market": _settings(house.market),
        "time": house.engine.time,
        "money": {
            (user, asset, kind): amount
            for (user, asset), both in house.money().items()
            for kind, amount in zip(("available", "held"), both, strict=True)
            if amount
        },
    }  # fmt: skip


def _settings(rules: MarketRules) -> dict[str, Any]:
    return {name: getattr(rules, name) for name in sorted(ENGINE_SETTINGS)}


def _order_of(order: Order, born: int) -> dict[str, int]:
    names = {"trigger": "trigger_price"}
    record = {n: getattr(order, names.get(n, n)) or 0 for n in (*ALWAYS, *ALTERED)}
    record["list_id"] = order.list_id - born if order.list_id else 0
    place = order.priority or order.pk << 20
    return record | {"priority": place - (born << 20)}


def as_it_opens(stream: Stream) -> Stream:
    """The stream, of a market that has not been configured yet."""
    fields = MarketRules.__dataclass_fields__
    plain = {name: fields[name].default for name in ENGINE_SETTINGS}
    return replace(stream, market=replace(stream.market, **plain))


def opening(stream: Stream) -> Asked:
    """The command that gives the market its settings."""
    wanted = _settings(stream.market) | {"reason": "The market opens."}
    return Configure(stream._id(), MARKET, STAFF, wanted), stream.now


@given(
    seed=st.integers(0, 1 << 32),
    batches=st.lists(
        st.lists(st.integers(0, 1 << 32), min_size=6, max_size=30), min_size=3, max_size=6
    ),
    limit=st.sampled_from([1, 3, 2_000]),
    restarts=st.booleans(),
)
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_settled_is_what_the_engine_says(db, seed, batches, limit, restarts):
    with transaction.atomic():
        wanted = replace(market_of(Random(seed)), lot_size=1_000)
        stream = Stream(wanted, seed)
        exchange = Exchange(stream)
        house = House.of(as_it_opens(stream))
        for batch in [None, *batches]:
            asked = [opening(stream)] if batch is None else [*map(stream.next, batch)]
            exchange.tell(asked)
            house.run(asked)
            exchange.settle(limit=limit)

            assert of_records(exchange) == of_memory(house)
            if restarts:
                exchange.restart()
        assert [f for f in audit() if f.violations] == []
        assert list(differences(shard=0)) == []
        transaction.set_rollback(True)
