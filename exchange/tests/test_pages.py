"""The pages as they are sent; tests/journeys/test_page.py uses them in a browser."""

import re

import pytest
from django.test import Client

from accounts.models import User
from accounts.throttling import LoginThrottle
from orders.models import FeeTier, UserVolume
from orders.serializers.words import REASONS, TYPES
from tests.architecture.house import ROOT
from tests.stories import NOON, PASSWORD, make_market, person, person_who_logs_in

pytestmark = pytest.mark.django_db

TRADE = "/trade/BTC-USDT"


def logged_in(name: str) -> Client:
    browser = Client()
    browser.force_login(person(name))
    return browser


def who(browser: Client) -> str | None:
    """The e-mail address that the pages greet, if any."""
    found = re.search(r'class="me" title="([^"]+)"', browser.get("/").text)
    return found and found[1]


# What is shown --------------------------------------------------------------------------


def test_the_first_page_lists_the_markets_with_their_links():
    make_market("BTC-USDT")
    make_market("ETH-BTC")

    page = Client().get("/")

    assert re.findall(r'href="(/trade/[^"]+)"', page.text) == [
        "/trade/BTC-USDT",
        "/trade/ETH-BTC",
    ]


def test_the_first_page_of_an_empty_exchange_says_what_to_do():
    page = Client().get("/")

    assert "There are no markets yet." in page.text


def test_a_visitor_sees_the_book_and_is_invited_to_sign_up():
    make_market("BTC-USDT")

    page = Client().get(TRADE)

    assert 'id="bids"' in page.text
    assert 'href="/sign-up?next=/trade/BTC-USDT"' in page.text
    assert '<form id="order"' not in page.text


def test_a_trader_sees_the_order_form_open_orders_and_balances():
    make_market("BTC-USDT")

    page = logged_in("alice").get(TRADE)

    assert '<form id="order"' in page.text
    assert 'id="open-orders"' in page.text
    assert 'id="balances"' in page.text


def test_the_page_tells_its_script_the_markets_units_as_strings():
    make_market("BTC-USDT", maker_ppm=500, taker_ppm=1_000)

    context = logged_in("alice").get(TRADE).context

    assert context["facts"] == {
        "symbol": "BTC-USDT",
        "base": "BTC",
        "quote": "USDT",
        "name": "BTC",
        "baseScale": 8,
        "quoteScale": 8,
        "tick": "0.01000000",
        "lot": "0.00001000",
        "takerPpm": 1_000,
        "slippagePpm": 100_000,
        "selfTradeAllowed": False,
        "trader": True,
    }


def test_the_page_tells_the_fee_of_the_trader_who_looks():
    market = make_market("BTC-USDT", taker_ppm=1_000)
    alice = person("alice")
    FeeTier.objects.create(market=market, volume_from=100, maker_ppm=0, taker_ppm=500)
    UserVolume.objects.create(user=alice, asset=market.quote, volume=100, counted_at=NOON)
    browser = Client()
    browser.force_login(alice)

    assert browser.get(TRADE).context["facts"]["takerPpm"] == 500
    assert Client().get(TRADE).context["facts"]["takerPpm"] == 1_000


def test_the_order_form_offers_every_type_of_the_api_and_both_lists():
    make_market("BTC-USDT")

    page = logged_in("alice").get(TRADE)

    offered = re.findall(r'name="type" value="([a-z_]+)"', page.text)
    assert sorted(offered) == sorted([*TYPES, "oco", "bracket"])


def test_the_page_has_words_for_each_reason_of_an_orders_end():
    script = (ROOT / "static/js/order_words.js").read_text()
    of_changes = {
        "order_not_open", "amend_below_filled", "linked_order", "not_amendable"
    }  # fmt: skip

    told = set(re.findall(r'^  ([a-z_]+): "', script, re.MULTILINE))

    assert set(REASONS) - of_changes <= told


@pytest.mark.parametrize("symbol", ["BTC-EUR", "btc-usdt", "<script>"])
def test_an_unknown_market_is_not_found(symbol):
    make_market("BTC-USDT")

    page = Client().get(f"/trade/{symbol}")

    assert page.status_code == 404
    assert "There is nothing here" in page.text


