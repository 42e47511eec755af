"""The staff's desk for proofs, in a browser."""

import re

import pytest
from django.contrib.messages import get_messages

from proofs.models import Proof, ProofDecision, Reserve
from proofs.services import RIGHT_TO_TAKE
from proofs.tests.proving import ADDRESS, claim, frank, funded, taken
from tests.staff import member, verified, with_password_only

pytestmark = pytest.mark.django_db
DESK = "/admin/proofs/proof/"


def step(proof: Proof, name: str) -> str:
    return f"{DESK}{proof.pk}/step/{name}/"


def words(answer) -> str:
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def line(proof: Proof, **other: str) -> str:
    said = claim(proof)
    cells = {
        "asset": "BTC",
        "scheme": "bitcoin",
        "address": ADDRESS,
        "amount": "0.6",
        "as_of": "block 900000",
        "signature": said.signature,
    } | other
    return ", ".join(cells.values())


def test_from_the_books_to_everybody():
    funded()
    browser = verified(frank())

    taken_ = browser.post(f"{DESK}add/")
    proof = Proof.objects.get()
    entered = browser.post(step(proof, "enter-reserves"), {"claims": line(proof)})
    published = browser.post(step(proof, "publish"))

    assert taken_["Location"] == f"{DESK}{proof.pk}/change/"
    assert told(taken_) == ["Taken. Nobody sees it before it is published."]
    assert told(entered)[-1] == "Entered: every signature is right."
    assert told(published)[-1] == "Published. Everybody can see it."
    assert [it.amount for it in Reserve.objects.all()] == [60_000_000]
    said = words(browser.get(f"{DESK}{proof.pk}/change/"))
    assert "0.75000000 0.60000000 80.00 %" in said


def test_the_case_shows_what_is_to_be_signed_and_no_secret():
    proof = taken()

    page = verified(frank()).get(f"{DESK}{proof.pk}/change/")

    tree = proof.trees.get(asset__code="BTC")
    assert (
        f"Fairbook proof {proof.pk}, BTC root {tree.root}: ADDRESS holds AMOUNT BTC as of "
        "WHEN"
    ) in words(page)
    assert proof.seed not in page.content.decode()
    assert proof.seed not in verified(frank()).get(DESK).content.decode()


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"asset": "DOGE"}, "Line 1: there is no asset DOGE."),
        ({"amount": "0"}, "Line 1: it must be more than zero."),
        ({"amount": "-1"}, "Line 1: Not a plain decimal number"),
        ({"amount": "0.000000001"}, "Line 1: At most 8 decimals"),
        ({"as_of": "block\u00a09"}, "Line 1: write plainly when it lay there."),
        ({"as_of": "b" * 81}, "Line 1: write plainly when it lay there."),
        ({"address": "1" * 129}, "Line 1: this is too long"),
        ({"signature": "1" * 257}, "Line 1: this is too long"),
        ({"signature": ""}, "Line 1: write asset, scheme"),
        ({"as_of": "block, 9"}, "Line 1: write asset, scheme"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_form(other, why):
    proof = taken()
    address = step(proof, "enter-reserves")

    answer = verified(frank()).post(address, {"claims": line(proof, **other)})

    assert why in words(answer)
    assert Reserve.objects.count() == 0


@pytest.mark.parametrize("text", ['"', "a\nb", ",,,,,", "\x00", ""])
def test_nonsense_is_no_reserves(text):
    answer = verified(frank()).post(step(taken(), "enter-reserves"), {"claims": text})

    assert answer.status_code == 200
    assert Reserve.objects.count() == 0


def test_a_wrong_signature_is_told_with_the_message_to_be_signed():
    proof = taken()
    wrong = line(proof, amount="0.7")

    answer = verified(frank()).post(step(proof, "enter-reserves"), {"claims": wrong})

    [said] = told(answer)
    assert said.startswith("Nothing was done. Line 1: signed by ")
    assert said.endswith(f"{ADDRESS} holds 0.70000000 BTC as of block 900000")
    assert Reserve.objects.count() == 0


def test_a_discarded_proof_keeps_its_reason():
    proof = taken()

    verified(frank()).post(step(proof, "discard"), {"reason": "too early"})

    assert "too early" in words(verified(frank()).get(f"{DESK}{proof.pk}/change/"))


def test_who_may_only_look_does_nothing():
    proof = taken()
    auditor = verified(member("ada", "proofs.view_proof"))

    page = auditor.get(f"{DESK}{proof.pk}/change/")
    answers = [
        auditor.post(step(proof, name), {"reason": "w"})
        for name in ("publish", "discard", "enter-reserves")
    ]
    added = auditor.post(f"{DESK}add/")

    assert "You have no right to publish or discard" in words(page)
    assert all(told(it)[0].startswith("You have no right") for it in answers)
    assert added.status_code == 403
    assert (Proof.objects.count(), ProofDecision.objects.count()) == (1, 0)


def test_who_may_take_does_not_publish():
    proof = taken()
    clerk = verified(member("clerk", RIGHT_TO_TAKE, "proofs.view_proof"))

    entered = clerk.post(step(proof, "enter-reserves"), {"claims": line(proof)})
    clerk.post(step(proof, "publish"))

    assert told(entered) == ["Entered: every signature is right."]
    assert ProofDecision.objects.count() == 0


def test_a_password_is_not_enough():
    browser = with_password_only(frank())

    for address in (DESK, f"{DESK}add/", f"{DESK}{taken().pk}/change/"):
        assert browser.get(address).status_code == 302


def test_before_anything_is_sealed_the_page_says_so():
    answer = verified(frank()).post(f"{DESK}add/")

    assert "No transfer has been sealed yet." in words(answer)
    assert Proof.objects.count() == 0
