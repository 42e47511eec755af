"""Withdrawals and decisions, many at a time: the Flexcoin test and the double click."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from deposits.errors import DepositMovedOn
from deposits.services import confirm_deposit, refuse_deposit
from deposits.tests.arrivals import arrived
from deposits.tests.arrivals import available as available_of
from exchange.audit import audit
from kernel.errors import ExchangeError
from tests.staff import member
from tests.stories import NOON, caller, person
from withdrawals.errors import WithdrawalMovedOn
from withdrawals.models import Withdrawal, WithdrawalEvent
from withdrawals.services import (
    RIGHT_TO_DECIDE,
    approve_withdrawal,
    cancel_withdrawal,
    mark_withdrawal_failed,
    mark_withdrawal_paid,
    reject_withdrawal,
)
from withdrawals.tests.wishes import (
    ADDRESS,
    alice_with,
    approved,
    carol,
    custody,
    dave,
    purse,
    wish,
)

pytestmark = pytest.mark.usefixtures("committed_db")
ALL_OF_IT = {"asset": "BTC", "amount": "2", "address": ADDRESS}


def at_once(steps: Sequence[Callable[[], object]], *, threads: int = 10) -> list[object]:
    """Take all steps, `threads` at a time and beginning together; answers or errors."""
    threads = min(threads, len(steps))
    start = Barrier(threads)

    def take_some(first: int) -> list[object]:
        start.wait()
        try:
            return [answer_of(step) for step in steps[first::threads]]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [answer for some in pool.map(take_some, range(threads)) for answer in some]


def answer_of(step: Callable[[], object]) -> object:
    try:
        return step()
    except ExchangeError as refused:
        return type(refused)


def the_books_are_clean() -> bool:
    return [finding for finding in audit() if finding.violations] == []


def test_of_fifty_requests_for_the_whole_balance_one_is_accepted():
    alice = alice_with("2")

    def ask() -> tuple[int, str]:
        answer = caller(alice).post("/api/v1/withdrawals", ALL_OF_IT)
        return answer.status_code, answer.json().get("code", "")

    answers = at_once([ask] * 50)

    assert Counter(answers) == {(201, ""): 1, (422, "insufficient_funds"): 49}
    assert purse(alice) == ("0", "2")
    assert Withdrawal.objects.count() == 1
    assert the_books_are_clean()


@pytest.mark.slow
def test_of_fifty_resends_at_once_all_name_the_same_withdrawal():
    alice = alice_with("2")

    def ask() -> str:
        terms = {"asset": "BTC", "amount": "0.1", "address": ADDRESS}
        answer = caller(alice).post(
            "/api/v1/withdrawals", terms | {"client_withdrawal_id": "rent"}
        )
        assert answer.status_code == 201
        return answer.json()["id"]

    answers = at_once([ask] * 50)

    assert set(answers) == {str(Withdrawal.objects.get().pk)}
    assert purse(alice) == ("1.9", "0.1")
    assert the_books_are_clean()


def test_of_decisions_at_the_same_time_one_counts():
    alice = alice_with("2")
    asked = wish(alice)
    target = {"withdrawal_id": asked.pk, "now": NOON}
    people = [carol(), dave(), member("erin", RIGHT_TO_DECIDE)]

    steps = [
        lambda one=one: approve_withdrawal(actor=one, digest=asked.digest, **target)
        for one in people
    ]
    steps += [
        lambda one=one: reject_withdrawal(actor=one, reason="why", **target)
        for one in people
    ]
    steps += [lambda: cancel_withdrawal(user_id=alice.pk, **target)]
    answers = at_once(steps)

    asked.refresh_from_db()
    assert answers.count(WithdrawalMovedOn) == len(steps) - 1
    assert [event.after for event in WithdrawalEvent.objects.all()] == [asked.state]
    assert purse(alice) == (("1.5", "0.5") if asked.state == "approved" else ("2", "0"))
    assert the_books_are_clean()


def test_of_double_clicks_on_paid_and_failed_one_counts():
    alice = alice_with("2")
    asked = approved(alice, "0.5")
    target = {"withdrawal_id": asked.pk, "actor": dave(), "now": NOON}

    answers = at_once(
        [lambda: mark_withdrawal_paid(txid="00ff", **target)] * 4
        + [lambda: mark_withdrawal_failed(reason="why", **target)] * 4
    )

    asked.refresh_from_db()
    assert answers.count(WithdrawalMovedOn) == 7
    assert (purse(alice), custody()) == (
        (("1.5", "0"), "1.5") if asked.state == "paid" else (("2", "0"), "2")
    )
    assert the_books_are_clean()


def test_of_confirmations_at_the_same_time_one_counts():
    alice = person("alice")
    deposit = arrived(alice, "0.5")
    right = "deposits.confirm_deposit"
    people = [member(name, right) for name in ("dave", "erin", "frank")]
    target = {"deposit_id": deposit.pk, "now": NOON}

    answers = at_once(
        [lambda one=one: confirm_deposit(actor=one, **target) for one in people]
        + [
            lambda one=one: refuse_deposit(actor=one, reason="why", **target)
            for one in people
        ]
    )

    deposit.refresh_from_db()
    assert answers.count(DepositMovedOn) == 5
    assert available_of(alice) == ("0.5" if deposit.state == "credited" else "nothing")
    assert the_books_are_clean()
