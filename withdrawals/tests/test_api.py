"""Withdrawals over the API."""

import pytest

from tests.attempts import run
from tests.stories import NOON, asset, caller, fund, person
from withdrawals.models import Withdrawal
from withdrawals.services import mark_withdrawal_paid, reject_withdrawal
from withdrawals.tests.wishes import (
    ADDRESS,
    alice_with,
    approved,
    carol,
    dave,
    purse,
    wish,
)

pytestmark = pytest.mark.django_db
WITHDRAWALS = "/api/v1/withdrawals"
HALF = {"asset": "BTC", "amount": "0.5", "address": ADDRESS}


def problem(answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in ("withdrawals_withdrawal", "withdrawals_event", "ledger_account",
                      "ledger_entry", "ledger_transfer")
    ]  # fmt: skip


# Request --------------------------------------------------------------------------------


def test_a_requested_withdrawal_shows_what_was_asked_and_is_held():
    alice = alice_with("2")

    answer = caller(alice).post(WITHDRAWALS, HALF | {"client_withdrawal_id": "rent"})

    asked = Withdrawal.objects.get()
    body = answer.json()
    assert answer.status_code == 201
    assert body.pop("created_at") == body.pop("updated_at")
    assert body == {
        "id": str(asked.pk),
        "client_withdrawal_id": "rent",
        "asset": "BTC",
        "amount": "0.50000000",
        "address": ADDRESS,
        "status": "requested",
        "txid": None,
    }
    assert purse(alice) == ("1.5", "0.5")


def test_a_resend_answers_with_the_first_as_it_stands_now():
    alice = alice_with("2")
    terms = HALF | {"client_withdrawal_id": "rent"}
    first = caller(alice).post(WITHDRAWALS, terms).json()
    reject_withdrawal(withdrawal_id=int(first["id"]), actor=carol(), reason="x", now=NOON)

    again = caller(alice).post(WITHDRAWALS, terms)

    assert again.status_code == 201
    assert (again.json()["id"], again.json()["status"]) == (first["id"], "rejected")
    assert Withdrawal.objects.count() == 1


def test_the_same_client_id_for_something_else_is_a_conflict():
    client = caller(alice_with("2"))
    client.post(WITHDRAWALS, HALF | {"client_withdrawal_id": "rent"})
    before = everything()

    other = client.post(
        WITHDRAWALS, HALF | {"client_withdrawal_id": "rent", "amount": "0.6"}
    )

    assert problem(other) == (409, "client_withdrawal_id_reused")
    assert everything() == before


def test_more_than_is_available_is_refused():
    client = caller(alice_with("2"))
    before = everything()

    answer = client.post(WITHDRAWALS, HALF | {"amount": "2.00000001"})

    assert problem(answer) == (422, "insufficient_funds")
    assert everything() == before


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"amount": 0.5}, (400, "invalid_amount")),
        ({"amount": "0"}, (400, "invalid_amount")),
        ({"amount": "-1"}, (400, "invalid_amount")),
        ({"amount": "1e-3"}, (400, "invalid_amount")),
        ({"amount": "NaN"}, (400, "invalid_amount")),
        ({"amount": "０.５"}, (400, "invalid_amount")),
        ({"amount": "0.000000001"}, (400, "invalid_amount")),
        ({"amount": "92233720369"}, (400, "invalid_amount")),
        ({"asset": "XYZ"}, (404, "unknown_asset")),
        ({"asset": "btc"}, (404, "unknown_asset")),
        ({"address": ""}, (400, "invalid_request")),
        ({"address": "x" * 129}, (400, "invalid_request")),
        ({"address": "two words"}, (400, "invalid_request")),
        ({"address": " " + ADDRESS}, (400, "invalid_request")),
        ({"address": ADDRESS + "\n"}, (400, "invalid_request")),
        ({"address": "bc1qﬀ"}, (400, "invalid_request")),
        ({"address": 17}, (400, "invalid_request")),
        ({"client_withdrawal_id": ""}, (400, "invalid_request")),
        ({"client_withdrawal_id": "a b"}, (400, "invalid_request")),
        ({"client_withdrawal_id": None}, (400, "invalid_request")),
        ({"adress": ADDRESS}, (400, "unknown_field")),
    ],
    ids=str,
)
def test_what_is_not_well_formed_writes_nothing(other, expected):
    client = caller(alice_with("2"))
    before = everything()

    answer = client.post(WITHDRAWALS, HALF | other)

    assert problem(answer) == expected
    assert everything() == before


