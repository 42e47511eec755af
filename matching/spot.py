"""Spot clearing: what an order sets aside, what a fill moves, what is given back. Pure.

A buyer sets quote aside and receives base, a seller the other way round. Fees are taken
from what each side receives, rounded up to an atom in the house's favour, so a hold needs
no margin for them.
"""

from collections.abc import Mapping, MutableMapping
from typing import Protocol

from ledger.transfers import TransferCode
from matching.book import BUY, OPEN, BookOrder
from matching.outcome import Outcome
from orders.commands import SEQUENCE_BITS, OrderStatus
from orders.rules import MarketRules

HOLD, RELEASE = TransferCode.HOLD.value, TransferCode.RELEASE.value
TRADE_QUOTE = TransferCode.TRADE_QUOTE.value
TRADE_BASE = TransferCode.TRADE_BASE.value
FEE = TransferCode.FEE.value
#: An order in these states has money set aside.
HOLDING = (OPEN, OrderStatus.ARMED.value)


class Wallet:
    """The ids of a user's two accounts in one asset that trading moves."""

    __slots__ = ("available", "held")

    def __init__(self, available: int, held: int) -> None:
        self.available = available
        self.held = held


#: A user's wallets in a market's base and quote asset.
WalletPair = tuple[Wallet, Wallet]


class Funds(Protocol):
    """Says whether `available` atoms are enough for the `amount` that an order needs.

    order, command  which order, and at the word of which command
    """

    def __call__(self, *, available: int, amount: int, order: int, command: int) -> bool:
        """Whether the order may go on."""


def need(market: MarketRules, order: BookOrder) -> int:
    """What the rest of an order can cost: quote atoms to buy, base atoms to sell."""
    if order.side != BUY:
        return (order.remaining + order.hidden) * market.lot_size
    if order.budget:
        return order.budget - order.filled_quote
    lots = order.remaining + order.hidden
    return (order.price or order.cap) * lots * market.tick_value


def owed(market: MarketRules, order: BookOrder) -> int:
    """What an order must have set aside now; nothing once it has ended or while it waits.

    The legs of an OCO share what the dearer of them needs: the limit leg holds its own
    need, the stop leg what goes beyond it.
    """
    if order.status not in HOLDING:
        return 0
    links = order.links
    if links is not None and order is links.stop:
        limit = links.limit
        if limit.status == OPEN:
            return max(0, need(market, order) - need(market, limit))
    return need(market, order)


