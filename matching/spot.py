"""Spot clearing: what an order sets aside, what a fill moves, what is given back. Pure.

A buyer sets quote aside and receives base, a seller the other way round. Fees are taken
from what each side receives, rounded up to an atom in the house's favour, so a hold needs
no margin for them.
"""

from ledger.transfers import Row, TransferCode
from matching.book import BUY, BookOrder
from orders.rules import MarketRules

TRADE_QUOTE = TransferCode.TRADE_QUOTE.value
TRADE_BASE = TransferCode.TRADE_BASE.value
FEE = TransferCode.FEE.value


class Wallet:
    """The ids of a user's two accounts in one asset that trading moves."""

    __slots__ = ("available", "held")

    def __init__(self, available: int, held: int) -> None:
        self.available = available
        self.held = held


#: A user's wallets in a market's base and quote asset.
WalletPair = tuple[Wallet, Wallet]


def need(market: MarketRules, order: BookOrder) -> int:
    """What the rest of an order can cost: quote atoms to buy, base atoms to sell."""
    if order.side != BUY:
        return order.remaining * market.lot_size
    if order.budget:
        return order.budget - order.filled_quote
    return order.price * order.remaining * market.tick_value


def fee(amount: int, ppm: int) -> int:
    """`ppm` parts per million of `amount` atoms, rounded up."""
    return -(-amount * ppm // 1_000_000)


def fill(
    market: MarketRules,
    buyer: WalletPair,
    seller: WalletPair,
    fee_accounts: tuple[int, int],
    base: int,
    quote: int,
    buyer_fee: int,
    seller_fee: int,
    trade: int,
) -> list[Row]:
    """The transfers of one trade: two legs and the fees; nothing is made or lost.

    buyer, seller  their (base, quote) wallets
    fee_accounts   the house's (base, quote) fee accounts of this market
    base, quote    atoms that change hands
    """
    rows = [
        (buyer[1].held, seller[1].available, market.quote, quote, TRADE_QUOTE, trade),
        (seller[0].held, buyer[0].available, market.base, base, TRADE_BASE, trade),
    ]
    if buyer_fee:
        rows.append(
            (buyer[0].available, fee_accounts[0], market.base, buyer_fee, FEE, trade)
        )
    if seller_fee:
        rows.append(
            (seller[1].available, fee_accounts[1], market.quote, seller_fee, FEE, trade)
        )
    return rows
