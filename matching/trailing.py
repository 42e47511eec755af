"""The armed trailing stops of one market, one side and one kind of distance. Pure.

A trailing stop follows the last price at a distance. One that sells waits for a fall below
the highest price since it was armed (its *extreme*), one that buys for a rise above the
lowest. Seen naively every trade moves every armed order's trigger; here a trade costs
O(log n), however many are armed and however the price jumps.

**One direction.** Prices are turned into *heights*, `price` for those that buy and `-price`
for those that sell. Then every stop waits for a rise: its extreme is the lowest height
since it was armed, its trigger lies above that, and it is touched by a height that is not
below its trigger.

**Groups.** Orders with the same extreme form a group, for they stay together: each trade
moves the extremes of all of them or of none. A trade moves all groups whose extreme lies
above it down to its own height and makes one group of them. Groups are kept sorted by
extreme, so that those are always at the end of the list. The smaller group is poured into
the larger: an order changes its group at most log n times in its life.

**The nearest.** Within a group the triggers are ordered as the distances are, whatever the
extreme: each group is a heap by distance. Above the groups there is one heap of what each
group is *listed* at, a height at or below its nearest trigger. Only groups listed at or
below the height of a trade are looked into.

**Laziness.** A removed order stays in its group's heap until it comes to the top, and a
listing that its group no longer has is skipped when it comes to the top. What is stale is
swept out when there is more of it than of the rest, so that neither grows without bound.

The lists of groups are plain sorted lists; a group that appears between others, or empties
there, costs the memmove of the list, as a level does in book.py.
"""

from bisect import bisect_left, insort
from heapq import heapify, heappop, heappush

MILLION = 1_000_000
#: So much that is stale is not worth a sweep.
SWEEP_MIN = 64


class _Group:
    """Orders of one extreme; `listed` is at or below the nearest trigger among them."""

    __slots__ = ("extreme", "listed", "orders")

    def __init__(self, extreme: int) -> None:
        self.extreme = extreme
        self.listed: int | None = None
        self.orders: list[tuple[int, int, _Armed]] = []


class _Armed:
    """One order. `turn` counts the additions: the order in which they were armed."""

    __slots__ = ("distance", "group", "key", "live", "turn")

    def __init__(self, key: int, turn: int, distance: int, group: _Group) -> None:
        self.key = key
        self.turn = turn
        self.distance = distance
        self.group = group
        self.live = True