def fee(amount: int, ppm: int) -> int:
    """`ppm` parts per million of `amount` atoms, rounded up."""
    return -(-amount * ppm // 1_000_000)


class Clearing:
    """The money of one market.

    fees      the house's (base, quote) fee accounts
    funds     who says whether there is enough; None: the balances do
    wallets   user -> their (base, quote) wallets
    balances  atoms by account id, of what is available, kept in step with the transfers;
              what is held is not asked for, since orders say what they hold
    """

    __slots__ = ("balances", "fees", "funds", "outcome", "rules", "wallets")

    def __init__(
        self, rules: MarketRules, fees: tuple[int, int], funds: Funds | None
    ) -> None:
        self.rules = rules
        self.fees = fees
        self.funds = funds
        self.wallets: Mapping[int, WalletPair] = {}
        self.balances: MutableMapping[int, int] = {}
        self.outcome = Outcome()

    def available(self, user: int, side: int) -> int:
        """Atoms that a user may spend on an order of `side`."""
        wallet = self.wallets[user][1 if side == BUY else 0]
        return self.balances[wallet.available]

    def need(self, order: BookOrder) -> int:
        """What the rest of an order can cost: quote atoms to buy, base atoms to sell."""
        return need(self.rules, order)

    def lacks(self, order: BookOrder, amount: int, command: int) -> int | None:
        """The atoms that are there if they are fewer than `amount`, else None."""
        available, funds = self.available(order.user, order.side), self.funds
        if available < amount or (
            funds is not None
            and not funds(
                available=available, amount=amount, order=order.id, command=command
            )
        ):
            return available
        return None

    def hold(self, order: BookOrder, amount: int) -> None:
        """Set aside `amount` more for an order."""
        if not amount:
            return
        base, quote = self.wallets[order.user]
        buys = order.side == BUY
        wallet, asset = (quote, self.rules.quote) if buys else (base, self.rules.base)
        order.hold += amount
        self.outcome.transfers.append(
            (wallet.available, wallet.held, asset, amount, HOLD, order.id)
        )
        self.balances[wallet.available] -= amount

    def reserve(self, order: BookOrder, command: int) -> int | None:
        """Hold what an order needs if it is there, else say what is.

        As `lacks` and `hold`, but for the calls: every order comes along here.
        """
        rules, balances, funds = self.rules, self.balances, self.funds
        amount = need(rules, order)
        if order.side == BUY:
            wallet, asset = self.wallets[order.user][1], rules.quote
        else:
            wallet, asset = self.wallets[order.user][0], rules.base
        account = wallet.available
        available = balances[account]
        if available < amount or (
            funds is not None
            and not funds(
                available=available, amount=amount, order=order.id, command=command
            )
        ):
            return available
        if amount:
            order.hold += amount
            balances[account] = available - amount
            self.outcome.transfers.append(
                (account, wallet.held, asset, amount, HOLD, order.id)
            )
        return None

    def release(self, order: BookOrder) -> None:
        """Give back what an order holds beyond what it owes."""
        if order.links is not None:
            self._share(order)
        surplus = order.hold - owed(self.rules, order)
        if not surplus:
            return
        base, quote = self.wallets[order.user]
        buys = order.side == BUY
        wallet, asset = (quote, self.rules.quote) if buys else (base, self.rules.base)
        order.hold -= surplus
        self.outcome.transfers.append(
            (wallet.held, wallet.available, asset, surplus, RELEASE, order.id)
        )
        self.balances[wallet.available] += surplus

    def _share(self, limit: BookOrder) -> None:
        """What the limit leg of an OCO needs no more, its stop leg may."""
        links = limit.links
        if links is None or limit is not links.limit or limit.status != OPEN:
            return
        stop = links.stop
        more = min(limit.hold - owed(self.rules, limit), owed(self.rules, stop) - stop.hold)
        if more > 0:
            limit.hold -= more
            stop.hold += more

    def settle(
        self, taker: BookOrder, fills: list[tuple[BookOrder, int]], number: int
    ) -> None:
        """The money of a taker's trades, at their makers' prices; what it does not need
        any more is given back.

        number  of the last trade before them
        """
        for maker, lots in fills:
            number += 1
            self._fill(taker, maker, lots, maker.price, number, False)  # noqa: FBT003
        if taker.hold and not taker.budget:  # a budget is spent until its order has ended
            self.release(taker)

    def fill(
        self, taker: BookOrder, maker: BookOrder, lots: int, price: int, number: int
    ) -> None:
        """The money of one trade of an auction."""
        self._fill(taker, maker, lots, price, number, True)  # noqa: FBT003

    def _fill(
        self,
        taker: BookOrder,
        maker: BookOrder,
        lots: int,
        price: int,
        number: int,
        auction: bool,  # noqa: FBT001
    ) -> None:
        """Two legs and the fees; nothing is made or lost.

        Each side pays its fee from what it receives: the buyer base, the seller quote.
        """
        rules, balances, outcome = self.rules, self.balances, self.outcome
        quote, base = price * lots * rules.tick_value, lots * rules.lot_size
        taker.filled_quote += quote
        maker.filled_quote += quote
        if taker.side == BUY:
            buyer, seller = taker, maker
            taker_fee = buyer_fee = -(-base * taker.taker_ppm // 1_000_000)
            maker_fee = seller_fee = -(-quote * maker.maker_ppm // 1_000_000)
        else:
            buyer, seller = maker, taker
            taker_fee = seller_fee = -(-quote * taker.taker_ppm // 1_000_000)
            maker_fee = buyer_fee = -(-base * maker.maker_ppm // 1_000_000)
        buyer.hold -= quote
        seller.hold -= base
        bought, paid = self.wallets[buyer.user]
        sold, earned = self.wallets[seller.user]
        buyer_base, seller_quote = bought.available, earned.available
        balances[buyer_base] += base - buyer_fee
        balances[seller_quote] += quote - seller_fee
        trade = rules.id << SEQUENCE_BITS | number
        move = outcome.transfers.append
        move((paid.held, seller_quote, rules.quote, quote, TRADE_QUOTE, trade))
        move((sold.held, buyer_base, rules.base, base, TRADE_BASE, trade))
        if buyer_fee:
            move((buyer_base, self.fees[0], rules.base, buyer_fee, FEE, trade))
        if seller_fee:
            move((seller_quote, self.fees[1], rules.quote, seller_fee, FEE, trade))
        outcome.trades.append(
            (
                trade, price, lots, quote, taker.side, maker.id, taker.id, maker.user,
                taker.user, maker_fee, taker_fee, auction,
            )
        )  # fmt: skip
