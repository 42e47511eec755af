"""The staff's desk for withdrawals, in a browser."""

import re

import pytest
from django.contrib.messages import get_messages

from tests.attempts import run
from tests.staff import member, verified, with_password_only
from tests.stories import NOON, fund, person
from withdrawals.models import Withdrawal
from withdrawals.services import cancel_withdrawal, reject_withdrawal
from withdrawals.tests.wishes import (
    ADDRESS,
    alice_with,
    approved,
    carol,
    dave,
    purse,
    steps_of,
    wish,
)

pytestmark = pytest.mark.django_db
DESK = "/admin/withdrawals/withdrawal/"
TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"


def page_of(asked: Withdrawal) -> str:
    return f"{DESK}{asked.pk}/change/"


def step(asked: Withdrawal, name: str) -> str:
    return f"{DESK}{asked.pk}/step/{name}/"


def words(answer) -> str:
    """What a reader of the page sees, without tags."""
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in ("withdrawals_withdrawal", "withdrawals_event", "ledger_entry")
    ]


# Who comes in ---------------------------------------------------------------------------


@pytest.mark.parametrize("browser_of", [with_password_only, None], ids=["password", "none"])
def test_without_a_one_time_password_nothing_is_seen_and_nothing_is_done(
    browser_of, client
):
    asked = wish(alice_with("2"))
    browser = browser_of(carol()) if browser_of else client
    before = everything()

    for address in (DESK, page_of(asked), step(asked, "approve")):
        assert browser.get(address).status_code == 302
    answer = browser.post(step(asked, "approve"), {"digest": asked.digest})

    assert answer["Location"].startswith("/admin/login/")
    assert everything() == before


def test_a_trader_with_a_one_time_password_does_not_come_in_either():
    asked = wish(alice_with("2"))
    before = everything()

    answer = verified(person("bob")).post(step(asked, "approve"), {"digest": asked.digest})

    assert answer["Location"].startswith("/admin/login/")
    assert everything() == before


def test_staff_without_the_right_to_see_withdrawals_sees_none():
    asked = wish(alice_with("2"))
    browser = verified(member("erin", "deposits.view_deposit"))

    for address in (DESK, page_of(asked), step(asked, "approve")):
        assert browser.get(address).status_code == 403


def test_staff_without_the_right_to_decide_is_told_so():
    asked = wish(alice_with("2"))
    browser = verified(member("erin", "withdrawals.view_withdrawal"))
    before = everything()

    page = browser.get(page_of(asked))
    answer = browser.post(step(asked, "approve"), {"digest": asked.digest})

    assert "You have no right to decide on withdrawals." in words(page)
    assert told(answer) == ["You have no right to decide on withdrawals."]
    assert everything() == before


# The list -------------------------------------------------------------------------------


def test_what_waits_for_a_decision_stands_first_the_oldest_on_top():
    alice = alice_with("2")
    paid_later, rejected, first, second = (wish(alice, "0.1") for _ in range(4))
    reject_withdrawal(withdrawal_id=rejected.pk, actor=carol(), reason="x", now=NOON)
    browser = verified(carol())
    browser.post(step(paid_later, "approve"), {"digest": paid_later.digest})

    page = browser.get(DESK)

    assert [row.pk for row in page.context["cl"].result_list] == [
        first.pk,
        second.pk,
        paid_later.pk,
        rejected.pk,
    ]


def test_the_list_shows_amounts_as_decimals_and_can_be_filtered_and_searched():
    alice, bob = alice_with("2"), person("bob")
    fund(bob, "BTC", "1")
    asked, other = wish(alice, "0.5"), wish(bob, "0.25")
    cancel_withdrawal(user_id=bob.pk, withdrawal_id=other.pk, now=NOON)
    browser = verified(carol())

    all_of_them = words(browser.get(DESK))
    assert "0.50000000 BTC" in all_of_them
    assert "0.25000000 BTC" in all_of_them
    for query in (
        "state__exact=requested",
        "q=alice",
        f"q={asked.pk}",
    ):
        shown = browser.get(f"{DESK}?{query}").context["cl"].result_list
        assert [row.pk for row in shown] == [asked.pk]


