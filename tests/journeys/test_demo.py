"""The demo: opened once, told the same again, and alive within seconds."""

import base64
from io import StringIO

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from bookkeeping.models import Rate, WalletCount
from deposits.models import Deposit
from exchange.demo.cast import FUNDS, MARKETS, STAFF_PASSWORD, TRADER_PASSWORD
from ledger.models import Entry, Seal
from orders.models import Market
from proofs.models import Proof
from proofs.selectors import coverage_of, own_part, proofs_page
from tests.embedded.clones import eventually
from tests.stories import balances

TABLES = (User, Deposit, Entry, Rate, WalletCount, Seal, Proof)


@pytest.fixture(autouse=True)
def quick_passwords(settings) -> None:
    """Eleven people's Argon2 would take seconds."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def demo() -> str:
    said = StringIO()
    call_command("demo", url="http://127.0.0.1:8000", stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_the_demo_opens_markets_people_and_their_deposits():
    demo()

    assert sorted(Market.objects.values_list("symbol", flat=True)) == sorted(
        plan.symbol for plan in MARKETS
    )
    alice = User.objects.get(email="alice@fairbook.test")
    assert alice.check_password(TRADER_PASSWORD)
    assert balances(alice) == {
        "BTC": ("2", "0"),
        "ETH": ("40", "0"),
        "USDT": ("100000", "0"),
    }
    assert {
        (deposit.entered_by.email, deposit.decided_by.email)
        for deposit in Deposit.objects.all()
    } == {("sam@fairbook.test", "sue@fairbook.test")}


@pytest.mark.django_db
def test_the_demo_has_people_of_finance_who_have_stated_rates_and_counted_a_wallet():
    said = demo()

    assert sorted(str(rate) for rate in Rate.objects.all()) == [
        "0.0500000000 BTC for 1 ETH",
        "3200.0000000000 USDT for 1 ETH",
        "64000.0000000000 USDT for 1 BTC",
    ]
    assert [str(count) for count in WalletCount.objects.all()] == [
        "804.00000000 BTC in main"
    ]
    fay = User.objects.get(email="fay@fairbook.test")
    assert (fay.is_superuser, fay.has_perm("bookkeeping.confirm_period")) == (False, True)
    assert said.count("(finance)") == 2


@pytest.mark.django_db
def test_the_demo_has_a_published_proof_in_which_alice_finds_her_part():
    demo()

    [proof] = proofs_page(before=None, limit=2)
    alice = User.objects.get(email="alice@fairbook.test")
    parts = own_part(user_id=alice.pk, proof_id=proof.pk).trees
    assert {part.tree.asset.code: part.amount for part in parts} == {
        "BTC": 200_000_000,
        "ETH": 4_000_000_000,
        "USDT": 10_000_000_000_000,
    }
    assert coverage_of(parts[0].tree).liabilities == 80_400_000_000
    assert (proof.taken_by.email, proof.decision.by.email) == (
        "fay@fairbook.test",
        "finn@fairbook.test",
    )


@pytest.mark.django_db
def test_a_second_demo_writes_nothing_and_says_the_same():
    first = demo()
    written = [table.objects.count() for table in TABLES]

    second = demo()

    assert second == first
    assert written == [table.objects.count() for table in TABLES]
    assert written[1] == sum(len(funds) for funds in FUNDS.values())


@pytest.mark.django_db
def test_the_demo_finishes_what_was_left_half_done():
    said = demo()
    TOTPDevice.objects.filter(user__email="ada@fairbook.test").delete()

    said_again = demo()

    assert TOTPDevice.objects.count() == 5
    assert said_again.splitlines()[:-3] == said.splitlines()[:-3]


@pytest.mark.django_db
def test_the_demo_is_refused_where_the_exchange_is_served_over_https(settings):
    settings.HTTPS = True

    with pytest.raises(CommandError, match="passwords are public"):
        demo()

    assert (User.objects.count(), Market.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_printed_secret_opens_the_staff_site():
    said = demo()
    _, secret = next(
        line.split() for line in said.splitlines() if "sam@fairbook.test  " in line
    )
    totp = TOTP(base64.b32decode(secret))
    browser = Client()

    entered = browser.post(
        "/admin/login/?next=/admin/",
        {
            "username": "sam@fairbook.test",
            "password": STAFF_PASSWORD,
            "otp_token": f"{totp.token():06}",
        },
    )

    assert (entered.status_code, entered.headers.get("Location")) == (302, "/admin/")
    assert browser.get("/admin/").status_code == 200


@pytest.mark.slow
def test_a_newcomer_sees_trades_in_every_market_within_a_minute(running_exchange):
    def last_trades() -> dict[str, list[object]]:
        return {
            plan.symbol: httpx.get(
                f"{running_exchange.url}/api/v1/markets/{plan.symbol}/trades"
            ).json()["results"]
            for plan in MARKETS
        }

    assert eventually(lambda: all(last_trades().values()), 60), last_trades()
