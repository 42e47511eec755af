"""The real engine and its twin, told the same and compared in everything they can say."""

from collections import defaultdict

from matching.tests.twin.exchange import Twin
from matching.tests.twin.house import FEES, House
from matching.tests.twin.streams import MARKET, Asked, Stream
from orders.commands import EventKind, OrderStatus, Reason


class Both:
    """Runs both; `differences` names what is not the same."""

    def __init__(self, stream: Stream) -> None:
        self.house = House.of(stream)
        self.twin = Twin(stream.market, owns=stream.funds())

    def run(self, units: list[Asked]) -> None:
        """As one batch."""
        for unit, created in units:
            self.twin.run(unit, created)
        self.house.run(units)

    def differences(self) -> dict[str, tuple[object, object]]:
        """What -> (the twin's, the house's)"""
        twin, house = self._of_twin(), self._of_house()
        return {
            what: (twin[what], house[what]) for what in twin if twin[what] != house[what]
        }

    def _of_twin(self) -> dict[str, object]:
        twin = self.twin
        return {
            "trades": [tuple(trade) for trade in twin.trades],
            "orders": {
                order.id: (
                    order.status.name, order.reason.name, order.price, order.quantity,
                    order.filled, order.filled_quote, order.list_id,
                    order.hidden if order.status is OrderStatus.OPEN else 0,
                    order.cap if order.live else 0,
                )
                for order in twin.orders.values()
            },
            "told": _by_order(
                (line.order, (line.kind.name, line.reason.name, line.limit, line.actual))
                for line in twin.told
            ),
            "prevented": [tuple(match) for match in twin.prevented],
            "changes": [(int(state), until) for state, until in twin.changes],
            "market": twin.market,
            "time": twin.time,
            "reference": (twin.reference, twin.refresh),
            "money": twin.money(self.house.users),
            "fees": twin.fees,
            "depth": twin.depth(),
        }  # fmt: skip

    def _of_house(self) -> dict[str, object]:
        house = self.house
        return {
            "trades": [
                (
                    t.maker_order, t.taker_order, t.taker_side, t.price, t.quantity,
                    t.maker_fee, t.taker_fee, t.auction,
                )
                for t in house.trades
            ],
            "orders": {
                number: (
                    OrderStatus(o["status"]).name, Reason(o["reason"]).name, o["price"],
                    o["quantity"], o["filled"], o["filled_quote"], o["list_id"],
                    o["hidden"] if o["status"] == OrderStatus.OPEN else 0,
                    o["cap"] if o["status"] in _LIVE else 0,
                )
                for number, o in house.orders.items()
            },
            "told": _by_order(
                (
                    event.order,
                    (
                        EventKind(event.kind).name, Reason(event.reason).name,
                        event.limit, event.actual,
                    ),
                )
                for event in house.events
            ),
            "prevented": [
                (m.user, m.taker_order, m.maker_order, m.price, m.quantity, m.mode)
                for m in house.prevented
            ],
            "changes": house.changes,
            "market": house.engine.markets[MARKET],
            "time": house.engine.time,
            "reference": house.engine.references[MARKET],
            "money": house.money(),
            "fees": {"base": house.balances[FEES[0]], "quote": house.balances[FEES[1]]},
            "depth": house.depth(),
        }  # fmt: skip


_LIVE = (OrderStatus.OPEN, OrderStatus.ARMED, OrderStatus.WAITING)


def _by_order(lines) -> dict[int, list[tuple[object, ...]]]:
    told: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    for order, line in lines:
        told[order].append(line)
    return dict(told)
