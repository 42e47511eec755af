"""Plays an example against the pure engine, with wallets in memory."""

from collections import ChainMap
from collections.abc import Iterator
from dataclasses import replace

from kernel import pgcopy
from kernel.units import Atoms, Lots, Ppm, Ticks
from matching.book import BookOrder
from matching.outcome import Event, Outcome
from matching.spot import Wallet
from orders.commands import (
    LIVE,
    Amend,
    Cancel,
    CancelAll,
    Clock,
    Command,
    Configure,
    Extra,
    MarketState,
    OrderSide,
    OrderType,
    Place,
    SelfTrade,
    TimeInForce,
    Unit,
    UnitKind,
)
from orders.rules import MarketRules
from tests.rulebook.door import knock
from tests.rulebook.reading import Action, Example, Showing
from tests.rulebook.sayings import (
    Amending,
    Cancelling,
    CancellingAll,
    Funding,
    Knocking,
    Opening,
    Placing,
    Rating,
    Saying,
    Setting,
    Waiting,
)
from tests.rulebook.telling import Teller, Units, tell_levels, tell_market
from tests.rulebook.venues import FEES, TheEngine, TheTwin
from tests.rulebook.words import ATOMS, NOON, PEOPLE, read_time, tell_amount

MARKET, COIN, CASH, HOUSE = 1, 1, 2, 0
STRANGERS = (len(PEOPLE) + 1, len(PEOPLE) + 2)
USERS = {name: number for number, name in enumerate(PEOPLE, start=1)}
PLENTY = 1_000_000 * ATOMS
RULES = MarketRules(
    id=MARKET,
    symbol="COIN-CASH",
    base=COIN,
    quote=CASH,
    base_scale=2,
    quote_scale=2,
    tick_size=Atoms(ATOMS),
    lot_size=Atoms(ATOMS),
    tick_value=Atoms(ATOMS),
    price_max=Ticks(1_000_000),
    quantity_min=Lots(1),
    quantity_max=Lots(1_000_000),
    notional_min=Atoms(1),
    maker_ppm=Ppm(0),
    taker_ppm=Ppm(0),
    self_trade_allowed=True,
)


def wallets_of(user: int) -> tuple[Wallet, Wallet]:
    first = user * 10
    return Wallet(first, first + 1), Wallet(first + 2, first + 3)


