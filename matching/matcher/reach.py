"""Whom the takers of a batch may meet, found before anything is matched. Pure."""

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final

from kernel.units import BIGINT_MAX
from matching.book import BUY, SELL
from orders.commands import Cancel, Command, OrderType, Place

if TYPE_CHECKING:
    from matching.matcher.placing import Matcher

LIMIT: Final = OrderType.LIMIT.value
#: Whom a batch meets beyond so many is locked when it does: it costs nothing to ask for
#: more lots than one could pay for, and it should not cost everybody a lock.
ORDERS_MAX: Final = 5_000
AT_ONCE: Final = (LIMIT, OrderType.MARKET.value)


class Reach:
    """How far a batch may reach into the book of one market.

    lots   side -> lots of the orders resting there that it may use up
    worst  side -> the rank (matching/book.py) of the worst maker that its takers accept
    """

    def __init__(self, matcher: "Matcher") -> None:
        self.matcher = matcher
        self.lots: dict[int, int] = defaultdict(int)
        self.worst: dict[int, int] = {}

    def add(self, command: Command) -> None:
        """Count one more command in."""
        if isinstance(command, Place):
            other = SELL if command.side == BUY else BUY
            lots, rank = self._lots_to_take(command, other), _worst_rank(command)
            if lots:
                self.lots[other] += lots
                self.worst[other] = min(self.worst.get(other, rank), rank)
        elif isinstance(command, Cancel):
            live = self.matcher.book.live.get(command.user, {})
            order = live.get(command.order)
            if order is not None:
                self.lots[order.side] += order.rest

    def makers(self) -> set[int]:
        """The users who stand first in the queues, as far as the batch reaches."""
        users = set()
        for side, worst in self.worst.items():
            half, lots = self.matcher.book.half(side), self.lots[side]
            for order in islice(half.orders(), ORDERS_MAX):
                if lots <= 0 or order.price * half.sign < worst:
                    break
                users.add(order.user)
                lots -= order.rest
        return users

    def _lots_to_take(self, command: Place, other: int) -> int:
        """How many lots of the orders that rest now a place command could take at most.

        Their best price can only get worse during the batch, so an order that does not
        cross it now will not meet any of them.
        """
        best = self.matcher.book.best(other)
        if best is None or command.type not in AT_ONCE:
            return 0
        if command.type == LIMIT:
            buys = command.side == BUY
            crosses = command.price >= best if buys else command.price <= best
            return command.quantity if crosses else 0
        tick_value = self.matcher.rules.tick_value
        return command.quantity or command.budget // (best * tick_value)


def _worst_rank(command: Place) -> int:
    if command.type != LIMIT:
        return -BIGINT_MAX
    return -command.price if command.side == BUY else command.price
