"""Which wallets a batch needs is found beforehand; what it touches must be among them."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.models import Asset
from matching.engine import Engine
from matching.matcher.reach import ORDERS_MAX
from matching.spot import Wallet
from matching.tests.book_check import check_book
from orders.commands import Cancel, OrderSide, OrderType, Place
from orders.models import Market
from orders.rules import MarketRules

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value


def rules() -> MarketRules:
    return Market(
        id=1,
        symbol="BTC-USDT",
        base=Asset(id=1, scale=8),
        quote=Asset(id=2, scale=8),
        tick_size=1_000_000,
        lot_size=1_000,
        tick_value=10,
        price_max=10**9,
        quantity_min=1,
        quantity_max=10**8,
        notional_min=1,
        maker_ppm=1_000,
        taker_ppm=2_000,
    ).rules


WISHES = st.tuples(
    st.sampled_from(["limit", "limit", "limit", "sell", "buy", "cancel"]),
    st.sampled_from([BUY, SELL]),
    st.integers(95, 105),
    st.integers(1, 9),
)


def command(number: int, wish: tuple[str, int, int, int]) -> Place | Cancel:
    """Everybody places one order, so a user is as good as an order."""
    kind, side, price, lots = wish
    if kind == "cancel":
        target = max(1, number - lots)
        return Cancel(number, 1, target, target)
    if kind == "limit":
        return Place(
            number,
            1,
            number,
            side,
            OrderType.LIMIT.value,
            1,
            1,
            price,
            lots,
            0,
            1_000,
            2_000,
        )
    quantity, budget = (lots, 0) if kind == "sell" else (0, lots * price * 10)
    side = SELL if kind == "sell" else BUY
    return Place(
        number,
        1,
        number,
        side,
        OrderType.MARKET.value,
        1,
        1,
        0,
        quantity,
        budget,
        1_000,
        2_000,
    )


@given(st.lists(st.lists(WISHES, min_size=1, max_size=20), min_size=1, max_size=8))
def test_a_batch_touches_nobody_who_was_not_found_beforehand(batches):
    engine, number = Engine({1: rules()}, {1: (0, 1)}, {}), 0

    for wishes in batches:
        commands = []
        for wish in wishes:
            number += 1
            commands.append((command(number, wish), 0))
        users = engine.users_needed(commands)[1]
        wallets = {
            user: (Wallet(4 * user, 4 * user + 1), Wallet(4 * user + 2, 4 * user + 3))
            for user in users
        }
        balances = {
            account: 10**12 for user in users for account in range(4 * user, 4 * user + 4)
        }

        # Whoever is touched without having been found is a KeyError here.
        engine.run(commands, {1: wallets}, balances | {0: 0, 1: 0})

        check_book(engine.books[1])


def test_asking_for_more_than_there_is_locks_no_whole_book():
    engine = Engine({1: rules()}, {1: (0, 1)}, {})
    bids = [(command(n, ("limit", BUY, 100, 1)), 0) for n in range(1, ORDERS_MAX + 100)]
    users = range(1, ORDERS_MAX + 100)
    wallets = {n: (Wallet(2, 3), Wallet(4, 5)) for n in users}
    engine.run(bids, {1: wallets}, dict.fromkeys(range(6), 10**12))

    greedy = command(ORDERS_MAX + 100, ("limit", SELL, 1, 10**8))

    assert len(engine.users_needed([(greedy, 0)])[1]) == ORDERS_MAX + 1
