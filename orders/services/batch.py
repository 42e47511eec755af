"""Several requests at once: each for itself, or all or none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from kernel.errors import ExchangeError
from kernel.units import Lots, Ppm, Ticks
from orders.commands import UNIT_MAX, UnitKind
from orders.errors import ClientOrderIdReused, ListShapeInvalid, UnknownOrder
from orders.models import Command
from orders.rules import (
    MarketRules,
    OrderTerms,
    check_amendment,
    check_order,
    check_takes_cancels,
)
from orders.selectors import (
    PlacedOrder,
    commands_by_client_id,
    markets_by_id,
    orders_by_id,
    rates_of,
    unit_around,
)
from orders.services.changing import (
    amend_command,
    append_by_shard,
    cancel_command,
    check_live,
    terms_of,
)
from orders.services.placing import bind_unit, order_command, stamp_order
from orders.services.resends import append_once, check_same, first_answer
from orders.terms import check_stands_with_others


@dataclass(frozen=True, slots=True)
class PlaceItem:
    market: MarketRules
    shard: int
    terms: OrderTerms
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True)
class CancelItem:
    order_id: int


@dataclass(frozen=True, slots=True)
class AmendItem:
    """None keeps what the order has."""

    order_id: int
    price: Ticks | None = None
    quantity: Lots | None = None
    trigger: Ticks | None = None


BatchItem = PlaceItem | CancelItem | AmendItem


@dataclass(frozen=True, slots=True)
class Refusal:
    """What became of an item that was not appended."""

    error: ExchangeError


def submit_batch(
    *, user_id: int, items: Sequence[BatchItem], all_or_none: bool, now: datetime
) -> list[Command | Refusal]:
    """Append what several requests ask for, in their order.

    An item of its own is refused for itself, and answered as its own service would; a
    place command that was sent before under its client order id is the first one. All or
    none is one unit of one market: the engine judges it as a whole, and a repeat under
    any of its client order ids must be all of it.

    items    1 to UNIT_MAX
    returns  for each item its command, or a Refusal
    raises   ListShapeInvalid for a wrong number of items; all or none: what the services
             of its items raise, ListShapeInvalid for more than one market or an order
             that cannot stand with others, with the item's `index`; nothing is written
    """
    if not 1 <= len(items) <= UNIT_MAX:
        raise ListShapeInvalid(
            f"A batch has 1 to {UNIT_MAX} items.", limit=UNIT_MAX, actual=len(items)
        )
    batch = _Batch(user_id=user_id, items=items, now=now)
    return [*batch.together()] if all_or_none else batch.one_by_one()


class _Batch:
    """The items, with what they are about, read at once."""

    def __init__(self, *, user_id: int, items: Sequence[BatchItem], now: datetime) -> None:
        self.user_id, self.items, self.now = user_id, items, now
        about = {item.order_id for item in items if not isinstance(item, PlaceItem)}
        self.placed = orders_by_id(user_id=user_id, order_ids=about) if about else {}
        self.rules = {id_: it.rules for id_, it in markets_by_id().items()} if about else {}
        self.rates: dict[int, tuple[Ppm, Ppm]] = {}
        self.new: list[Command] = []

    # Each for itself ----------------------------------------------------------------------

    def one_by_one(self) -> list[Command | Refusal]:
        try:
            return self._append_new()
        except IntegrityError:  # somebody was faster with one of the client order ids
            return self._append_new()

    @transaction.atomic
    def _append_new(self) -> list[Command | Refusal]:
        ids = [it.client_order_id for it in self.items if isinstance(it, PlaceItem)]
        known = commands_by_client_id(
            user_id=self.user_id, client_order_ids=[id_ for id_ in ids if id_]
        )
        firsts = {id_: unit_around(command=it) for id_, it in known.items()}
        self.new = []
        answers = [self._answer(item, firsts) for item in self.items]
        append_by_shard(commands=self.new)
        return answers

    def _answer(
        self, item: BatchItem, firsts: dict[str, list[Command]]
    ) -> Command | Refusal:
        try:
            command = self._command(item)
            name = command.client_order_id
            if name is not None and name in firsts:
                check_same(first=firsts[name], again=[command])
                return firsts[name][0]
            self._admit(item, command)
        except ExchangeError as error:
            return Refusal(error)
        # The same order may stand twice in a batch: its two answers are one command.
        if name is not None:
            firsts[name] = [command]
        self.new.append(command)
        return command

    # All or none --------------------------------------------------------------------------

    def together(self) -> list[Command]:
        commands = []
        for index, item in enumerate(self.items):
            with _told_where(index):
                commands.append(self._command(item))
                if commands[0].market_id != commands[-1].market_id:
                    raise ListShapeInvalid("All or none is of one market.")
        _check_ids_differ(commands)
        bind_unit(commands=commands, kind=UnitKind.ALL_OR_NONE)
        if first := first_answer(commands=commands):
            return first
        for index, item in enumerate(self.items):
            with _told_where(index):
                self._admit(item, commands[index])
                if isinstance(item, PlaceItem):
                    check_stands_with_others(terms=item.terms)
        return append_once(commands=commands)

    # One item -----------------------------------------------------------------------------

    def _command(self, item: BatchItem) -> Command:
        """raises  UnknownOrder"""
        match item:
            case PlaceItem():
                return order_command(
                    user_id=self.user_id,
                    market=item.market,
                    shard=item.shard,
                    terms=item.terms,
                    client_order_id=item.client_order_id,
                    now=self.now,
                )
            case CancelItem():
                return cancel_command(placed=self._order(item.order_id), now=self.now)
            case AmendItem():
                return amend_command(
                    placed=self._order(item.order_id),
                    price=item.price,
                    quantity=item.quantity,
                    trigger=item.trigger,
                    now=self.now,
                )

    def _admit(self, item: BatchItem, command: Command) -> None:
        """Refuse what the item's own service would refuse, and stamp an order."""
        match item:
            case PlaceItem(market=market):
                check_order(market=market, terms=item.terms, now=self.now)
                if market.id not in self.rates:
                    self.rates[market.id] = rates_of(user_id=self.user_id, market=market)
                stamp_order(command=command, market=market, rates=self.rates[market.id])
            case CancelItem():
                check_live(placed=self._order(item.order_id))
                check_takes_cancels(market=self.rules[command.market_id])
            case AmendItem():
                placed = self._order(item.order_id)
                check_live(placed=placed)
                check_amendment(
                    market=self.rules[command.market_id],
                    terms=terms_of(placed=placed),
                    price=item.price,
                    quantity=item.quantity,
                    trigger=item.trigger,
                )

    def _order(self, order_id: int) -> PlacedOrder:
        if order_id not in self.placed:
            raise UnknownOrder(order_id=str(order_id))
        return self.placed[order_id]


@contextmanager
def _told_where(index: int) -> Iterator[None]:
    """Let an error say which item it is about."""
    try:
        yield
    except ExchangeError as error:
        error.extra["index"] = index
        raise


def _check_ids_differ(commands: Sequence[Command]) -> None:
    seen: set[str] = set()
    for index, command in enumerate(commands):
        name = command.client_order_id
        if name is not None and name in seen:
            raise ClientOrderIdReused(client_order_id=name, index=index)
        seen |= {name} if name is not None else set()
