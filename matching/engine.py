"""The engine: reserve, match, release; one command after the other. Pure.

It is the only writer of orders and holds. Given the commands of a batch and the balances
that they may spend, it says what follows: transfers, trades, order states, changed book
levels. It reads no clock and no database, so the same log always gives the same result.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kernel.units import BIGINT_MAX
from ledger.transfers import Row, TransferCode
from matching import spot
from matching.book import BUY, NO_REASON, OPEN, SELL, Book, BookOrder
from matching.spot import WalletPair
from orders.commands import (
    SEQUENCE_BITS,
    Cancel,
    Command,
    OrderStatus,
    OrderType,
    Place,
    Reason,
)
from orders.rules import MarketRules

HOLD, RELEASE = TransferCode.HOLD.value, TransferCode.RELEASE.value
FILLED, CANCELLED = OrderStatus.FILLED.value, OrderStatus.CANCELLED.value
REJECTED, LIMIT = OrderStatus.REJECTED.value, OrderType.LIMIT.value
MARKET_NOT_OPEN = Reason.MARKET_NOT_OPEN.value
INSUFFICIENT_FUNDS = Reason.INSUFFICIENT_FUNDS.value
NO_LIQUIDITY = Reason.NO_LIQUIDITY.value
BUDGET_TOO_SMALL = Reason.BUDGET_TOO_SMALL.value
CANCELLED_BY_USER = Reason.CANCELLED_BY_USER.value


@dataclass(slots=True)
class TradeMade:
    """One match; fields as orders.models.Trade."""

    id: int
    price: int
    quantity: int
    quote_amount: int
    taker_side: int
    maker_order: int
    taker_order: int
    maker_user: int
    taker_user: int
    maker_fee: int
    taker_fee: int


@dataclass(slots=True)
class Outcome:
    """What a batch did to one market.

    orders  every order that was placed or changed, by id, in its final state
    placed  ids of the orders that this batch saw for the first time
    levels  (side, price) of every book level that was touched
    """

    transfers: list[Row] = field(default_factory=list)
    trades: list[TradeMade] = field(default_factory=list)
    orders: dict[int, BookOrder] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)
    levels: set[tuple[int, int]] = field(default_factory=set)


class Engine:
    """The books of one shard and the rules by which they clear.

    fee_accounts  market id -> the house's (base, quote) fee accounts
    trades        market id -> number of the last trade
    """

    def __init__(
        self,
        markets: Mapping[int, MarketRules],
        fee_accounts: Mapping[int, tuple[int, int]],
        trades: Mapping[int, int],
    ) -> None:
        self.markets = dict(markets)
        self.fee_accounts = dict(fee_accounts)
        self.trades = {market: trades.get(market, 0) for market in markets}
        self.books = {market: Book() for market in markets}
        self._wallets: Mapping[int, Mapping[int, WalletPair]] = {}
        self._balances: dict[int, int] = {}
        self._outcomes: dict[int, Outcome] = {}

    def restore(self, market: int, order: BookOrder) -> None:
        """Put an open order back into its book; call it in order of priority."""
        order.hold = spot.need(self.markets[market], order)
        self.books[market].rest(order)

    def users_needed(self, commands: Iterable[tuple[Command, int]]) -> dict[int, set[int]]:
        """Whose wallets a batch may touch, by market: a superset, found beforehand.

        They are locked in one go before anything is matched. Makers are found by walking
        each side from its best price, over as many lots as could be taken, down to the
        loosest limit of those who take.
        """
        users: dict[int, set[int]] = defaultdict(set)
        taken: dict[tuple[int, int], int] = defaultdict(int)
        worst: dict[tuple[int, int], int] = {}
        cancelled: dict[tuple[int, int], int] = defaultdict(int)
        for command, _ in commands:
            users[command.market].add(command.user)
            market, book = self.markets[command.market], self.books[command.market]
            if isinstance(command, Place):
                other = SELL if command.side == BUY else BUY
                if lots := _lots_to_take(market, book, command, other):
                    key, rank = (market.id, other), _worst_rank(command)
                    taken[key] += lots
                    worst[key] = min(worst.get(key, rank), rank)
            elif isinstance(command, Cancel) and command.order in book.orders:
                order = book.orders[command.order]
                cancelled[market.id, order.side] += order.remaining
        for (market_id, side), lots in taken.items():
            book, reach = self.books[market_id], lots + cancelled[market_id, side]
            users[market_id] |= _first_makers(book, side, reach, worst[market_id, side])
        return users

    def run(
        self,
        commands: Iterable[tuple[Command, int]],
        wallets: Mapping[int, Mapping[int, WalletPair]],
        balances: dict[int, int],
    ) -> dict[int, Outcome]:
        """Apply a batch of commands to the books.

        commands  (command, its time) in their order
        wallets   market -> user -> their (base, quote) wallets, of all `users_needed`
        balances  atoms by account id, of all accounts in these wallets and of the fee
                  accounts; used as working memory
        returns   what follows, by market
        """
        self._wallets, self._balances, self._outcomes = wallets, balances, {}
        for command, created in commands:
            outcome = self._outcomes.get(command.market)
            if outcome is None:
                outcome = self._outcomes[command.market] = Outcome()
            if isinstance(command, Place):
                self._place(outcome, command, created)
            elif isinstance(command, Cancel):
                self._cancel(outcome, command)
            else:
                raise TypeError(f"the engine does not know {command}")
        return self._outcomes

    def _place(self, outcome: Outcome, command: Place, created: int) -> None:
        market, book = self.markets[command.market], self.books[command.market]
        order = BookOrder(
            command.id, command.user, command.side, command.type, command.price,
            command.quantity, command.budget, command.maker_ppm, command.taker_ppm, created,
        )  # fmt: skip
        outcome.orders[order.id] = order
        outcome.placed.add(order.id)
        if not market.is_open:
            _end(order, REJECTED, MARKET_NOT_OPEN)
            return
        if not self._reserve(outcome, market, order):
            _end(order, REJECTED, INSUFFICIENT_FUNDS)
            return
        if order.budget:
            self._spend(outcome, market, book, order)
        else:
            limit = order.price if order.type == LIMIT else None
            fills = book.take(order.side, limit, order.remaining)
            if fills:
                self._settle(outcome, market, order, fills)
            if not order.remaining:
                _end(order, FILLED, NO_REASON)
            elif order.type == LIMIT:
                book.rest(order)
                outcome.levels.add((order.side, order.price))
            else:
                _end(order, CANCELLED, NO_LIQUIDITY)
        self._release(outcome, market, order)

    def _cancel(self, outcome: Outcome, command: Cancel) -> None:
        market, book = self.markets[command.market], self.books[command.market]
        order = book.orders.get(command.order)
        # Filled or cancelled a moment before: the cancel came too late and changes nothing.
        if order is None or order.user != command.user:
            return
        book.remove(order)
        outcome.orders[order.id] = order
        outcome.levels.add((order.side, order.price))
        _end(order, CANCELLED, CANCELLED_BY_USER)
        self._release(outcome, market, order)

    def _reserve(self, outcome: Outcome, market: MarketRules, order: BookOrder) -> bool:
        """Set aside what the order can cost; False when it is not there."""
        base, quote = self._wallets[market.id][order.user]
        wallet, asset = (quote, market.quote) if order.side == BUY else (base, market.base)
        amount = spot.need(market, order)
        if self._balances[wallet.available] < amount:
            return False
        order.hold = amount
        self._move(outcome, (wallet.available, wallet.held, asset, amount, HOLD, order.id))
        return True

    def _release(self, outcome: Outcome, market: MarketRules, order: BookOrder) -> None:
        """Give back what the rest of the order does not need any more."""
        surplus = order.hold - (spot.need(market, order) if order.status == OPEN else 0)
        if not surplus:
            return
        base, quote = self._wallets[market.id][order.user]
        wallet, asset = (quote, market.quote) if order.side == BUY else (base, market.base)
        order.hold -= surplus
        self._move(
            outcome, (wallet.held, wallet.available, asset, surplus, RELEASE, order.id)
        )

    def _spend(
        self, outcome: Outcome, market: MarketRules, book: Book, order: BookOrder
    ) -> None:
        """A market buy by budget: whole lots, level by level, while the budget lasts."""
        while (price := book.best(SELL)) is not None:
            affordable = order.hold // (price * market.tick_value)
            if not affordable:
                break
            lots = min(affordable, book.lots_at(SELL, price))
            self._settle(outcome, market, order, book.take(BUY, price, lots))
        if price is None:
            _end(order, CANCELLED, NO_LIQUIDITY)
        elif order.filled_quote:
            _end(order, FILLED, NO_REASON)
        else:
            _end(order, CANCELLED, BUDGET_TOO_SMALL)

    def _settle(
        self,
        outcome: Outcome,
        market: MarketRules,
        taker: BookOrder,
        fills: list[tuple[BookOrder, int]],
    ) -> None:
        """Book every fill: transfers, trade, both orders' states."""
        number = self.trades[market.id]
        for maker, lots in fills:
            number += 1
            trade = self._trade(outcome, market, taker, maker, lots, number)
            quote, base = trade.quote_amount, lots * market.lot_size
            taker.filled_quote += quote
            maker.filled_quote += quote
            taker.hold -= quote if taker.side == BUY else base
            maker.hold -= base if taker.side == BUY else quote
            if taker.budget:
                taker.quantity += lots
            else:
                taker.remaining -= lots
            if not maker.remaining:
                maker.status = FILLED
            outcome.orders[maker.id] = maker
            outcome.levels.add((maker.side, maker.price))
            outcome.trades.append(trade)
        self.trades[market.id] = number

    def _trade(
        self,
        outcome: Outcome,
        market: MarketRules,
        taker: BookOrder,
        maker: BookOrder,
        lots: int,
        number: int,
    ) -> TradeMade:
        """Move the money of one fill, at the maker's price."""
        quote, base = maker.price * lots * market.tick_value, lots * market.lot_size
        wallets = self._wallets[market.id]
        # Each side pays from what it receives: the buyer base, the seller quote.
        if taker.side == BUY:
            buyer, seller = wallets[taker.user], wallets[maker.user]
            taker_fee = buyer_fee = spot.fee(base, taker.taker_ppm)
            maker_fee = seller_fee = spot.fee(quote, maker.maker_ppm)
        else:
            buyer, seller = wallets[maker.user], wallets[taker.user]
            taker_fee = seller_fee = spot.fee(quote, taker.taker_ppm)
            maker_fee = buyer_fee = spot.fee(base, maker.maker_ppm)
        trade = market.id << SEQUENCE_BITS | number
        fees = self.fee_accounts[market.id]
        for row in spot.fill(
            market, buyer, seller, fees, base, quote, buyer_fee, seller_fee, trade
        ):
            self._move(outcome, row)
        return TradeMade(
            trade, maker.price, lots, quote, taker.side, maker.id, taker.id, maker.user,
            taker.user, maker_fee, taker_fee,
        )  # fmt: skip

    def _move(self, outcome: Outcome, row: Row) -> None:
        """Note a transfer and keep the working balances in step with it."""
        outcome.transfers.append(row)
        self._balances[row[0]] -= row[3]
        self._balances[row[1]] += row[3]


def _end(order: BookOrder, status: int, reason: int) -> None:
    order.status, order.reason = status, reason


def _lots_to_take(market: MarketRules, book: Book, command: Place, other: int) -> int:
    """How many lots of the orders that rest now a place command could take at most.

    Their best price can only get worse during the batch, so an order that does not cross
    it now will not meet any of them.
    """
    best = book.best(other)
    if best is None:
        return 0
    if command.type == LIMIT:
        crosses = command.price >= best if command.side == BUY else command.price <= best
        return command.quantity if crosses else 0
    return command.quantity or command.budget // (best * market.tick_value)


def _worst_rank(command: Place) -> int:
    """The rank (matching/book.py) of the worst maker that a taker accepts."""
    if command.type != LIMIT:
        return -BIGINT_MAX
    return -command.price if command.side == BUY else command.price


def _first_makers(book: Book, side: int, lots: int, worst: int) -> set[int]:
    """Who stands first in a side's queue, over `lots` lots and down to the rank `worst`."""
    users = set()
    for order in book.half(side).orders():
        rank = order.price if side == BUY else -order.price
        if lots <= 0 or rank < worst:
            break
        users.add(order.user)
        lots -= order.remaining
    return users
