"""Deposits over the API."""

import pytest

from deposits.services import confirm_deposit, refuse_deposit
from deposits.tests.arrivals import TXID, arrived, dave
from tests.stories import NOON, caller, person

pytestmark = pytest.mark.django_db
DEPOSITS = "/api/v1/deposits"


def test_a_user_sees_what_was_credited_and_nothing_else():
    alice = person("alice")
    credited = arrived(alice, "0.5", reference=TXID)
    confirm_deposit(deposit_id=credited.pk, actor=dave(), now=NOON)
    wrong = arrived(alice, reference="typing-error")
    refuse_deposit(deposit_id=wrong.pk, actor=dave(), reason="bob's", now=NOON)
    arrived(alice, reference="not-confirmed")

    answer = caller(alice).get(DEPOSITS)

    assert answer.json() == {
        "results": [
            {
                "id": str(credited.pk),
                "asset": "BTC",
                "amount": "0.50000000",
                "reference": TXID,
                "status": "credited",
                "created_at": "2026-11-21T12:00:00Z",
                "updated_at": "2026-11-21T12:00:00Z",
            }
        ],
        "next_cursor": None,
    }
    assert caller(person("bob")).get(DEPOSITS).json()["results"] == []


def test_deposits_are_read_page_by_page():
    alice = person("alice")
    for reference in ("first", "second", "third"):
        deposit = arrived(alice, reference=reference)
        confirm_deposit(deposit_id=deposit.pk, actor=dave(), now=NOON)

    page = caller(alice).get(f"{DEPOSITS}?limit=2").json()
    rest = caller(alice).get(f"{DEPOSITS}?limit=2&cursor={page['next_cursor']}").json()

    assert [row["reference"] for row in page["results"]] == ["third", "second"]
    assert [row["reference"] for row in rest["results"]] == ["first"]
    assert rest["next_cursor"] is None


def test_a_stranger_sees_no_deposits():
    assert caller().get(DEPOSITS).status_code == 401
