"""Plays the worked examples of docs/accounting.md through the real services."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from accounts.models import User
from bookkeeping.models import Adjustment, HouseBooking, Period
from bookkeeping.rules import BookingKind
from bookkeeping.services import (
    approve_adjustment,
    approve_booking,
    close_day,
    open_period,
    propose_adjustment,
    propose_booking,
    record_rate,
    reject_adjustment,
    reject_booking,
    reopen_day,
)
from bookkeeping.states import PeriodKind
from deposits.models import Deposit
from deposits.services import confirm_deposit, enter_deposit, refuse_deposit
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.errors import ExchangeError
from ledger.models import DEBIT_KINDS, Account, Entry
from ledger.models import Transfer as TransferRow
from ledger.services import post_entry
from ledger.transfers import Transfer, TransferCode
from orders.models import Market
from orders.services import request_cancel
from tests.accounting.telling import KINDS, account, atoms, gains, named, short, told
from tests.staff import member
from tests.stories import asset, make_market, person, place, settle
from withdrawals.models import Withdrawal
from withdrawals.services import (
    approve_withdrawal,
    cancel_withdrawal,
    mark_withdrawal_failed,
    mark_withdrawal_paid,
    reject_withdrawal,
    request_withdrawal,
)

STAFF = ("carol", "dave")
RIGHTS = (
    "deposits.enter_deposit", "deposits.confirm_deposit", "withdrawals.decide_withdrawal",
    "bookkeeping.propose_adjustment", "bookkeeping.approve_adjustment",
    "bookkeeping.propose_booking", "bookkeeping.approve_booking",
    "bookkeeping.record_rate", "bookkeeping.close_period", "bookkeeping.reopen_period",
)  # fmt: skip
YESTERDAY = timedelta(days=1)
ADDRESS = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"


class Stage:
    """A small exchange: Alice and Bob trade, Carol and Dave are of the staff.

    The market is BTC-USDT; makers pay 0.1 %, takers 0.2 %.
    """

    def __init__(self) -> None:
        for code in ("BTC", "USDT"):
            asset(code)
        self.market: Market = make_market()
        self.it: Deposit | Withdrawal | None = None
        self.adjustment: Adjustment | None = None
        self.booking: HouseBooking | None = None
        self.order = 0
        self.references = 0
        self.seen = 0

    def play(self, says: str) -> list[str]:
        """Do what a line says; the entry that came of it and its transfers, in words."""
        if found := re.fullmatch(rf"{WHO}'s gains by {WHO}", says):
            return gains(*found.groups())
        for pattern, act in SAYINGS:
            if found := re.fullmatch(pattern, says):
                try:
                    with transaction.atomic():
                        act(self, *found.groups())
                except ExchangeError as refused:
                    assert self._booked() == ["nothing"]
                    return [f"refused: {refused.code}"]
                return self._booked()
        raise AssertionError(f"nobody knows how to do this: {says}")

    # What can be said -----------------------------------------------------------------

    def has(self, who: str, amount: str, code: str) -> None:
        self.enter("carol", amount, code, who)
        self.confirm("dave")

    def enter(self, who: str, amount: str, code: str, whose: str) -> None:
        self.references += 1
        self.it = enter_deposit(
            actor=staff(who),
            user_id=person(whose).pk,
            asset_id=asset(code).pk,
            amount=atoms(amount, code),
            reference=f"tx-{self.references}",
            now=clock.now(),
        )

    def confirm(self, who: str) -> None:
        confirm_deposit(deposit_id=self.it.pk, actor=staff(who), now=clock.now())

    def refuse(self, who: str, reason: str) -> None:
        refuse_deposit(
            deposit_id=self.it.pk, actor=staff(who), reason=reason, now=clock.now()
        )

    def ask(self, who: str, amount: str, code: str) -> None:
        self.it = request_withdrawal(
            user_id=person(who).pk,
            asset_id=asset(code).pk,
            amount=atoms(amount, code),
            address=ADDRESS,
            client_withdrawal_id=None,
            now=clock.now(),
        )

    def take_back(self, who: str) -> None:
        cancel_withdrawal(user_id=person(who).pk, withdrawal_id=self.it.pk, now=clock.now())

    def approve(self, who: str) -> None:
        approve_withdrawal(
            withdrawal_id=self.it.pk,
            actor=staff(who),
            digest=self.it.digest,
            now=clock.now(),
        )

    def reject(self, who: str, reason: str) -> None:
        reject_withdrawal(
            withdrawal_id=self.it.pk, actor=staff(who), reason=reason, now=clock.now()
        )

    def pay(self, who: str) -> None:
        mark_withdrawal_paid(
            withdrawal_id=self.it.pk, actor=staff(who), txid="tx-paid", now=clock.now()
        )

    def fail(self, who: str, reason: str) -> None:
        mark_withdrawal_failed(
            withdrawal_id=self.it.pk, actor=staff(who), reason=reason, now=clock.now()
        )

    def trade(self, who: str, side: str, amount: str, price: str) -> None:
        command = place(person(who), self.market, side.removesuffix("s"), amount, at=price)
        self.order = command.pk
        settle()

    def cancel(self, who: str) -> None:
        request_cancel(user_id=person(who).pk, order_id=self.order, now=clock.now())
        settle()

    def book(
        self, when: str | None, debit: str, credit: str, amount: str, code: str, memo: str
    ) -> None:
        """A house booking, dated now or as it says."""
        number = Entry.objects.count()
        post_entry(
            kind=Entry.Kind.HOUSE,
            key=f"house:{number}",
            transfers=[
                Transfer(
                    account(debit, code).pk,
                    account(credit, code).pk,
                    asset(code).pk,
                    atoms(amount, code),
                    TransferCode.HOUSE,
                    number,
                )
            ],
            memo=memo,
            now=clock.now() - (YESTERDAY if when else 0 * YESTERDAY),
        )

    def propose_booking(
        self, who: str, kind: str, amount: str, code: str, whose: str | None, reason: str
    ) -> None:
        self.booking = propose_booking(
            kind=BookingKind(kind),
            asset_id=asset(code).pk,
            amount=atoms(amount, code),
            user_id=person(whose).pk if whose else None,
            reason=reason,
            reference="",
            actor=staff(who),
            now=clock.now(),
        )

    def approve_booking(self, who: str) -> None:
        approve_booking(booking_id=self.booking.pk, actor=staff(who), now=clock.now())

    def reject_booking(self, who: str, reason: str) -> None:
        reject_booking(
            booking_id=self.booking.pk, actor=staff(who), reason=reason, now=clock.now()
        )

    def propose(self, who: str, whose: str, reason: str) -> None:
        entry = Entry.objects.filter(
            kind=Entry.Kind.DEPOSIT, transfers__credit__owner=person(whose)
        ).last()
        self._propose(who, entry, reason)

    def propose_last(self, who: str, reason: str) -> None:
        self._propose(who, Entry.objects.order_by("created_at").last(), reason)

    def _propose(self, who: str, entry: Entry, reason: str) -> None:
        self.adjustment = propose_adjustment(
            transfer_ids=[row.pk for row in entry.transfers.all()],
            reason=reason,
            actor=staff(who),
            now=clock.now(),
        )

    def agree(self, who: str) -> None:
        approve_adjustment(
            adjustment_id=self.adjustment.pk, actor=staff(who), now=clock.now()
        )

    def disagree(self, who: str, reason: str) -> None:
        reject_adjustment(
            adjustment_id=self.adjustment.pk,
            actor=staff(who),
            reason=reason,
            now=clock.now(),
        )

    def close(self, who: str) -> None:
        now = clock.now()
        day = open_period(
            kind=PeriodKind.DAY, day=(now - YESTERDAY).date(), actor=staff(who)
        )
        close_day(period_id=day.pk, actor=staff(who), now=now)

    def reopen(self, who: str, reason: str) -> None:
        reopen_day(
            period_id=Period.objects.get().pk,
            actor=staff(who),
            reason=reason,
            now=clock.now(),
        )

    def rate(self, code: str, price: str, currency: str) -> None:
        now = clock.now()
        record_rate(
            asset_id=asset(code).pk,
            currency_id=asset(currency).pk,
            at=now,
            price=parse_decimal(price, scale=10),
            source="the example",
            actor=staff("carol"),
            now=now,
        )

    # What came of it ------------------------------------------------------------------

    def _booked(self) -> list[str]:
        """The kind of the entry, if any, and its transfers as the page writes them."""
        rows = list(
            TransferRow.objects.filter(pk__gt=self.seen)
            .select_related("debit__owner", "credit__owner", "asset", "entry")
            .order_by("pk")
        )
        if not rows:
            return ["nothing"]
        self.seen = rows[-1].pk
        (kind,) = {row.entry.kind for row in rows}
        return [kind, *map(told, rows)]

    def equation(self, code: str) -> str:
        """How an asset stands: what grows by debits = what grows by credits."""
        rows = Account.objects.filter(asset__code=code).exclude(balance=0)
        sides: dict[bool, list[str]] = {True: [], False: []}
        totals = {True: 0, False: 0}
        for row in sorted(
            rows.select_related("owner", "asset"),
            key=lambda it: (KINDS.index(it.kind), named(it)),
        ):
            side = row.kind in DEBIT_KINDS
            totals[side] += row.balance
            sides[side].append(f"{named(row)} {short(row.balance, row.asset)}")
        assert totals[True] == totals[False]
        left, right = (" + ".join(sides[side]) or "nothing" for side in (True, False))
        return f"{code} {left} = {right}"


def staff(who: str) -> User:
    assert who in STAFF
    return member(who, *RIGHTS)


AMOUNT, WHO, ACCOUNT = r"([0-9.]+) ([A-Z0-9]+)", r"(\w+)", r"([a-z ]+)"
SAYINGS: tuple[tuple[str, Callable[..., None]], ...] = (
    (rf"given {WHO} has {AMOUNT}", Stage.has),
    (rf"{WHO} enters a deposit of {AMOUNT} for {WHO}", Stage.enter),
    (rf"{WHO} confirms it", Stage.confirm),
    (rf"{WHO} refuses it: (.+)", Stage.refuse),
    (rf"{WHO} asks for a withdrawal of {AMOUNT}", Stage.ask),
    (rf"{WHO} takes it back", Stage.take_back),
    (rf"{WHO} approves it", Stage.approve),
    (rf"{WHO} rejects it: (.+)", Stage.reject),
    (rf"{WHO} marks it paid", Stage.pay),
    (rf"{WHO} marks it failed: (.+)", Stage.fail),
    (rf"{WHO} (buys|sells) ([0-9.]+) BTC at ([0-9.]+)", Stage.trade),
    (rf"{WHO} cancels the order", Stage.cancel),
    (
        rf"{WHO} proposes ({'|'.join(BookingKind)}) of {AMOUNT}(?: for {WHO})?: (.+)",
        Stage.propose_booking,
    ),
    (rf"{WHO} approves the booking", Stage.approve_booking),
    (rf"{WHO} rejects the booking: (.+)", Stage.reject_booking),
    (rf"{WHO} proposes to take back {WHO}'s deposit: (.+)", Stage.propose),
    (rf"{WHO} proposes to take back the last entry: (.+)", Stage.propose_last),
    (rf"{WHO} closes yesterday", Stage.close),
    (rf"{WHO} opens yesterday again: (.+)", Stage.reopen),
    (rf"{WHO} approves the adjustment", Stage.agree),
    (rf"{WHO} rejects the adjustment: (.+)", Stage.disagree),
    (rf"given ([A-Z]+) is worth {AMOUNT}", Stage.rate),
    (
        rf"the house books( for yesterday)? debit {ACCOUNT}, credit {ACCOUNT}, {AMOUNT}: "
        r"(.+)",
        Stage.book,
    ),
)