@pytest.mark.parametrize("left_out", HALF)
def test_every_term_is_needed(left_out):
    client = caller(alice_with("2"))
    before = everything()

    answer = client.post(
        WITHDRAWALS, {name: value for name, value in HALF.items() if name != left_out}
    )

    assert problem(answer) == (400, "invalid_request")
    assert everything() == before


def test_a_stranger_requests_nothing():
    asset("BTC")

    assert problem(caller().post(WITHDRAWALS, HALF)) == (401, "not_authenticated")
    assert not Withdrawal.objects.exists()


# Read -----------------------------------------------------------------------------------


def test_a_paid_withdrawal_shows_its_payment_and_no_names_of_the_staff():
    alice = alice_with("2")
    asked = approved(alice)
    mark_withdrawal_paid(withdrawal_id=asked.pk, actor=dave(), txid="00ff", now=NOON)

    body = caller(alice).get(f"{WITHDRAWALS}/{asked.pk}").json()

    assert body == {
        "id": str(asked.pk),
        "client_withdrawal_id": None,
        "asset": "BTC",
        "amount": "0.50000000",
        "address": ADDRESS,
        "status": "paid",
        "txid": "00ff",
        "created_at": "2026-11-21T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
    }


def test_withdrawals_are_read_page_by_page_the_newest_first():
    alice, bob = alice_with("2"), person("bob")
    fund(bob, "BTC", "1")
    first, _, second, third = (wish(who, "0.1") for who in (alice, bob, alice, alice))
    client = caller(alice)

    page = client.get(f"{WITHDRAWALS}?limit=2").json()
    rest = client.get(f"{WITHDRAWALS}?limit=2&cursor={page['next_cursor']}").json()

    assert [row["id"] for row in page["results"]] == [str(third.pk), str(second.pk)]
    assert [row["id"] for row in rest["results"]] == [str(first.pk)]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["cursor=x", "cursor=1-2", "limit=0", "limit=201"])
def test_a_page_that_cannot_be_is_refused(query):
    answer = caller(person("alice")).get(f"{WITHDRAWALS}?{query}")

    assert answer.status_code == 400


# Cancel ---------------------------------------------------------------------------------


def test_a_cancelled_withdrawal_gives_the_money_back():
    alice = alice_with("2")
    asked = wish(alice)

    answer = caller(alice).delete(f"{WITHDRAWALS}/{asked.pk}")
    again = caller(alice).delete(f"{WITHDRAWALS}/{asked.pk}")

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert again.json() == answer.json()
    assert purse(alice) == ("2", "0")


def test_an_approved_withdrawal_cannot_be_cancelled():
    alice = alice_with("2")
    asked = approved(alice)
    before = everything()

    answer = caller(alice).delete(f"{WITHDRAWALS}/{asked.pk}")

    assert problem(answer) == (409, "withdrawal_moved_on")
    assert (answer.json()["status"], answer.json()["state"]) == (409, "approved")
    assert everything() == before


@pytest.mark.parametrize("method", ["get", "delete"])
def test_somebody_elses_withdrawal_and_none_at_all_look_the_same(method):
    asked = wish(alice_with("2"))
    bob = caller(person("bob"))
    before = everything()

    theirs = getattr(bob, method)(f"{WITHDRAWALS}/{asked.pk}")
    nobodys = getattr(bob, method)(f"{WITHDRAWALS}/{asked.pk + 1}")

    assert problem(theirs) == problem(nobodys) == (404, "unknown_withdrawal")
    assert theirs.json()["title"] == nobodys.json()["title"]
    assert everything() == before
