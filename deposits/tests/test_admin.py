"""The staff's desk for deposits, in a browser."""

import re

import pytest
from django.contrib.messages import get_messages

from deposits.models import Deposit
from deposits.tests.arrivals import (
    TXID,
    arrived,
    available,
    carol,
    custody,
    dave,
    steps_of,
)
from tests.attempts import run
from tests.staff import member, verified, with_password_only
from tests.stories import asset, person

pytestmark = pytest.mark.django_db
DESK = "/admin/deposits/deposit/"


def step(deposit: Deposit, name: str) -> str:
    return f"{DESK}{deposit.pk}/step/{name}/"


def form(**other: str) -> dict[str, str]:
    said = {"user": "alice@example.com", "asset": str(asset("BTC").pk)}
    return said | {"amount": "0.5", "reference": TXID} | other


def words(answer) -> str:
    """What a reader of the page sees, without tags."""
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in ("deposits_deposit", "deposits_event", "ledger_entry")
    ]


def test_from_the_outside_record_to_the_balance_by_two_people():
    alice = person("alice")

    entered = verified(carol()).post(f"{DESK}add/", form())
    deposit = Deposit.objects.get()
    confirmed = verified(dave()).post(step(deposit, "confirm"))

    assert entered["Location"] == f"{DESK}{deposit.pk}/change/"
    assert told(entered) == ["Entered. Somebody else must confirm it before it counts."]
    assert told(confirmed) == ["Credited. The user can trade with it."]
    assert (available(alice), custody()) == ("0.5", "0.5")
    assert steps_of(deposit) == [("entered", "credited", "dave@example.com", "")]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"user": "nobody@example.com"}, "There is no user with this address."),
        ({"user": ""}, "This field is required."),
        ({"asset": "999"}, "Select a valid choice."),
        ({"amount": "0"}, "It must be more than zero."),
        ({"amount": "-1"}, "Not a plain decimal number"),
        ({"amount": "1e3"}, "Not a plain decimal number"),
        ({"amount": "1,000"}, "Not a plain decimal number"),
        ({"amount": "0.000000001"}, "At most 8 decimals are allowed here."),
        ({"amount": "92233720369"}, "The number is too large."),
        ({"reference": ""}, "This field is required."),
        ({"reference": "two words"}, "printable ASCII without spaces"),
    ],
    ids=str,
)
def test_what_is_not_well_formed_is_explained_and_writes_nothing(other, why):
    person("alice")
    browser = verified(carol())

    page = browser.post(f"{DESK}add/", form(**other))

    assert why in words(page)
    assert not Deposit.objects.exists()


def test_the_same_payment_is_not_entered_twice():
    arrived(reference=TXID)
    before = everything()

    page = verified(dave()).post(f"{DESK}add/", form(amount="3"))

    assert "with this reference was entered before" in words(page)
    assert everything() == before


def test_who_entered_it_is_told_why_they_may_not_confirm_it():
    deposit = arrived(actor=carol())
    browser = verified(carol())
    before = everything()
    why = "You entered this deposit yourself, so somebody else must decide on it."

    page = browser.get(f"{DESK}{deposit.pk}/change/")
    answer = browser.post(step(deposit, "confirm"))

    assert why in words(page)
    assert told(answer) == [why]
    assert everything() == before


def test_a_refusal_needs_its_reason_and_credits_nothing():
    alice = person("alice")
    deposit = arrived(alice)
    browser = verified(dave())

    without = browser.post(step(deposit, "refuse"), {"reason": ""})
    refused = browser.post(step(deposit, "refuse"), {"reason": "It was 5."})

    assert "This field is required." in words(without)
    assert told(refused) == ["Refused. Nothing was credited."]
    assert available(alice) == "nothing"
    assert steps_of(deposit) == [("entered", "refused", "dave@example.com", "It was 5.")]


def test_a_case_shows_what_a_second_person_compares():
    wrong = arrived(amount="5", reference=TXID)
    verified(dave()).post(step(wrong, "refuse"), {"reason": "It was 0.5."})
    deposit = arrived(amount="0.5", reference=TXID)

    page = verified(dave()).get(f"{DESK}{deposit.pk}/change/")

    seen = words(page)
    for fact in (
        f"Deposit {deposit.pk} of 0.50000000 BTC for alice@example.com",
        f"Outside reference {TXID}",
        "Entered by carol@example.com",
        f"Refused with this reference before {wrong.pk}: 5.00000000",
    ):
        assert fact in seen
    assert [button.label for button in page.context["buttons"]] == ["Confirm", "Refuse"]


def test_what_waits_for_a_second_person_stands_first():
    done, first, second = (arrived(reference=name) for name in ("a", "b", "c"))
    browser = verified(dave())
    browser.post(step(done, "confirm"))

    page = browser.get(DESK)

    assert [row.pk for row in page.context["cl"].result_list] == [
        first.pk,
        second.pk,
        done.pk,
    ]


def test_without_a_one_time_password_nothing_is_entered_or_confirmed():
    deposit = arrived(actor=carol())
    before = everything()

    for address, said in (
        (f"{DESK}add/", form(reference="b")),
        (step(deposit, "confirm"), {}),
    ):
        answer = with_password_only(dave()).post(address, said)
        assert answer["Location"].startswith("/admin/login/")

    assert everything() == before


def test_each_right_opens_its_own_page():
    deposit = arrived(actor=carol())
    reader = verified(member("erin", "deposits.view_deposit"))
    before = everything()

    assert reader.get(DESK).status_code == 200
    assert reader.post(f"{DESK}add/", form(reference="b")).status_code == 403
    assert told(reader.post(step(deposit, "confirm"))) == [
        "You have no right to decide on deposits."
    ]
    assert reader.post(f"{DESK}{deposit.pk}/delete/", {"post": "yes"}).status_code == 403
    assert everything() == before
