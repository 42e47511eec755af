"""Whom the takers of a batch may meet, found before anything is matched. Pure."""

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

    users  whose own commands move money
    lots   side -> lots of the orders resting there that it may use up
    worst  side -> the rank (matching/book.py) of the worst maker that its takers accept
    """

    def __init__(self, matcher: "Matcher") -> None:
        self.matcher = matcher
        self.users: set[int] = set()
        self.lots = {BUY: 0, SELL: 0}
        self.worst: dict[int, int] = {}
        bids, asks = matcher.book.bids.ranks, matcher.book.asks.ranks
        # The best rank that is there for who buys, and for who sells. It can only get worse
        # during the batch: who does not cross it now will not meet any that rests now.
        self._best = {
            BUY: asks[-1] if asks else None,
            SELL: bids[-1] if bids else None,
        }

    def add(self, command: Command) -> None:
        """Count one more command in."""
        if isinstance(command, Place):
            self._add_place(command)
            return
        mine = self.matcher.book.live.get(command.user)
        # Who only takes back, or is of the staff, needs no wallets without orders.
        if not mine:
            return
        self.users.add(command.user)
        if isinstance(command, Cancel) and command.order in mine:
            order = mine[command.order]
            self.lots[order.side] += order.rest

    def _add_place(self, command: Place) -> None:
        _, _, user, side, kind, _, _, price, quantity, budget, _, _, _ = command
        self.users.add(user)
        best = self._best[side]
        if best is None or kind not in AT_ONCE:
            return
        lots: int = quantity
        rank = -price if side == BUY else price
        if kind != LIMIT:
            rank = -BIGINT_MAX
            lots = lots or budget // (abs(best) * self.matcher.rules.tick_value)
        if lots and rank <= best:
            other = SELL if side == BUY else BUY
            self.lots[other] += lots
            self.worst[other] = min(self.worst.get(other, rank), rank)

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