class Trailing:
    """Trailing stops that are moved and touched by trade prices.

    falls      whether they wait for a fall (sells) or for a rise (buys)
    relative   whether distances are millionths of the extreme (rounded up) or ticks
    price_max  no trigger lies above it; none lies below 1
    """

    __slots__ = (
        "_armed", "_extremes", "_furthest", "_groups", "_listings", "_relative", "_sign",
        "_stale", "_turn",
    )  # fmt: skip

    def __init__(self, falls: bool, relative: bool, price_max: int) -> None:  # noqa: FBT001
        self._sign = -1 if falls else 1
        self._relative = relative
        self._furthest = -1 if falls else price_max
        self._armed: dict[int, _Armed] = {}
        self._groups: dict[int, _Group] = {}
        self._extremes: list[int] = []
        self._listings: list[tuple[int, int]] = []
        self._stale = 0
        self._turn = 0

    def __len__(self) -> int:
        return len(self._armed)

    def __contains__(self, key: int) -> bool:
        return key in self._armed

    def add(self, key: int, distance: int, extreme: int) -> None:
        """Arm an order; any extreme will do, above or below those of the others."""
        height = self._sign * extreme
        group = self._groups.get(height)
        if group is None:
            group = self._groups[height] = _Group(height)
            insort(self._extremes, height)
        self._turn += 1
        armed = self._armed[key] = _Armed(key, self._turn, distance, group)
        heappush(group.orders, (distance, self._turn, armed))
        self._list(group)

    def remove(self, key: int) -> None:
        """Disarm an order. Raises KeyError when it is not armed."""
        self._armed.pop(key).live = False
        self._stale += 1
        if self._stale > len(self._armed) + SWEEP_MIN:
            self._sweep()

    def seen(self, price: int) -> list[tuple[int, int]]:
        """Take note of a trade.

        Those that it touches, by their triggers as they stood before it, are no longer
        armed. Then the extremes of the others move.

        returns  (key, trigger in ticks), first the triggers that the price met first on
                 its way (falls: the highest, rises: the lowest), at one trigger those that
                 were armed first
        """
        height = self._sign * price
        touched: list[tuple[int, int, int]] = []
        listings = self._listings
        while listings and listings[0][0] <= height:
            listed, extreme = heappop(listings)
            group = self._groups.get(extreme)
            if group is not None and group.listed == listed:
                self._look_into(group, height, touched)
        if self._extremes and self._extremes[-1] > height:
            self._move_extremes(height)
        touched.sort()
        return [(key, self._sign * trigger) for trigger, _, key in touched]

    def trigger_of(self, key: int) -> int:
        """In ticks. Raises KeyError when it is not armed."""
        armed = self._armed[key]
        return self._sign * self._trigger(armed.group.extreme, armed.distance)

    def extreme_of(self, key: int) -> int:
        """In ticks. Raises KeyError when it is not armed."""
        return self._sign * self._armed[key].group.extreme

    def _trigger(self, extreme: int, distance: int) -> int:
        if self._relative:
            distance = -(-abs(extreme) * distance // MILLION)
        return min(extreme + distance, self._furthest)

    def _look_into(
        self, group: _Group, height: int, touched: list[tuple[int, int, int]]
    ) -> None:
        """Take what `height` touches out of a group, and list the group anew."""
        orders = group.orders
        while orders:
            distance, turn, armed = orders[0]
            if not armed.live:
                self._stale -= 1
            else:
                trigger = self._trigger(group.extreme, distance)
                if trigger > height:
                    break
                armed.live = False
                del self._armed[armed.key]
                touched.append((trigger, turn, armed.key))
            heappop(orders)
        if orders:
            group.listed = None
            self._list(group)
        else:
            del self._groups[group.extreme]
            del self._extremes[bisect_left(self._extremes, group.extreme)]

    def _move_extremes(self, height: int) -> None:
        """Make one group of all those whose extreme lies at `height` or above it."""
        merged = self._groups.pop(self._extremes.pop())
        while self._extremes and self._extremes[-1] >= height:
            merged = self._merged(merged, self._groups.pop(self._extremes.pop()))
        merged.extreme = height
        merged.listed = None
        self._groups[height] = merged
        self._extremes.append(height)
        self._list(merged)

    def _merged(self, one: _Group, other: _Group) -> _Group:
        small, large = sorted((one, other), key=lambda group: len(group.orders))
        for entry in small.orders:
            armed = entry[2]
            if armed.live:
                armed.group = large
                heappush(large.orders, entry)
            else:
                self._stale -= 1
        return large

    def _list(self, group: _Group) -> None:
        """See that a group with orders is listed no later than at its nearest trigger."""
        if not group.orders:
            return
        trigger = self._trigger(group.extreme, group.orders[0][0])
        if group.listed is not None and group.listed <= trigger:
            return
        group.listed = trigger
        heappush(self._listings, (trigger, group.extreme))
        if len(self._listings) > 2 * len(self._groups) + SWEEP_MIN:
            self._listings = [
                (group.listed, extreme)
                for extreme, group in self._groups.items()
                if group.listed is not None
            ]
            heapify(self._listings)

    def _sweep(self) -> None:
        """Forget what was removed, and the groups that held nothing else."""
        groups, self._groups, self._listings = self._groups, {}, []
        for extreme, group in groups.items():
            group.orders = [entry for entry in group.orders if entry[2].live]
            if group.orders:
                heapify(group.orders)
                self._groups[extreme] = group
                group.listed = self._trigger(extreme, group.orders[0][0])
                self._listings.append((group.listed, extreme))
        heapify(self._listings)
        self._extremes = sorted(self._groups)
        self._stale = 0