class Stage:
    """One example: its market, its people and what has happened so far."""

    def __init__(
        self, example: Example, units: dict[str, Units], venue: type[TheEngine | TheTwin]
    ) -> None:
        everybody = [*USERS.values(), *STRANGERS]
        self.wallets = {user: wallets_of(user) for user in everybody}
        self.balances = dict.fromkeys(FEES, 0)
        for coin, cash in self.wallets.values():
            self.balances |= {coin.available: PLENTY, cash.available: PLENTY}
            self.balances |= {coin.held: 0, cash.held: 0}
        self.rates: dict[str, tuple[int, int]] = {}
        self.orders: dict[int, BookOrder] = {}
        self.ids: dict[str, int] = {}
        self.teller = Teller(units, {})
        self.story: list[Event] = []
        self.trades: list[str] = []
        self.prevented: list[str] = []
        self.commands = 0
        self.now = pgcopy.timestamp(NOON)
        settings = [given.settings for given in example.given if isinstance(given, Setting)]
        self.rules = replace(RULES, **dict(ChainMap(*reversed(settings))))
        for given in example.given:
            if isinstance(given, Funding):
                base, quote = self.wallets[USERS[given.who]]
                self.balances |= {base.available: given.coin, quote.available: given.cash}
            elif isinstance(given, Rating):
                self.rates[given.who] = (given.maker_ppm, given.taker_ppm)
        self.money = self.all_money()
        self.venue = venue(self.rules, self.wallets, self.balances, self.now)
        for given in example.given:
            if isinstance(given, Opening):
                self.open_at(given.price)

    def open_at(self, price: int) -> None:
        """A trade between strangers, whom the example does not name."""
        for user, side in zip(STRANGERS, (OrderSide.SELL, OrderSide.BUY), strict=True):
            self.run(self.place(user, side, price))
        self.trades.clear()

    def place(self, user: int, side: OrderSide, price: int) -> Place:
        """One lot of a stranger, without a fee."""
        return Place(
            self.next_id(), MARKET, user, side.value, OrderType.LIMIT.value,
            TimeInForce.GTC.value, SelfTrade.CANCEL_TAKER.value, Ticks(price), Lots(1),
            Atoms(0), Ppm(0), Ppm(0),
        )  # fmt: skip

    # Doing ------------------------------------------------------------------------------

    def act(self, action: Action) -> tuple[list[str], list[str]]:
        """Carry out an action; its outcomes, and what else happened, in words."""
        first = action.sayings[0]
        if isinstance(first, Knocking):
            return [knock(self.rules, UnitKind.NONE, [first.placing], self.now)], []
        self.ask_intake(action)
        before = {order.id: order.status for order in self.orders.values()}
        commands = [self.command(saying) for saying in action.sayings]
        asked = [order_of(command) for command in commands]
        outcome = self.run(
            Unit(action.group.value, tuple(commands)) if action.group else commands[0]
        )
        told = [
            self.teller.order(self.orders[order], outcome, before.get(order), command)
            for order, command in zip(asked, commands, strict=True)
            if order
        ]
        also = list(self.teller.others(outcome, self.orders, before, asked))
        if isinstance(first, Setting) and "state" not in first.settings:
            return ["set"], also[len(outcome.changes) :]
        if not any(asked):
            told = [also.pop(0) if also else "nothing"]
        return told, also

    def ask_intake(self, action: Action) -> None:
        """What is played could have come in, while the market was open and in time."""
        placings = [saying for saying in action.sayings if isinstance(saying, Placing)]
        times = [it.extra.expires - 1 for it in placings if it.extra.expires]
        answer = knock(
            replace(self.rules, state=MarketState.OPEN),
            action.group,
            placings,
            min([self.now, *times]),
        )
        assert answer == "accepted", f"the intake would not let this in: {answer}"

    def run(self, unit: Command | Unit) -> Outcome:
        """One unit, with all that it leads to."""
        outcome = self.venue.run(unit, self.now)
        self.orders |= outcome.orders
        for order in outcome.orders.keys() - self.teller.names.keys():
            self.teller.names[order] = "a stranger"
        self.story += outcome.events
        self.trades += map(self.teller.trade, outcome.trades)
        self.prevented += map(self.teller.prevented, outcome.prevented)
        return outcome

    def next_id(self) -> int:
        self.commands += 1
        return self.commands

    def command(self, saying: Saying) -> Command:
        match saying:
            case Placing():
                return self.placing(saying)
            case Cancelling(who, name):
                return Cancel(self.next_id(), MARKET, USERS[who], self.ids[name])
            case Amending(who, name, price, quantity, trigger):
                return Amend(
                    self.next_id(), MARKET, USERS[who], self.ids[name], Ticks(price),
                    Lots(quantity), Ticks(trigger),
                )  # fmt: skip
            case CancellingAll(who, side):
                return CancelAll(self.next_id(), MARKET, USERS[who], side)
            case Setting(settings):
                self.rules = replace(self.rules, **settings)
                numbers = {name: int(value) for name, value in settings.items()}
                return Configure(self.next_id(), MARKET, HOUSE, numbers)
            case Waiting(until):
                self.wait(until)
                return Clock(self.next_id(), MARKET, HOUSE)

    def wait(self, until: int) -> None:
        assert until > self.now, "time goes forwards only"
        self.now = until

    def placing(self, it: Placing) -> Place:
        """The command, with what the intake stamps on an order: rates and slippage."""
        assert it.name not in self.ids, f"there are two orders {it.name}"
        number = self.ids[it.name] = self.next_id()
        self.teller.names[number] = it.name
        rules = self.rules
        maker_ppm, taker_ppm = self.rates.get(it.who, (rules.maker_ppm, rules.taker_ppm))
        limited = it.type in (
            OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT,
        )  # fmt: skip
        extra: Extra = it.extra
        if not limited and not extra.slippage_ppm:
            extra = extra._replace(slippage_ppm=rules.slippage_ppm)
        return Place(
            number, MARKET, USERS[it.who], it.side.value, it.type.value,
            it.time_in_force.value, it.self_trade.value, Ticks(it.price), Lots(it.quantity),
            Atoms(it.budget), Ppm(maker_ppm), Ppm(taker_ppm), extra,
        )  # fmt: skip

    # Showing ----------------------------------------------------------------------------

    def show(self, showing: Showing) -> str:
        """How things stand, in the words of the rule book."""
        what, _, of = showing.what.partition(" ")
        match what:
            case "book":
                return "; ".join(self.sides())
            case "trades":
                trades, self.trades = self.trades, []
                return ", ".join(trades) or "none"
            case "prevented":
                return "; ".join(self.prevented) or "none"
            case "market":
                rules = self.venue.rules
                return tell_market(rules.state, rules.until)
            case "clock":
                self.wait(read_time(showing.answer))
                return showing.answer
            case "last":
                return str(self.venue.last or "none")
            case "reference":
                return str(self.venue.reference or "none")
            case "balance":
                return self.balance(of)
            case "order":
                return self.teller.record(self.orders[self.ids[of]])
        order = self.orders[self.ids[of]]
        events = [event for event in self.story if event.order == order.id]
        return "; ".join(self.teller.event(order, event) for event in events) or "none"

    def sides(self) -> Iterator[str]:
        for name, side in (("bids", OrderSide.BUY), ("asks", OrderSide.SELL)):
            levels: dict[int, int] = {}
            for price, lots in self.venue.queue(side):
                levels[price] = levels.get(price, 0) + lots
            yield f"{name} {tell_levels(levels.items())}"

    def balance(self, who: str) -> str:
        if who == "house":
            coin, cash = (self.balances[fee] for fee in FEES)
            return f"{tell_amount(coin)} COIN, {tell_amount(cash)} CASH"
        told = []
        for wallet, asset in zip(self.wallets[USERS[who]], ("COIN", "CASH"), strict=True):
            held = self.balances[wallet.held]
            aside = f" + {tell_amount(held)} held" if held else ""
            told.append(f"{tell_amount(self.balances[wallet.available])}{aside} {asset}")
        return ", ".join(told)

    # Checking ---------------------------------------------------------------------------

    def all_money(self) -> int:
        return sum(self.balances.values())

    def check(self) -> None:
        """Nothing is made or lost, and held is what live orders hold, to the atom."""
        assert self.all_money() == self.money
        for user, (coin, cash) in self.wallets.items():
            for side, wallet in ((OrderSide.SELL, coin), (OrderSide.BUY, cash)):
                holds = sum(
                    order.hold
                    for order in self.orders.values()
                    if order.user == user and order.side == side and order.status in LIVE
                )
                assert self.balances[wallet.held] == holds, f"held of user {user}"


def order_of(command: Command) -> int:
    """The order that a command is about; 0: none."""
    if isinstance(command, Place):
        return command.id
    return command.order if isinstance(command, Cancel | Amend) else 0
