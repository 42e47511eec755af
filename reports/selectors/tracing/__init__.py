"""From any figure to what is behind it: transfer, entry, trade, order, request, person."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from kernel.units import BIGINT_MAX
from reports.errors import UnknownThing
from reports.selectors.tracing.books import trace_account, trace_entry, trace_transfer
from reports.selectors.tracing.people import trace_deposit, trace_user, trace_withdrawal
from reports.selectors.tracing.shape import Fact, Listing, Trace
from reports.selectors.tracing.trading import trace_command, trace_order, trace_trade

__all__ = ["THINGS", "Fact", "Listing", "Trace", "trace"]

#: What can be traced, by name.
THINGS: Final[Mapping[str, Callable[[int], Trace | None]]] = {
    "account": trace_account,
    "command": trace_command,
    "deposit": trace_deposit,
    "entry": trace_entry,
    "order": trace_order,
    "trade": trace_trade,
    "transfer": trace_transfer,
    "user": trace_user,
    "withdrawal": trace_withdrawal,
}


def trace(*, thing: str, id_text: str) -> Trace:
    """What one thing is, and what it leads to.

    raises  UnknownThing
    """
    is_id = re.fullmatch("[1-9][0-9]{0,18}", id_text, re.ASCII)
    known = thing in THINGS and is_id and int(id_text) <= BIGINT_MAX
    found = THINGS[thing](int(id_text)) if known else None
    if found is None:
        raise UnknownThing
    return found
