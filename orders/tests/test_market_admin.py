"""The staff's desk for markets, in a browser: seen, changed through the log, and told."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from kernel import clock, pgcopy
from orders.commands import CommandKind, MarketState
from orders.models import Command, Market, MarketChange
from tests.attempts import run
from tests.staff import member, verified, with_password_only
from tests.stories import NOON, make_market, person

pytestmark = pytest.mark.django_db
DESK = "/admin/orders/market/"
RIGHT_TO_CONFIGURE = "orders.configure_market"
#: What the form of the settings begins with, as a browser sends it back.
UNCHANGED = {
    "band_ppm": "0", "halt_ppm": "0", "halt_seconds": "120", "max_open_orders": "0",
    "slippage_ppm": "10", "quantity_min": "0.00001", "quantity_max": "1000",
    "notional_min": "0.01", "maker_ppm": "0.1", "taker_ppm": "0.2",
}  # fmt: skip


def page_of(market: Market) -> str:
    return f"{DESK}{market.pk}/change/"


def step(market: Market, name: str) -> str:
    return f"{DESK}{market.pk}/step/{name}/"


def words(answer) -> str:
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def keeper() -> Client:
    """The browser of carol, who may change markets."""
    return verified(member("carol", "orders.view_market", RIGHT_TO_CONFIGURE))


def asked() -> list[tuple]:
    """What was asked of markets: (who, settings)."""
    commands = Command.objects.filter(kind=CommandKind.CONFIGURE).order_by("id")
    return [(it.user.email.split("@")[0], it.settings) for it in commands]


def everything() -> list[list[tuple]]:
    return [run("SELECT * FROM orders_market"), run("SELECT * FROM orders_command")]


def settings_form(**said: str) -> dict[str, str]:
    """The form as a browser sends it: what it began with stands in hidden fields."""
    began = UNCHANGED | {"band_caps": "", "self_trade_allowed": ""}
    return UNCHANGED | {f"initial-{name}": it for name, it in began.items()} | said


# Who comes in ---------------------------------------------------------------------------


@pytest.mark.parametrize("browser_of", [with_password_only, None], ids=["password", "none"])
def test_without_a_one_time_password_nothing_is_seen_and_nothing_is_done(
    browser_of, client
):
    market = make_market()
    carol = member("carol", "orders.view_market", RIGHT_TO_CONFIGURE)
    browser = browser_of(carol) if browser_of else client
    before = everything()

    for address in (DESK, page_of(market), step(market, "halt")):
        assert browser.get(address).status_code == 302
    answer = browser.post(step(market, "halt"), {"reason": "because"})

    assert answer["Location"].startswith("/admin/login/")
    assert everything() == before


def test_staff_without_the_right_sees_the_market_but_changes_nothing():
    market, browser = make_market(), verified(member("erin", "orders.view_market"))
    before = everything()

    page = browser.get(page_of(market))
    answer = browser.post(step(market, "halt"), {"reason": "because"})
    settings = browser.post(step(market, "change-settings"), settings_form(band_ppm="1"))

    assert "You have no right to change markets." in words(page)
    assert told(answer) == ["You have no right to change markets."]
    assert settings.status_code == 302
    assert everything() == before


def test_a_market_is_not_edited_added_or_deleted_by_hand():
    root = person("root")
    root.is_staff = root.is_superuser = True
    root.save()
    market, browser = make_market(), verified(root)
    before = everything()

    assert browser.get(f"{DESK}add/").status_code == 403
    browser.post(page_of(market), {"state": "halted"})
    assert browser.post(f"{DESK}{market.pk}/delete/", {"post": "yes"}).status_code == 403

    assert everything() == before


# States ---------------------------------------------------------------------------------


def test_the_page_offers_the_states_in_which_the_market_is_not():
    market, browser = make_market(), keeper()

    page = browser.get(page_of(market))
    Market.objects.update(state="auction")
    in_auction = browser.get(page_of(market))

    offered = [button.step for button in page.context["buttons"]]
    assert offered == ["post only", "auction", "cancel only", "halt", "change settings"]
    # An auction may be begun anew, with another end.
    assert [button.step for button in in_auction.context["buttons"]] == [
        "open", "post only", "auction", "cancel only", "halt", "change settings",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "state"),
    [
        ("post-only", MarketState.POST_ONLY),
        ("auction", MarketState.AUCTION),
        ("cancel-only", MarketState.CANCEL_ONLY),
        ("halt", MarketState.HALTED),
    ],
)
def test_a_state_is_asked_for_with_its_reason(slug, state):
    market, browser = make_market(), keeper()

    page = browser.get(step(market, slug))
    answer = browser.post(step(market, slug), {"reason": "wallet trouble"})

    assert page.status_code == 200
    assert answer["Location"] == page_of(market)
    assert asked() == [("carol", {"state": state, "until": 0, "reason": "wallet trouble"})]


def test_a_halted_market_is_opened_again():
    market, browser = make_market(), keeper()
    Market.objects.update(state="halted")

    browser.post(step(market, "open"), {"reason": "all is well"})

    said = {"state": MarketState.OPEN, "until": 0, "reason": "all is well"}
    assert asked() == [("carol", said)]


def test_an_auction_ends_after_the_minutes_that_were_said():
    market, browser = make_market(), keeper()
    before = clock.now()

    browser.post(step(market, "auction"), {"reason": "news", "minutes": "5"})

    [(_, said)] = asked()
    until = pgcopy.moment(said["until"]) - timedelta(minutes=5)
    assert before <= until <= clock.now()


@pytest.mark.parametrize("slug", ["halt", "change-settings"])
def test_without_a_reason_nothing_is_asked(slug):
    market, browser = make_market(), keeper()
    before = everything()

    answer = browser.post(step(market, slug), settings_form(band_ppm="1", reason=" "))

    assert answer.status_code == 200
    assert answer.context["form"].errors == {"reason": ["This field is required."]}
    assert everything() == before


def test_a_state_in_which_the_market_is_cannot_be_asked_for():
    market, browser = make_market(), keeper()
    before = everything()

    answer = browser.post(step(market, "open"), {"reason": "because"})

    assert told(answer) == ["Nothing was done. It is open already."]
    assert everything() == before


# Settings -------------------------------------------------------------------------------


def test_only_what_was_changed_is_asked_for():
    market, browser = make_market(), keeper()
    said = {"band_ppm": "7.5", "band_caps": "on", "quantity_min": "0.001"}

    answer = browser.post(
        step(market, "change-settings"), settings_form(**said, reason="thin book")
    )

    assert answer.status_code == 302, answer.context["form"].errors
    assert asked() == [
        (
            "carol",
            {
                "band_ppm": 75_000,
                "band_caps": True,
                "quantity_min": 100,
                "quantity_max": 100_000_000,
                "reason": "thin book",
            },
        )
    ]


def test_what_a_colleague_changed_meanwhile_is_left_alone():
    market, browser = make_market(), keeper()
    Market.objects.update(band_ppm=200_000)  # after carol's form was opened

    browser.post(
        step(market, "change-settings"), settings_form(halt_ppm="7", reason="because")
    )

    assert asked() == [("carol", {"halt_ppm": 70_000, "reason": "because"})]


def test_the_form_begins_with_the_settings_as_they_are():
    market, browser = make_market(), keeper()
    Market.objects.update(band_ppm=100_000, band_caps=True)

    form = browser.get(step(market, "change-settings")).context["form"]

    shown = {name: form[name].value() for name in UNCHANGED}
    assert shown == UNCHANGED | {"band_ppm": "10"}
    assert (bool(form["band_caps"].value()), form["self_trade_allowed"].value()) == (
        True,
        "",
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "__all__"),
        ({"band_ppm": "x"}, "band_ppm"),
        ({"band_ppm": "0.00001"}, "band_ppm"),
        ({"halt_seconds": "0"}, "halt_seconds"),
    ],
)
def test_a_form_that_says_nothing_or_nonsense_is_shown_again(said, field):
    market, browser = make_market(), keeper()
    before = everything()

    answer = browser.post(
        step(market, "change-settings"), settings_form(**said, reason="because")
    )

    assert list(answer.context["form"].errors) == [field]
    assert everything() == before


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"band_ppm": "100"}, "band_ppm is 0 to 999999"),
        ({"quantity_min": "0.000001"}, "not a multiple of the market's lot"),
        ({"quantity_min": "2000"}, "quantity_min is no more than quantity_max"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_reason(said, why):
    market, browser = make_market(), keeper()
    before = everything()

    answer = browser.post(
        step(market, "change-settings"), settings_form(**said, reason="because")
    )

    [message] = told(answer)
    assert message.startswith("Nothing was done.")
    assert why in message
    assert everything() == before


# The story ------------------------------------------------------------------------------


def test_the_page_tells_who_changed_what_when_and_why():
    market, browser = make_market(), keeper()
    at = NOON
    for who, state, why, settings in (
        (member("dave"), "halted", "wallet trouble", {}),
        (member("dave"), "open", "all is well", {"band_ppm": 75_000, "band_caps": True}),
        (None, "auction", "volatility_halt", {}),
    ):
        at += timedelta(minutes=1)
        MarketChange.objects.create(
            market=market, user=who, command_id=1, state=state, settings=settings,
            reason=why, created_at=at, until=at if state == "auction" else None,
        )  # fmt: skip

    story = browser.get(page_of(market)).context["page"].story

    assert [(it.at_text, it.who, it.what, it.note) for it in story] == [
        ("2026-11-21 12:01:00 UTC", "dave@example.com", "halted", "wallet trouble"),
        (
            "2026-11-21 12:02:00 UTC",
            "dave@example.com",
            "open",
            "all is well\nPrice band: 7.5 %\nBeyond the band: capped",
        ),
        (
            "2026-11-21 12:03:00 UTC",
            "the house",
            "auction",
            "Volatility halt\nUntil 2026-11-21 12:03:00 UTC",
        ),
    ]


def test_the_list_shows_markets_by_name_with_their_settings():
    make_market("ETH-USDT")
    make_market("BTC-USDT")
    Market.objects.update(band_ppm=100_000, state="cancel_only")

    page = keeper().get(DESK)

    assert [row.symbol for row in page.context["cl"].result_list] == [
        "BTC-USDT",
        "ETH-USDT",
    ]
    assert "cancel only 10 % none any number 0.1 %, 0.2 %" in words(page)


def test_the_market_shows_when_its_auction_ends():
    market, browser = make_market(), keeper()
    until = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    Market.objects.update(state="auction", until=until)

    assert "Auction ends 2026-11-21 12:30:00 UTC" in words(browser.get(page_of(market)))
