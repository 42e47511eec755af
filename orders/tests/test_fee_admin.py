"""The staff's desk for fee tiers, in a browser."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from orders.models import FeeTier
from tests.staff import member, verified
from tests.stories import make_market

pytestmark = pytest.mark.django_db
TIERS = "/admin/orders/feetier/"


def clerk() -> Client:
    rights = ("view", "add", "change", "delete")
    return verified(member("carol", *(f"orders.{right}_feetier" for right in rights)))


def test_a_tier_is_written_as_people_write_it_and_its_history_is_kept():
    market, browser = make_market(), clerk()
    said = {
        "market": market.pk,
        "volume_from": "50000",
        "maker_ppm": "0.08",
        "taker_ppm": "0.15 %",
    }

    answer = browser.post(f"{TIERS}add/", said)
    made = FeeTier.objects.get()
    page = browser.get(f"{TIERS}{made.pk}/change/")
    browser.post(f"{TIERS}{made.pk}/change/", said | {"maker_ppm": "0.05"})

    assert answer.status_code == 302
    form = page.context["adminform"].form
    assert [form[name].value() for name in said] == [market.pk, "50000", "0.08", "0.15"]
    assert [*FeeTier.objects.values_list("volume_from", "maker_ppm", "taker_ppm")] == [
        (50_000 * 10**8, 500, 1_500)
    ]
    history = LogEntry.objects.order_by("pk")
    assert [(it.user.email, it.get_change_message()) for it in history] == [
        ("carol@example.com", "Added."),
        ("carol@example.com", "Changed Maker fee, %."),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"volume_from": "0.000000001"}, {"volume_from": "0"}, {"maker_ppm": "100"}],
    ids=str,
)
def test_a_tier_that_cannot_be_is_not_written(wrong):
    market, browser = make_market(), clerk()
    said = {"market": market.pk, "volume_from": "1", "maker_ppm": "0", "taker_ppm": "0"}

    answer = browser.post(f"{TIERS}add/", said | wrong)

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not FeeTier.objects.exists()


def test_staff_without_the_right_sees_no_tiers():
    browser = verified(member("erin", "orders.view_market"))

    assert browser.get(TIERS).status_code == 403
