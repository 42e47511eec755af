"""The naive exchange: units come in, one after the other."""

from typing import Any

from matching.tests.twin.aftermath import aftermath
from matching.tests.twin.auction import open_market
from matching.tests.twin.changing import take_all_back
from matching.tests.twin.endings import cancel
from matching.tests.twin.placing import place, place_bracket, place_pair
from matching.tests.twin.state import State, TwinOrder
from matching.tests.twin.taking import set_state
from matching.tests.twin.units import all_or_none, carry_out
from orders.commands import (
    Amend,
    Cancel,
    CancelAll,
    Command,
    Configure,
    MarketState,
    Place,
    Reason,
    Unit,
    UnitKind,
)

MINUTE = 60_000_000


class Twin(State):
    """Carry out units by `run`; everything else is to be looked at."""

    def run(self, unit: Command | Unit, created: int) -> None:
        self.time = max(self.time, created)
        self.forget_prices()
        self._let_happen_what_is_due()
        self._refresh_reference()
        if isinstance(unit, Unit):
            self._carry_out_unit(unit)
        else:
            self._carry_out(unit)
        aftermath(self)
        self.check()

    def check(self) -> None:
        """Nobody has ever less than nothing, and no book stays crossed while it is open."""
        for user in {order.user for order in self.orders.values()}:
            assert self.available(user, "base") >= 0
            assert self.available(user, "quote") >= 0
        assert not (self.open and self.crossed())

    def _let_happen_what_is_due(self) -> None:
        while due := self._first_due():
            if isinstance(due, TwinOrder):
                cancel(self, due, Reason.EXPIRED)
            else:
                open_market(self)
                aftermath(self)
        aftermath(self)

    def _first_due(self) -> TwinOrder | MarketState | None:
        """What comes next in time: an order that expires, or else the auction's end."""
        due: list[tuple[int, int, int, TwinOrder | MarketState]] = [
            (order.asked.extra.expires, 0, order.id, order)
            for order in self.orders.values()
            if order.live and 0 < order.asked.extra.expires <= self.time
        ]
        if self.market.state is MarketState.AUCTION and 0 < self.market.until <= self.time:
            due.append((self.market.until, 1, 0, self.market.state))
        return min(due, key=lambda what: what[:3])[3] if due else None

    def _refresh_reference(self) -> None:
        if self.time >= self.refresh:
            self.refresh = (self.time // MINUTE + 1) * MINUTE
            if self.prices:
                self.reference = self.last_price

    def _carry_out_unit(self, unit: Unit) -> None:
        if unit.kind == UnitKind.ALL_OR_NONE:
            all_or_none(self, unit.commands)
            return
        legs = [command for command in unit.commands if isinstance(command, Place)]
        if unit.kind == UnitKind.OCO:
            place_pair(self, *legs)
        else:
            place_bracket(self, *legs)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Place():
                place(self, command)
            case Cancel() | Amend():
                carry_out(self, command)
            case CancelAll():
                take_all_back(self, command)
            case Configure():
                self._configure(command.settings)

    def _configure(self, settings: dict[str, Any]) -> None:
        others = {
            name: value
            for name, value in settings.items()
            if name not in {"state", "until", "reason"}
        }
        self.change_market(**others)
        state = MarketState(settings.get("state", self.market.state))
        if "state" not in settings:
            return
        if state is MarketState.OPEN:
            if not self.open:
                open_market(self)
        elif (state, settings.get("until", 0)) != (self.market.state, self.market.until):
            set_state(self, state, until=settings.get("until", 0))