@pytest.mark.parametrize("address", ["/", TRADE, "/login", "/sign-up", "/api/docs"])
def test_pages_hold_no_inline_script_or_style_and_forbid_them(address):
    make_market("BTC-USDT")

    page = logged_in("alice").get(address) if address == TRADE else Client().get(address)

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    inline = r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(\ssrc=|application/json))"
    assert re.findall(inline, page.text) == []


# Who one is -----------------------------------------------------------------------------


def test_who_signs_up_is_logged_in_and_back_where_they_came_from():
    make_market("BTC-USDT")
    browser = Client()

    answer = browser.post(
        f"/sign-up?next={TRADE}", {"email": "Alice@Example.com", "password": PASSWORD}
    )

    assert (answer.status_code, answer.headers["Location"]) == (302, TRADE)
    assert who(browser) == "alice@example.com"


@pytest.mark.parametrize(
    ("email", "password", "why"),
    [
        ("alice@example.com", "short", "at least 12 characters"),
        ("alice@example.com", "password12345", "too common"),
        ("alice@example.com", "x" * 129, "at most 128 characters"),
        ("alice", PASSWORD, "Enter a valid email address."),
        ("alïce@example.com", PASSWORD, "Enter a valid email address."),
        ("", "", "This field is required."),
        ("bob@example.com", PASSWORD, "There is an account for this e-mail address"),
    ],
)
def test_a_sign_up_that_breaks_a_rule_says_which_and_makes_nobody(email, password, why):
    person("bob")
    browser = Client()

    answer = browser.post("/sign-up", {"email": email, "password": password})

    assert answer.status_code == 200
    assert why in answer.text
    assert list(User.objects.values_list("email", flat=True)) == ["bob@example.com"]
    assert who(browser) is None


def test_a_login_takes_the_address_in_any_case():
    person_who_logs_in("alice")
    browser = Client()

    answer = browser.post("/login", {"username": "ALICE@example.com", "password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert who(browser) == "alice@example.com"


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_failed_login_does_not_tell_who_has_an_account(email):
    person_who_logs_in("alice")
    browser = Client()

    answer = browser.post("/login", {"username": email, "password": "wrong"})

    assert "This e-mail address and password do not belong together." in answer.text
    assert who(browser) is None


@pytest.mark.parametrize("way_in", ["/login", "/sign-up"])
def test_a_way_in_leads_to_no_other_site(way_in):
    person_who_logs_in("alice")
    name = "alice" if way_in == "/login" else "bob"
    fields = {
        "username": f"{name}@example.com",
        "email": f"{name}@example.com",
        "password": PASSWORD,
        "next": "https://evil.example/",
    }

    answer = Client().post(way_in, fields)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("way_in", ["/login", "/sign-up"])
def test_who_is_logged_in_needs_no_way_in(way_in):
    answer = logged_in("alice").get(f"{way_in}?next={TRADE}")

    assert (answer.status_code, answer.headers["Location"]) == (302, TRADE)


def test_a_logout_is_a_post():
    browser = logged_in("alice")

    by_link = browser.get("/logout")
    greeted = who(browser)
    by_button = browser.post("/logout")

    assert (by_link.status_code, greeted) == (405, "alice@example.com")
    assert (by_button.status_code, who(browser)) == (302, None)


@pytest.mark.parametrize("way_in", ["/login", "/sign-up", "/logout"])
def test_a_form_of_another_site_is_refused(way_in):
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(way_in, {"username": "alice@example.com", "password": PASSWORD})

    assert answer.status_code == 403


def test_too_many_attempts_are_stopped_before_a_password_is_looked_at(monkeypatch):
    person_who_logs_in("alice")
    monkeypatch.setattr(LoginThrottle, "rate", "2/hour", raising=False)
    fields = {"username": "alice@example.com", "password": "wrong"}
    browser = Client(REMOTE_ADDR="192.0.2.7")

    answers = [browser.post("/login", fields) for _ in range(2)]
    answers.append(browser.post("/login", fields | {"password": PASSWORD}))

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert who(browser) is None
