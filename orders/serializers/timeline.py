"""An order's story, told in the order in which it happened: what, why, and by how much."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from rest_framework import serializers

from accounts.serializers import DecimalText, IdText
from orders.commands import (
    LIVE,
    EventKind,
    OrderSide,
    OrderStatus,
    OrderType,
    Reason,
    UnitKind,
)
from orders.models import Market, Order, OrderEvent
from orders.selectors import Fill, Story
from orders.serializers.answers import status_word
from orders.serializers.figures import figures
from orders.serializers.words import HAPPENED, REASONS, STATUSES, UNITS, word


class TimelineEntry(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.ChoiceField(
        choices=HAPPENED,
        help_text="`received` when it was durable, `accepted` when the engine took it, "
        "`fill` for each fill and `filled` for the last; the others as the engine said.",
    )
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True)
    limit = serializers.CharField(
        allow_null=True,
        help_text="What was allowed, asked for, or there before, in `unit`.",
    )
    actual = serializers.CharField(
        allow_null=True, help_text="What there was, or what it became, in `unit`."
    )
    unit = serializers.ChoiceField(
        choices=UNITS,
        allow_null=True,
        help_text="Of limit and actual: a price, a quantity, an amount of the `base` or "
        "the `quote` asset, or a count of orders.",
    )
    price = DecimalText(allow_null=True, help_text="Of a fill.")
    quantity = DecimalText(allow_null=True, help_text="Of a fill.")
    trade_id = IdText(allow_null=True, help_text="Of a fill.")
    command_id = IdText(
        allow_null=True, help_text="Of the request, whoever sent it, that caused this."
    )
    text = serializers.CharField(help_text="One sentence for a person.")


class Timeline(serializers.Serializer[Any]):
    order_id = IdText()
    status = serializers.ChoiceField(choices=STATUSES)
    entries = TimelineEntry(many=True, help_text="The oldest first.")


#: Where an entry stands among those of one cause. What changes an order comes before the
#: fills that it leads to.
_RECEIVED, _ACCEPTED, _CHANGED, _FILLED = range(4)
#: A batch of the engine is one moment: within it, entries stand in the order of the
#: commands that caused them, and the end of the order comes last.
_LAST: Final = 1 << 63
_Place = tuple[datetime, int, int, int]

_SENTENCES: Final = {
    EventKind.REJECTED: "Rejected: {why}.",
    EventKind.CANCELLED: "The rest was cancelled: {why}.",
    EventKind.ARMED: "Waits for the last price to reach {limit}; it was {actual}.",
    EventKind.TRIGGERED: "Set off at {limit} by a last price of {actual}.",
    EventKind.PRICE_AMENDED: "The price was amended from {limit} to {actual}.",
    EventKind.QUANTITY_AMENDED: "The quantity was amended from {limit} to {actual}.",
    EventKind.TRIGGER_AMENDED: "The trigger was amended from {limit} to {actual}.",
    EventKind.AMEND_REFUSED: "An amendment was refused: {why}.",
    EventKind.CANCEL_REFUSED: "A cancel was refused: {why}.",
    EventKind.SLID: "Moved from {limit} to {actual}, so as not to take.",
    EventKind.CAPPED: "The price, {limit}, was beyond the band; it became {actual}.",
    EventKind.DECREMENTED: "Met an order of your own; the quantity sank from {limit} to "
    "{actual}.",
    EventKind.ACTIVATED: "The entry has ended; of {limit} there is {actual} to exit.",
}
_REASONS: Final = {
    Reason.NONE: "no reason was given",
    Reason.INSUFFICIENT_FUNDS: "{actual} was needed, {limit} was available",
    Reason.MARKET_NOT_OPEN: "the market did not take this then",
    Reason.NO_LIQUIDITY: "nothing was left to trade with",
    Reason.BUDGET_TOO_SMALL: "the budget does not pay for one lot",
    Reason.CANCELLED_BY_USER: "you asked for it",
    Reason.INTERNAL_ERROR: "the engine could not carry it out",
    Reason.IOC_REMAINDER: "what does not trade at once is not kept",
    Reason.FOK_NOT_FILLED: "all of {limit} or nothing was asked for, there was {actual}",
    Reason.EXPIRED: "its time was over",
    Reason.POST_ONLY_WOULD_TAKE: "at {actual} it would have taken from {limit}",
    Reason.SLIPPAGE: "the next price, {actual}, was beyond {limit}",
    Reason.SELF_TRADE: "it met an order of your own",
    Reason.PRICE_BAND: "{actual} was beyond the band, which ends at {limit}",
    Reason.VOLATILITY_HALT: "the next price, {actual}, was beyond {limit}, which halted "
    "the market",
    Reason.TOO_MANY_ORDERS: "{limit} live orders are allowed, {actual} were counted",
    Reason.OTHER_LEG: "the other order of its list was first",
    Reason.ENTRY_NOT_FILLED: "its entry has brought nothing to exit",
    Reason.UNIT_REFUSED: "what it was sent with was refused",
    Reason.NO_LAST_PRICE: "there is no last price to trail yet",
    Reason.ORDER_NOT_OPEN: "it had ended",
    Reason.AMEND_BELOW_FILLED: "{limit} is filled already, and {actual} is not more",
    Reason.LINKED_ORDER: "it is part of a list",
    Reason.CANCELLED_ALL: "you, or your switch, cancelled all",
    Reason.NOT_AMENDABLE: "this cannot be changed of such an order now",
}


def timeline_body(story: Story, market: Market) -> dict[str, Any]:
    entries = sorted(_entries(story, market), key=lambda entry: entry[0])
    return {
        "order_id": str(story.placed.command.pk),
        "status": status_word(story.placed.record),
        "entries": [body for _, body in entries],
    }


def _entries(story: Story, market: Market) -> Iterator[tuple[_Place, dict[str, Any]]]:
    command, record = story.placed.command, story.placed.record
    at, asked = command.created_at, command.pk
    what = f"{word(OrderSide(command.side))} {word(OrderType(command.type))}"
    yield (
        (at, asked, _RECEIVED, 0),
        _entry(at, "received", f"Received: {what}.", command=asked),
    )
    if record is None:
        return
    if record.status != OrderStatus.REJECTED:
        text = "The engine took it."
        yield (at, asked, _ACCEPTED, 0), _entry(at, "accepted", text, command=asked)
        if command.unit == UnitKind.BRACKET and command.position:
            text = "Waits for the entry of its list to end."
            yield (at, asked, _ACCEPTED, 1), _entry(at, "waiting", text, command=asked)
    for event in story.events:
        cause = _LAST if event.kind in _ENDS else event.command_id
        place = (event.created_at, cause, _CHANGED, event.pk)
        yield place, _event_body(event, record, market)
    for number, fill in enumerate(story.fills):
        place = (fill.trade.created_at, _cause_of(fill, story), _FILLED, number)
        yield place, _fill_body(fill, market)
    if record.status not in LIVE and not any(it.kind in _ENDS for it in story.events):
        yield (record.updated_at, _LAST, 0, 0), _end_body(record, market)


def _cause_of(fill: Fill, story: Story) -> int:
    """The command that led to a fill: of who took, or what set this order off to take."""
    taker = fill.trade.taker_order_id
    if not fill.is_taker:
        return taker
    return max(
        (
            event.command_id
            for event in story.events
            if event.kind in _SETS_OFF and event.created_at == fill.trade.created_at
        ),
        default=taker,
    )


_SETS_OFF: Final = (
    EventKind.TRIGGERED,
    EventKind.ACTIVATED,
    EventKind.PRICE_AMENDED,
    EventKind.QUANTITY_AMENDED,
)
_ENDS: Final = (EventKind.REJECTED, EventKind.CANCELLED)


def _event_body(event: OrderEvent, record: Order, market: Market) -> dict[str, Any]:
    given = figures(
        market,
        record.side,
        kind=event.kind,
        reason=event.reason,
        limit=event.limit,
        actual=event.actual,
    )
    kind, reason = EventKind(event.kind), Reason(event.reason)
    entry = _entry(
        event.created_at,
        word(kind),
        _sentence(kind, reason, given),
        command=event.command_id,
    )
    return entry | given | {"reason": word(reason) if reason else None}


def _sentence(kind: EventKind, reason: Reason, given: dict[str, Any]) -> str:
    told = {name: given[name] or "nothing" for name in ("limit", "actual")}
    why = _REASONS[reason]
    if given["unit"] is None and "{" in why:
        why = word(reason).replace("_", " ")
    return _SENTENCES[kind].format(why=why.format(**told), **told)


def _fill_body(fill: Fill, market: Market) -> dict[str, Any]:
    price = market.rules.price_text(fill.trade.price)
    quantity = market.rules.quantity_text(fill.trade.quantity)
    verb = "Bought" if fill.side is OrderSide.BUY else "Sold"
    role = "taker" if fill.is_taker else "maker"
    how = "in an auction" if fill.trade.auction else f"as {role}"
    return _entry(fill.trade.created_at, "fill", f"{verb} {quantity} at {price} {how}.") | {
        "price": price,
        "quantity": quantity,
        "trade_id": str(fill.trade.pk),
    }


def _end_body(record: Order, market: Market) -> dict[str, Any]:
    """The end of an order whose story has no event of it."""
    if record.status == OrderStatus.FILLED:
        return _entry(record.updated_at, "filled", "All of it is filled.")
    reason = Reason(record.reason)
    kind = EventKind[OrderStatus(record.status).name]
    given = figures(market, record.side, kind=kind, reason=reason, limit=0, actual=0)
    text = _sentence(kind, reason, given)
    return _entry(record.updated_at, word(kind), text) | {
        "reason": word(reason) if reason else None
    }


def _entry(
    at: datetime, what: str, text: str, *, command: int | None = None
) -> dict[str, Any]:
    return {
        "at": at,
        "what": what,
        "reason": None,
        "limit": None,
        "actual": None,
        "unit": None,
        "price": None,
        "quantity": None,
        "trade_id": None,
        "command_id": None if command is None else str(command),
        "text": text,
    }
