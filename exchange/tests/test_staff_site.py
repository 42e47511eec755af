"""The door of the staff site, its desk, its groups, and the tables that it shows."""

import pytest
from django.test import Client

from accounts.models import User
from deposits.tests.arrivals import arrived, dave
from exchange.staff_groups import COMPLIANCE, RIGHTS, open_group
from kernel import clock
from orders.models import FeeTier
from orders.services import count_volumes
from tests.staff import log_in, member, verified
from tests.stories import PASSWORD, fund, make_market, person, place, settle
from withdrawals.tests.wishes import alice_with, approved, wish

pytestmark = pytest.mark.django_db
TABLES = {
    "ledger": ("asset", "account", "entry", "transfer"),
    "accounts": ("user",),
    "withdrawals": ("withdrawal",),
    "deposits": ("deposit",),
    "orders": ("market", "feetier", "uservolume"),
}


def boss() -> User:
    """May do everything but what takes two."""
    root = person("root")
    root.is_staff = root.is_superuser = True
    root.save()
    return root


# The door -------------------------------------------------------------------------------


def test_staff_comes_in_with_password_and_one_time_password(client: Client):
    member("carol")

    assert log_in(client, "carol")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("token", ["", "000000", "abcdef"])
def test_staff_does_not_come_in_with_the_password_only(client: Client, token):
    member("carol")

    assert log_in(client, "carol", token=token).status_code == 200
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_trader_does_not_come_in_with_both(client: Client):
    assert log_in(client, "alice").status_code == 200
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_one_time_password_opens_once(client: Client):
    member("carol")
    log_in(client, "carol")
    client.post("/admin/logout/")

    again = log_in(client, "carol")

    assert again.status_code == 200
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


# The desk -------------------------------------------------------------------------------


def test_the_desk_counts_what_waits():
    alice = alice_with("2")
    wish(alice, "0.1")
    wish(alice, "0.1")
    approved(alice, "0.1")
    arrived(alice)

    desk = verified(dave()).get("/admin/")
    all_of_it = verified(boss()).get("/admin/")

    assert piles(desk) == [("deposits to confirm", 1)]
    assert piles(all_of_it) == [
        ("withdrawals to decide on", 2),
        ("withdrawals to pay", 1),
        ("deposits to confirm", 1),
        ("breaks to resolve", 0),
        ("adjustments to decide on", 0),
        ("bookings to decide on", 0),
        ("months to close", 0),
        ("proofs to publish", 0),
    ]


def piles(desk) -> list[tuple[str, int]]:
    return [(pile.what, pile.count) for pile in desk.context["waiting"]]


# Groups ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHTS)
def test_a_group_has_its_rights_and_no_others(name):
    group = open_group(name)
    carol = member("carol")
    carol.groups.add(group)

    assert carol.get_all_permissions() == set(RIGHTS[name])


def test_opening_a_group_again_sets_its_rights_back():
    group = open_group(COMPLIANCE)
    group.permissions.clear()

    again = open_group(COMPLIANCE)

    assert again == group
    assert group.permissions.count() == len(RIGHTS[COMPLIANCE])


# The tables -----------------------------------------------------------------------------


@pytest.fixture
def a_day() -> None:
    """One trade, a deposit and a withdrawal."""
    market, alice, bob = make_market(), alice_with("2"), person("bob")
    fund(bob, "USDT", "100000")
    place(alice, market, "sell", "0.5", at="60000")
    place(bob, market, "buy", "0.2", at="61000")
    settle()
    FeeTier.objects.create(market=market, volume_from=10**8, maker_ppm=0, taker_ppm=1)
    count_volumes(now=clock.now())
    arrived(alice)
    approved(alice)


@pytest.mark.parametrize(
    ("app", "table"), [(app, table) for app, tables in TABLES.items() for table in tables]
)
def test_every_table_can_be_read_row_by_row(a_day, app, table):
    browser = verified(boss())
    address = f"/admin/{app}/{table}/"

    page = browser.get(address)

    assert page.status_code == 200
    rows = list(page.context["cl"].result_list)
    assert rows
    for row in rows:
        assert browser.get(f"{address}{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("table", TABLES["ledger"])
def test_the_books_cannot_be_written_not_even_by_a_superuser(a_day, table):
    browser = verified(boss())
    address = f"/admin/ledger/{table}/"
    pk = browser.get(address).context["cl"].result_list[0].pk

    assert browser.get(f"{address}add/").status_code == 403
    assert browser.post(f"{address}{pk}/change/", {"balance": "1"}).status_code == 403
    assert browser.post(f"{address}{pk}/delete/", {"post": "yes"}).status_code == 403


def test_amounts_are_shown_as_decimals_with_their_asset(a_day):
    browser = verified(boss())

    accounts = browser.get("/admin/ledger/account/").content.decode()
    transfers = browser.get("/admin/ledger/transfer/").content.decode()

    assert "1.00000000 BTC" in accounts  # alice: 2, less 0.5 for sale, less 0.5 on its way
    assert "12000.00000000 USDT" in transfers
    assert "the house" in accounts


# People ---------------------------------------------------------------------------------


def test_a_person_is_added_under_an_address_in_lower_case():
    said = {"email": "Erin@Example.com", "password1": PASSWORD, "password2": PASSWORD}

    answer = verified(boss()).post("/admin/accounts/user/add/", said)

    erin = User.objects.get(email="erin@example.com")
    assert answer.status_code == 302
    assert (erin.check_password(PASSWORD), erin.is_staff) == (True, False)


def test_a_person_is_changed_but_never_deleted():
    alice, browser = person("alice"), verified(boss())
    address = f"/admin/accounts/user/{alice.pk}/"

    browser.post(f"{address}change/", {"email": "Alice@Example.org", "is_staff": "on"})
    deleted = browser.post(f"{address}delete/", {"post": "yes"})

    alice.refresh_from_db()
    assert (alice.email, alice.is_staff, alice.is_active) == (
        "alice@example.org",
        True,
        False,
    )
    assert deleted.status_code == 403
