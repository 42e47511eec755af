"""The engine: the markets of one shard, one unit after the other. Pure.

It is the only writer of orders and holds. Given the commands of a batch and the balances
that they may spend, it says what follows: transfers, trades, order states, changed book
levels. It reads no clock and no database: its time is that of the commands, so the same
log always gives the same result.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Final

from kernel.units import BIGINT_MAX
from matching.book import PRIORITY_BITS, Book, BookOrder
from matching.matcher import changes, lists, opening, stops, units
from matching.matcher.placing import NEVER, Matcher
from matching.matcher.reach import Reach
from matching.outcome import Outcome
from matching.spot import Clearing, Funds, WalletPair, need, owed
from orders.commands import (
    PLAIN,
    Amend,
    Cancel,
    CancelAll,
    Clock,
    Command,
    Configure,
    OrderStatus,
    Place,
    Unit,
)
from orders.rules import MarketRules

ARMED = OrderStatus.ARMED.value
#: Priorities given between two commands, when time alone makes something happen.
BETWEEN: Final = 1 << PRIORITY_BITS - 1


class Engine:
    """The books of one shard and the rules by which they clear.

    fee_accounts  market id -> the house's (base, quote) fee accounts
    trades        market id -> number of the last trade
    time          of the latest command, as kernel.pgcopy.timestamp
    references    market id -> (reference price in ticks or None, when it is renewed)
    last_prices   market id -> price of the last trade in ticks
    funds         who says whether somebody's funds are enough, instead of the balances;
                  for a replay of the log
    """

    def __init__(
        self,
        markets: Mapping[int, MarketRules],
        fee_accounts: Mapping[int, tuple[int, int]],
        trades: Mapping[int, int],
        *,
        time: int = 0,
        references: Mapping[int, tuple[int | None, int]] | None = None,
        last_prices: Mapping[int, int] | None = None,
        funds: Funds | None = None,
    ) -> None:
        self.fee_accounts = dict(fee_accounts)
        self.time = time
        self._matchers: dict[int, Matcher] = {}
        self._clearings: dict[int, Clearing] = {}
        for market, rules in markets.items():
            clearing = Clearing(rules, self.fee_accounts[market], funds)
            matcher = Matcher(rules, clearing)
            matcher.trades = trades.get(market, 0)
            matcher.last = (last_prices or {}).get(market, 0)
            matcher.reference, matcher.refresh = (references or {}).get(market, (None, 0))
            self._matchers[market], self._clearings[market] = matcher, clearing
        self._restored: dict[int, list[BookOrder]] = defaultdict(list)
        # What the batch at work has touched, by market.
        self._outcomes: dict[int, Outcome] = {}
        self._at_work: dict[int, Matcher] = {}
        self._due = min((matcher.due for matcher in self._matchers.values()), default=NEVER)

    @property
    def markets(self) -> dict[int, MarketRules]:
        """The markets as they are now."""
        return {market: matcher.rules for market, matcher in self._matchers.items()}

    @property
    def books(self) -> dict[int, Book]:
        return {market: matcher.book for market, matcher in self._matchers.items()}

    @property
    def trades(self) -> dict[int, int]:
        return {market: matcher.trades for market, matcher in self._matchers.items()}

    @property
    def references(self) -> dict[int, tuple[int | None, int]]:
        return {
            m: (matcher.reference, matcher.refresh) for m, matcher in self._matchers.items()
        }

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """What followed from the batch so far, by market; grows while it is run."""
        return self._outcomes

    def matcher(self, market: int) -> Matcher:
        return self._matchers[market]

    # Restarting -------------------------------------------------------------------------

    def restore_queue(
        self, market: int, side: int, price: int, queue: Sequence[BookOrder]
    ) -> None:
        """Put back all orders that rested at a price, in the order of priority."""
        matcher = self._matchers[market]
        matcher.book.put_back(side, price, queue)
        for order in queue:
            order.hold = need(matcher.rules, order)
            if order.extra is not PLAIN or order.list_id:
                self._remember(matcher, order)

    def restore(self, market: int, order: BookOrder) -> None:
        """Put back a live order that does not rest; in the order of priority."""
        matcher = self._matchers[market]
        if order.status == ARMED:
            stops.put_back(matcher, order)
        else:
            matcher.book.enlist(order)
        order.hold = owed(matcher.rules, order)
        self._remember(matcher, order)

    def _remember(self, matcher: Matcher, order: BookOrder) -> None:
        if order.extra.expires:
            matcher.expire_later(order)
        if order.list_id:
            self._restored[matcher.rules.id].append(order)

    def restored(self) -> None:
        """All live orders are back: link those that belong together, let them share what
        they hold."""
        for market, orders in self._restored.items():
            matcher = self._matchers[market]
            lists.put_back(matcher, orders)
            for order in orders:
                order.hold = owed(matcher.rules, order)
        self._restored.clear()
        for matcher in self._matchers.values():
            opening.set_due(matcher)
        self._due = min((matcher.due for matcher in self._matchers.values()), default=NEVER)

    # Running ----------------------------------------------------------------------------

    def run(
        self,
        commands: Iterable[tuple[Command | Unit, int]],
        wallets: Mapping[int, Mapping[int, WalletPair]],
        balances: MutableMapping[int, int],
    ) -> dict[int, Outcome]:
        """Apply a batch of commands to the books.

        commands  (command or unit, its time) in their order
        wallets   market -> user -> their (base, quote) wallets
        balances  atoms by account id, of all available accounts in these wallets; used
                  as working memory
        returns   what follows, by market

        Wallets and balances are asked by key only, so they may be found on demand.
        """
        self._outcomes, at_work = {}, self._at_work
        at_work.clear()
        for market, clearing in self._clearings.items():
            clearing.balances = balances
            clearing.wallets = wallets.get(market, clearing.wallets)
        now = self.time
        for command, created in commands:
            matcher = at_work.get(command.market) or self._begin(command.market, command)
            if created > now:
                now = self.time = created
            matcher.now = now
            if now >= self._due:
                self._let_time_pass(command)
            if now >= matcher.refresh:
                opening.refresh_reference(matcher)
            if isinstance(command, Place):
                matcher.place(command, created)
            else:
                self._obey(matcher, command, created)
            if matcher.restless or matcher.due < self._due:
                self._settle_down(matcher)
        return self._outcomes

    def note(self, change: Configure) -> Outcome:
        """Change a market by the house's word, and nothing else.

        Time does not pass, for what is due may be what fails; nobody's money is there.
        """
        self._outcomes = {}
        matcher = self._begin(change.market, change)
        matcher.book.command = change.id
        opening.configure(matcher, change)
        return matcher.outcome

    def _begin(self, market: int, command: Command | Unit) -> Matcher:
        """From here on the batch does something to a market."""
        matcher = self._at_work[market] = self._matchers[market]
        ids = range(_first_id(command), BIGINT_MAX)
        outcome = self._outcomes[market] = Outcome(placed=ids)
        matcher.begin(outcome)
        return matcher

    def _obey(self, matcher: Matcher, command: Command | Unit, created: int) -> None:
        """Carry out anything but an order that stands alone."""
        matcher.book.command = _first_id(command)
        match command:
            case Cancel():
                matcher.cancel(command.user, command.order)
            case Unit():
                units.carry_out(matcher, command, created)
            case Amend():
                changes.amend(matcher, command)
            case CancelAll():
                changes.cancel_all(matcher, command)
            case Configure():
                opening.configure(matcher, command)
            case Place() | Clock():  # the one is not for here, the other only takes time
                pass

    def _settle_down(self, matcher: Matcher) -> None:
        """What a command set off at once, and when time will do so next."""
        if matcher.restless:
            stops.aftermath(matcher)
        self._due = min(self._due, matcher.due)

    def _let_time_pass(self, command: Command | Unit) -> None:
        """Let everything happen that is due, in the order of time, then of markets."""
        reached = set()
        while True:
            self._due, market = min((m.due, number) for number, m in self._matchers.items())
            if self._due > self.time:
                break
            reached.add(market)
            self._between(market, command, opening.happen)
        # What that sets off belongs to it, and comes before the command as well: else a
        # command's answer would hang on whether a neighbour let the time pass before it.
        for market in sorted(reached):
            if self._matchers[market].restless:
                self._between(market, command, stops.aftermath)
                self._due = min(self._due, self._matchers[market].due)

    def _between(
        self, market: int, command: Command | Unit, happen: Callable[[Matcher], None]
    ) -> None:
        """Let something happen after all that the command before gave, and before what
        this one will, which causes it."""
        matcher = self._at_work.get(market) or self._begin(market, command)
        first = _first_id(command)
        matcher.now, matcher.cause, book = self.time, first, matcher.book
        book.command = first - 1
        book.stamp = max(book.stamp, (first - 1 << PRIORITY_BITS) + BETWEEN)
        happen(matcher)
        matcher.cause = 0

    # Foreseeing -------------------------------------------------------------------------

    def users_needed(
        self, commands: Iterable[tuple[Command | Unit, int]]
    ) -> dict[int, set[int]]:
        """Whose wallets a batch will most likely touch, by market, found beforehand.

        They are locked in one go before anything is matched; who is met beyond them, by
        what a price sets off for example, is locked when it comes to that. Makers are
        found by walking each side from its best price, over as many lots as could be
        taken, down to the loosest limit of those who take.
        """
        reaches: dict[int, Reach] = {}
        for unit, _ in commands:
            reach = reaches.get(unit.market)
            if reach is None:
                reach = reaches[unit.market] = Reach(self._matchers[unit.market])
            if isinstance(unit, Unit):
                for command in unit.commands:
                    reach.add(command)
            else:
                reach.add(unit)
        return {market: reach.users | reach.makers() for market, reach in reaches.items()}


def _first_id(command: Command | Unit) -> int:
    return command.commands[0].id if isinstance(command, Unit) else command.id