def test_nothing_can_be_added_edited_or_deleted():
    asked = wish(alice_with("2"))
    browser = verified(carol())
    before = everything()

    assert browser.get(f"{DESK}add/").status_code == 403
    assert browser.post(f"{DESK}{asked.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(page_of(asked), {"amount": "1", "address": "bc1qthief", "_save": "Save"})
    browser.post(DESK, {"action": "delete_selected", "_selected_action": asked.pk})

    assert everything() == before


# One case -------------------------------------------------------------------------------


def test_a_case_shows_its_terms_its_user_its_story_and_what_can_be_done():
    alice, bob = alice_with("2"), person("bob")
    fund(bob, "BTC", "1")
    wish(bob, "0.1")
    earlier = wish(alice, "0.1")
    reject_withdrawal(withdrawal_id=earlier.pk, actor=carol(), reason="Typo.", now=NOON)
    asked = wish(alice, "0.5", client_withdrawal_id="rent")

    page = verified(carol()).get(page_of(asked))

    seen = words(page)
    for fact in (
        f"Withdrawal {asked.pk} of 0.50000000 BTC by alice@example.com",
        f"{ADDRESS[:6]} {ADDRESS[6:-6]} {ADDRESS[-6:]}",
        "rent",
        asked.digest,
        "2026-11-21 12:00:00 UTC requested alice@example.com",
        "Other withdrawals 1 rejected",
        "Paid to this address before never",
        "Other users who asked for this address 1",
        "BTC 1.50000000 0.00000000 0.50000000 2.00000000",
        f"withdrawal:{asked.pk}:hold",
    ):
        assert fact in seen
    assert [button.label for button in page.context["buttons"]] == ["Approve", "Reject"]


def test_what_a_user_wrote_is_shown_as_text():
    asked = wish(alice_with("2"), address="<script>alert(1)</script>")

    page = verified(carol()).get(page_of(asked))

    assert b"<script>alert(1)" not in page.content
    assert b"alert(1)" in page.content


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_a_case_that_does_not_exist_is_not_found(number):
    browser = verified(carol())

    assert browser.get(f"{DESK}{number}/change/").status_code == 404
    assert browser.get(f"{DESK}{number}/step/approve/").status_code == 404


def test_a_step_that_does_not_exist_is_not_found():
    asked = wish(alice_with("2"))

    assert verified(carol()).get(step(asked, "steal")).status_code == 404


# Steps ----------------------------------------------------------------------------------


def test_a_step_says_what_it_will_do_before_it_does_it():
    asked = wish(alice_with("2"))
    before = everything()

    page = verified(carol()).get(step(asked, "approve"))

    assert "You agree that withdrawal" in words(page)
    assert "the user cannot cancel any more" in words(page)
    assert everything() == before


def test_from_request_to_payment_by_two_people():
    alice = alice_with("2")
    asked = wish(alice, "0.5")

    agreed = verified(carol()).post(step(asked, "approve"), {"digest": asked.digest})
    paid = verified(dave()).post(step(asked, "mark-paid"), {"txid": TXID})

    assert told(agreed) == ["Approved. It waits to be paid."]
    assert told(paid) == ["Paid. The amount has left the books."]
    assert purse(alice) == ("1.5", "0")
    assert steps_of(asked) == [
        ("requested", "approved", "carol@example.com", ""),
        ("approved", "paid", "dave@example.com", TXID),
    ]
    assert "It is paid. Nothing more can be done." in words(
        verified(carol()).get(page_of(asked))
    )


@pytest.mark.parametrize(("name", "begin"), [("reject", wish), ("mark-failed", approved)])
def test_a_refusal_needs_its_reason(name, begin):
    alice = alice_with("2")
    asked = begin(alice, "0.5")
    browser = verified(dave())
    before = everything()

    without = browser.post(step(asked, name), {"reason": " "})
    assert "This field is required." in words(without)
    assert everything() == before
    browser.post(step(asked, name), {"reason": "Not a good address."})

    assert purse(alice) == ("2", "0")
    assert steps_of(asked)[-1][2:] == ("dave@example.com", "Not a good address.")


def test_a_payment_needs_its_transaction_id():
    asked = approved(alice_with("2"))
    before = everything()

    answer = verified(dave()).post(step(asked, "mark-paid"), {"txid": ""})

    assert "This field is required." in words(answer)
    assert everything() == before


def test_who_requested_it_is_told_why_they_may_not_decide():
    alice_with("2")
    alice = member("alice", "withdrawals.decide_withdrawal", "withdrawals.view_withdrawal")
    asked = wish(alice)
    browser = verified(alice)
    before = everything()
    why = "You requested this withdrawal yourself, so somebody else must decide on it."

    page = browser.get(page_of(asked))
    answer = browser.post(step(asked, "approve"), {"digest": asked.digest})

    assert why in words(page)
    assert step(asked, "approve") not in page.content.decode()
    assert told(answer) == [why]
    assert everything() == before


def test_the_second_click_is_told_that_it_came_too_late():
    asked = wish(alice_with("2"))
    browser = verified(carol())
    browser.post(step(asked, "approve"), {"digest": asked.digest})
    before = everything()

    again = browser.post(step(asked, "approve"), {"digest": asked.digest})
    other = verified(dave()).post(step(asked, "reject"), {"reason": "late"})

    assert told(again)[-1] == "Nothing was done. It is approved already."
    assert told(other) == ["Nothing was done. It is approved already."]
    assert everything() == before


def test_an_approval_of_other_terms_is_refused():
    alice = alice_with("2")
    seen, asked = wish(alice, "0.1"), wish(alice, "0.5")
    before = everything()

    answer = verified(carol()).post(step(asked, "approve"), {"digest": seen.digest})

    assert told(answer) == ["Nothing was done. These are not the terms of the withdrawal."]
    assert everything() == before


def test_a_step_from_another_site_is_refused():
    asked = wish(alice_with("2"))
    browser = verified(carol())
    browser.handler.enforce_csrf_checks = True
    before = everything()

    answer = browser.post(step(asked, "approve"), {"digest": asked.digest})

    assert answer.status_code == 403
    assert everything() == before
