"""A resend under the same client order id is answered with what came of the first."""

from collections.abc import Sequence

from django.db import IntegrityError

from orders.errors import ClientOrderIdReused
from orders.models import Command
from orders.selectors import commands_by_client_id, unit_around
from orders.services.log import append_commands

#: What makes two commands the same. Fees are not of it, nor is who sent it when; the
#: slippage only if it is named, because the market's own may have changed in between.
CONTENT = (
    "kind", "market_id", "side", "type", "time_in_force", "price", "quantity", "budget",
    "order_id", "client_order_id", "self_trade", "post_only", "trigger_price", "trail",
    "trail_ppm", "display", "expires_at", "unit", "position", "follow",
)  # fmt: skip


def first_answer(*, commands: Sequence[Command]) -> list[Command] | None:
    """The commands that were appended when these were sent before; None when they are new.

    commands  what is asked now: one command, or all of a unit; not stamped yet
    raises    ClientOrderIdReused when one of their client order ids stands for another
              order, or for another unit
    """
    ids = [it.client_order_id for it in commands if it.client_order_id is not None]
    if not ids:
        return None
    known = commands_by_client_id(user_id=commands[0].user_id, client_order_ids=ids)
    if not known:
        return None
    unit = unit_around(command=next(iter(known.values())))
    check_same(first=unit, again=commands)
    return unit


def check_same(*, first: Sequence[Command], again: Sequence[Command]) -> None:
    """Compare what was appended with what is asked now, field by field.

    raises  ClientOrderIdReused when they differ
    """
    same = len(first) == len(again) and all(
        _content(one) == _content(other) and other.slippage_ppm in (None, one.slippage_ppm)
        for one, other in zip(first, again, strict=True)
    )
    if not same:
        reused = next(it.client_order_id for it in again if it.client_order_id)
        raise ClientOrderIdReused(client_order_id=reused)


def append_once(*, commands: Sequence[Command]) -> list[Command]:
    """Append one command or one unit, unless somebody was faster with its client order id.

    returns  what stands in the log: `commands`, or those that were faster
    raises   ClientOrderIdReused when those are others
    """
    try:
        append_commands(commands=commands)
    except IntegrityError:
        first = first_answer(commands=commands)
        if first is None:
            raise
        return first
    return list(commands)


def _content(command: Command) -> list[object]:
    return [getattr(command, name) for name in CONTENT]
