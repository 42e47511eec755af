"""What time alone makes happen, in whichever market the clock is told."""

from collections import defaultdict
from dataclasses import replace

from matching.book import BookOrder
from matching.engine import Engine
from matching.spot import Wallet, WalletPair
from matching.tests.test_users_needed import rules
from orders.commands import (
    PLAIN,
    Cancel,
    Clock,
    Command,
    Extra,
    OrderSide,
    OrderStatus,
    OrderType,
    Place,
    TimeInForce,
    Unit,
    UnitKind,
)

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value
QUIET, BUSY = 1, 2
ALICE, BOB = 5, 6


class Wallets(dict[int, WalletPair]):
    """Everybody's, by user."""

    def __missing__(self, user: int) -> WalletPair:
        first = 4 * user
        self[user] = pair = Wallet(first, first + 1), Wallet(first + 2, first + 3)
        return pair


def an_engine() -> Engine:
    markets = {number: replace(rules(), id=number) for number in (QUIET, BUSY)}
    return Engine(markets, dict.fromkeys(markets, (0, 1)), {})


def run(engine: Engine, *commands: tuple[Command | Unit, int]) -> None:
    balances = defaultdict[int, int](lambda: 1 << 60)
    engine.run(commands, dict.fromkeys(engine.markets, Wallets()), balances)


def order(number: int, user: int, side: int, price: int, expires: int = 0) -> Place:
    in_force = TimeInForce.GTD if expires else TimeInForce.GTC
    extra = Extra(expires=expires) if expires else PLAIN
    return Place(
        number, QUIET, user, side, OrderType.LIMIT, in_force, 2, price, 10, 0, 0, 0, extra
    )


def a_bracket(*, entry_expires: int) -> Unit:
    stop = order(3, ALICE, SELL, 0)._replace(type=OrderType.STOP, extra=Extra(trigger=90))
    entry = order(1, ALICE, BUY, 100, entry_expires)
    return Unit(UnitKind.BRACKET, (entry, order(2, ALICE, SELL, 120), stop))


def live(engine: Engine) -> dict[int, tuple[str, int]]:
    mine: dict[int, BookOrder] = engine.books[QUIET].live[ALICE]
    return {number: (OrderStatus(o.status).name, o.rest) for number, o in mine.items()}


def test_exits_get_to_work_when_the_entry_expires_by_a_clock_of_another_market():
    """Nobody may come to the quiet market for hours; the stop-loss must stand by then."""
    engine = an_engine()
    some = order(4, BOB, SELL, 100)._replace(quantity=4)
    run(engine, (a_bracket(entry_expires=50), 1), (some, 2))
    assert live(engine) == {1: ("OPEN", 6), 2: ("WAITING", 10), 3: ("WAITING", 10)}

    run(engine, (Clock(5, BUSY, 0), 60))

    assert live(engine) == {2: ("OPEN", 4), 3: ("ARMED", 4)}


def test_exits_wait_for_the_command_of_their_own_market():
    engine = an_engine()
    some = order(4, BOB, SELL, 100)._replace(quantity=4)
    run(engine, (a_bracket(entry_expires=50), 1), (some, 2))

    run(engine, (Cancel(5, QUIET, ALICE, 2), 60))  # which takes the exits back

    assert live(engine) == {}


def test_orders_that_have_ended_are_not_kept_until_they_would_expire():
    engine = an_engine()
    stays = order(1, ALICE, BUY, 100, expires=7_000)
    run(engine, (stays, 0))

    for number in range(2, 2_000, 2):
        placed = order(number, BOB, BUY, 99, expires=5_000)
        run(engine, (placed, number), (Cancel(number + 1, QUIET, BOB, number), number))

    assert len(engine.matcher(QUIET).expiries) < 200
    run(engine, (Clock(2_000, BUSY, 0), 6_999))
    assert live(engine) == {1: ("OPEN", 10)}
    run(engine, (Clock(2_001, BUSY, 0), 7_000))
    assert live(engine) == {}
