"""The pages of proofs, as a browser gets them."""

import re

import pytest
from django.test import Client

from proofs.services import publish_proof
from proofs.tests.proving import ADDRESS, entered, frank, published, taken
from tests.stories import NOON, person

pytestmark = pytest.mark.django_db


def words(answer) -> str:
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def browser(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def test_before_the_first_proof_the_page_says_so():
    taken()

    assert "No proof has been published yet." in words(Client().get("/proofs"))


def test_a_stranger_sees_what_is_owed_to_all():
    proof = entered(taken())
    publish_proof(proof_id=proof.pk, actor=frank(), now=NOON)

    said = words(Client().get("/proofs"))

    assert f"Proof of liabilities {proof.pk}" in said
    assert "BTC 0.75000000 0.60000000 80.00 % CSV" in said
    assert "USDT 30000.00000000 none signed – CSV" in said
    assert ADDRESS in said
    assert "Log in to find what you had" in said


def test_a_customer_sees_what_they_had():
    proof = published()

    said = words(browser("bob").get(f"/proofs/{proof.pk}"))

    assert "BTC 0.25000000" in said
    assert "Download my part" in said
    assert f"Your number is {person('bob').pk}." in said


def test_who_had_nothing_is_told_so():
    published()

    assert "You had nothing at that moment" in words(browser("carol").get("/proofs"))


def test_the_latest_proof_stands_first_and_leads_to_the_others():
    first, second = published("one"), published("two")

    page = Client().get("/proofs")

    assert f"Proof of liabilities {second.pk}" in words(page)
    assert f'href="/proofs/{first.pk}"' in page.content.decode()


@pytest.mark.parametrize("number", ["999", "9" * 30])
def test_there_is_no_page_of_what_is_not_published(number):
    assert Client().get(f"/proofs/{taken().pk}").status_code == 404
    assert Client().get(f"/proofs/{number}").status_code == 404
