"""A year of an exchange that never was: every kind of entry, account and transfer.

Pure, and always the same for the same seed. Money moves here as in the ledger, by transfers
between accounts that may not fall below nothing.
"""

import random
from collections.abc import Callable
from datetime import timedelta

from ledger.models import DEBIT_KINDS, AccountKind, Entry
from ledger.transfers import TransferCode
from orders.commands import OrderSide, OrderStatus
from tests.books.facts import (
    ARRIVES,
    ASSETS,
    BEGINS,
    ENDS,
    MEMO,
    PEOPLE,
    VENUES,
    WALLETS,
    Booking,
    Deal,
    Key,
    Move,
    Order,
    Ref,
    Venue,
)


class Year:
    """What happened, in order.

    facts      how many transactions it has: a hold, a release, a trade, a deposit …
    balances   atoms of each account, on the side on which it grows
    """

    def __init__(self, *, facts: int = 100_000, seed: int = 5) -> None:
        self.chance = random.Random(seed)
        self.wanted, self.facts = facts, 0
        self.now = BEGINS
        self.balances: dict[Key, int] = {}
        self.bookings: list[Booking] = []
        self.moves: list[Move] = []
        self.orders: list[Order] = []
        self.deals: list[Deal] = []
        self.books: dict[Venue, list[Order]] = {venue: [] for venue in VENUES}
        self.price = {venue: venue.price for venue in VENUES}
        self.batches = dict.fromkeys(VENUES, 0)
        self.traded = dict.fromkeys(VENUES, 0)
        self.waiting: list[tuple[int, int, str, int]] = []
        self.deposits = self.withdrawals = 0
        self.reversible: list[int] = []
        self._capital()
        happenings: list[tuple[Callable[[], None], int]] = [
            (self._trade_on, 60), (self._deposit, 22), (self._withdraw, 9),
            (self._settle_withdrawal, 9), (self._house, 6), (self._adjust, 2),
        ]  # fmt: skip
        whats, weights = zip(*happenings, strict=True)
        while self.facts < self.wanted:
            self._tick()
            self.chance.choices(whats, weights)[0]()

    # Time and money -------------------------------------------------------------------

    def _tick(self) -> None:
        """Go on, so that the year ends with the last fact; days begin and end exactly."""
        share = self.facts / self.wanted
        at = (
            BEGINS
            + (ENDS - BEGINS) * share
            + timedelta(microseconds=self.chance.randrange(10**6))
        )
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if day > self.now:
            at = day - timedelta(microseconds=self.chance.randrange(2))
        self.now = max(self.now, at)

    def balance(self, key: Key) -> int:
        return self.balances.get(key, 0)

    def _book(self, kind: Entry.Kind, key: str, **more: object) -> int:
        self.bookings.append(Booking(kind, key, **{"at": self.now} | more))
        return len(self.bookings) - 1

    def _move(
        self, debit: Key, credit: Key, amount: int, code: TransferCode, ref: Ref
    ) -> None:
        """A transfer of the last booking."""
        assert amount > 0
        assert debit.asset == credit.asset
        for key, change in ((debit, -amount), (credit, amount)):
            grows = -change if key.kind in DEBIT_KINDS else change
            self.balances[key] = self.balance(key) + grows
            assert self.balances[key] >= 0, (key, code)
        entry = len(self.bookings) - 1
        self.moves.append(
            Move(entry, debit, credit, amount, code, ref, self.bookings[entry].at)
        )

    def _anybody(self) -> int:
        return self.chance.randrange(PEOPLE)

    # Deposits and withdrawals ---------------------------------------------------------

    def _deposit(self) -> None:
        """Money arrives; some writers look at their clock a little before they write."""
        code = self.chance.choice([*ASSETS])
        amount = self.chance.randint(1, ARRIVES[code])
        self.deposits += 1
        self._book(
            Entry.Kind.DEPOSIT,
            f"deposit:{self.deposits}",
            at=max(
                BEGINS, self.now - timedelta(microseconds=self.chance.randrange(3 * 10**6))
            ),
            reference=f"tx-{self.chance.getrandbits(128):032x}",
        )
        self.reversible.append(len(self.moves))
        self._move(
            Key(None, code, AccountKind.CUSTODY, "main"),
            Key(self._anybody(), code, AccountKind.AVAILABLE),
            amount,
            TransferCode.DEPOSIT,
            Ref("deposit", self.deposits),
        )
        self.facts += 1

    def _withdraw(self) -> None:
        code, user = self.chance.choice([*ASSETS]), self._anybody()
        available = Key(user, code, AccountKind.AVAILABLE)
        if not self.balance(available):
            return
        amount = self.chance.randint(1, self.balance(available))
        self.withdrawals += 1
        number = self.withdrawals
        self._withdrawal_moves(
            number, "held", available, available._replace(kind=AccountKind.WITHDRAWING),
            amount, TransferCode.WITHDRAWAL_HOLD,
        )  # fmt: skip
        self.waiting.append((number, user, code, amount))

    def _settle_withdrawal(self) -> None:
        if len(self.waiting) < 20:
            return
        place = self.chance.randrange(len(self.waiting))
        number, user, code, amount = self.waiting.pop(place)
        withdrawing = Key(user, code, AccountKind.WITHDRAWING)
        main = Key(None, code, AccountKind.CUSTODY, "main")
        if self.chance.random() < 0.8 and self.balance(main) >= amount:
            self._withdrawal_moves(
                number, "paid", withdrawing, main, amount, TransferCode.WITHDRAWAL_PAID
            )
        else:
            self._withdrawal_moves(
                number, "returned", withdrawing,
                withdrawing._replace(kind=AccountKind.AVAILABLE), amount,
                TransferCode.WITHDRAWAL_RELEASE,
            )  # fmt: skip

    def _withdrawal_moves(
        self,
        number: int,
        step: str,
        debit: Key,
        credit: Key,
        amount: int,
        code: TransferCode,
    ) -> None:
        self._book(
            Entry.Kind.WITHDRAWAL,
            f"withdrawal:{number}:{step}",
            reference=f"bc1q-{number:x};{step}",
        )
        self._move(debit, credit, amount, code, Ref("withdrawal", number))
        self.facts += 1

    # The house ------------------------------------------------------------------------

    def _capital(self) -> None:
        """The owners put in what the house lives on, in every asset and wallet."""
        for code in ASSETS:
            for wallet in WALLETS:
                self._house_moves(
                    Key(None, code, AccountKind.CUSTODY, wallet),
                    Key(None, code, AccountKind.CAPITAL),
                    ARRIVES[code],
                )

    def _house(self) -> None:
        """Something that the house does with its own, or has to look into."""
        code = self.chance.choice([*ASSETS])
        kind, wallet = AccountKind, self.chance.choice(WALLETS)
        main = Key(None, code, kind.CUSTODY, "main")

        def own(kind: AccountKind) -> Key:
            return Key(None, code, kind)

        somebody = Key(self._anybody(), code, kind.AVAILABLE)
        debit, credit = self.chance.choice(
            [
                (main, own(kind.SUSPENSE)),
                (own(kind.SUSPENSE), somebody),
                (own(kind.NETWORK_FEES), main),
                (main, own(kind.DEPOSITS_IN_FLIGHT)),
                (own(kind.DEPOSITS_IN_FLIGHT), somebody),
                (own(kind.CAPITAL), own(kind.PROMOTIONS)),
                (own(kind.PROMOTIONS), somebody),
                (own(kind.CAPITAL), own(kind.PAYOUTS_IN_FLIGHT)),
                (own(kind.PAYOUTS_IN_FLIGHT), main),
                (own(kind.CAPITAL), own(kind.ROUNDING)),
                (main._replace(label=wallet), main),
                (main, main._replace(label=wallet)),
                *(
                    (Key(None, it, kind.FEES, venue.symbol), Key(None, it, kind.CAPITAL))
                    for venue in VENUES
                    for it in (venue.base, venue.quote)
                ),
            ]
        )
        there = min(self._can_give(debit), self._can_take(credit), ARRIVES[debit.asset])
        if debit != credit and there > 0:
            self._house_moves(debit, credit, self.chance.randint(1, max(1, there // 20)))

    def _can_give(self, key: Key) -> int:
        return ARRIVES[key.asset] if key.kind in DEBIT_KINDS else self.balance(key)

    def _can_take(self, key: Key) -> int:
        return self.balance(key) if key.kind in DEBIT_KINDS else ARRIVES[key.asset]

    def _house_moves(self, debit: Key, credit: Key, amount: int) -> None:
        number = len(self.bookings)
        self._book(
            Entry.Kind.HOUSE, f"house:{number}", reference="House, booking", memo=MEMO
        )
        self._move(debit, credit, amount, TransferCode.HOUSE, Ref("entry", number))
        self.facts += 1

    def _adjust(self) -> None:
        """Take back a deposit of somebody who still has it."""
        if not self.reversible:
            return
        place = self.reversible.pop(self.chance.randrange(len(self.reversible)))
        wrong = self.moves[place]
        if self.balance(wrong.credit) < wrong.amount:
            return
        if self.balance(wrong.debit) < wrong.amount:
            return
        self._book(Entry.Kind.ADJUSTMENT, f"adjustment:{place}", memo=MEMO)
        self._move(
            wrong.credit, wrong.debit, wrong.amount, TransferCode.REVERSAL,
            Ref("transfer", place),
        )  # fmt: skip
        self.facts += 1

    # Trading --------------------------------------------------------------------------

    def _trade_on(self) -> None:
        """A batch of a market: orders come, match and are cancelled."""
        venue = self.chance.choice(VENUES)
        self.batches[venue] += 1
        number, first = self.batches[venue], len(self.moves)
        self._book(
            Entry.Kind.BATCH, f"batch:{venue.symbol}:{number}", reference=venue.symbol,
            market=venue.symbol, number=number,
        )  # fmt: skip
        for _ in range(self.chance.randint(1, 8)):
            self._cancel(venue) if self.chance.random() < 0.2 else self._place(venue)
        if len(self.moves) == first:
            self.bookings.pop()
            self.batches[venue] -= 1

    def _place(self, venue: Venue) -> None:
        side = self.chance.choice([OrderSide.BUY, OrderSide.SELL])
        order = Order(len(self.orders) + 1, venue, self._anybody(), side)
        around = self.price[venue] = max(
            2, self.price[venue] + self.chance.randint(-2, 2) * max(1, venue.price // 500)
        )
        order.price = max(
            1, around + self.chance.randint(-3, 3) * max(1, venue.price // 999)
        )
        order.created = order.updated = self.now
        order.lots = 1
        there = self.balance(Key(order.user, order.held_in, AccountKind.AVAILABLE))
        order.lots = min(there // order.need(), self.chance.randint(1, venue.lots))
        if not order.lots:
            return
        self.orders.append(order)
        self._hold(order, order.need(), TransferCode.HOLD)
        book = self.books[venue]
        while order.left and (maker := next(filter(order.meets, book), None)):
            self._deal(order, maker)
            if not maker.left:
                book.remove(maker)
        if order.hold > order.need():
            self._hold(order, order.hold - order.need(), TransferCode.RELEASE)
        if order.left:
            book.append(order)

    def _cancel(self, venue: Venue) -> None:
        """Of an order that stood there before this batch."""
        book = [it for it in self.books[venue] if it.updated < self.now]
        if book:
            order = self.chance.choice(book)
            self.books[venue].remove(order)
            self._hold(order, order.hold, TransferCode.RELEASE)
            order.status, order.updated = OrderStatus.CANCELLED, self.now

    def _hold(self, order: Order, amount: int, code: TransferCode) -> None:
        """Set aside more for an order, or give back."""
        available = Key(order.user, order.held_in, AccountKind.AVAILABLE)
        held = available._replace(kind=AccountKind.HELD)
        out = code is TransferCode.RELEASE
        order.hold += -amount if out else amount
        ends = (held, available) if out else (available, held)
        self._move(*ends, amount, code, Ref("order", order.number))
        self.facts += 1

    def _deal(self, taker: Order, maker: Order) -> None:
        venue, lots, price = taker.venue, min(taker.left, maker.left), maker.price
        self.traded[venue] += 1
        ref = Ref("trade", self.traded[venue], venue.symbol)
        quote, base = price * lots * venue.tick_value, lots * venue.lot_size
        buyer, seller = (taker, maker) if taker.side is OrderSide.BUY else (maker, taker)
        fees = {}
        for order, got in ((buyer, base), (seller, quote)):
            ppm = venue.taker_ppm if order is taker else venue.maker_ppm
            fees[order] = -(-got * ppm // 1_000_000)
        for giver, asset, taken, other, amount, code in (
            (buyer, venue.quote, quote, seller, quote, TransferCode.TRADE_QUOTE),
            (seller, venue.base, base, buyer, base, TransferCode.TRADE_BASE),
        ):
            self._move(
                Key(giver.user, asset, AccountKind.HELD),
                Key(other.user, asset, AccountKind.AVAILABLE),
                amount, code, ref,
            )  # fmt: skip
            giver.hold -= taken
            giver.filled += lots
            giver.filled_quote += quote
            giver.updated = self.now
            if not giver.left:
                giver.status = OrderStatus.FILLED
        for order, asset in ((buyer, venue.base), (seller, venue.quote)):
            if fees[order]:
                self._move(
                    Key(order.user, asset, AccountKind.AVAILABLE),
                    Key(None, asset, AccountKind.FEES, venue.symbol),
                    fees[order], TransferCode.FEE, ref,
                )  # fmt: skip
        self.deals.append(
            Deal(ref.number, venue, price, lots, quote, taker, maker, fees[maker],
                 fees[taker], self.now)
        )  # fmt: skip
        self.facts += 1
