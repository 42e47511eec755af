"""Every type of order through the page: placed, seen, amended, told, cancelled."""

import re

import pytest

from tests.journeys.pages import IN_A_BROWSER, expect, fill_in, live, rows

pytestmark = IN_A_BROWSER

#: Side, type, what is filled in and chosen, and what the table then shows of each order.
LIVING = [
    (
        ("Buy", "Limit", {"Price": "60000", "Quantity": "0.01"}, {}),
        ["Buy limit … 60,000.00 – 0.01000 In the book"],
    ),
    (
        ("Sell", "Stop", {"Trigger_price": "58000", "Quantity": "0.01"}, {}),
        [
            "Sell stop … ≥ 55,100.00 58,000.00 0.01000 "
            "Waits for a last price of 58,000.00 or less"
        ],
    ),
    (
        ("Buy", "Stop", {"Trigger_price": "70000", "Spend_up_to": "700"}, {"by": "total"}),
        [
            "Buy stop … ≤ 73,500.00 70,000.00 700 USDT "
            "Waits for a last price of 70,000.00 or more"
        ],
    ),
    (
        (
            "Sell",
            "Stop limit",
            {"Trigger_price": "58000", "Price": "57900", "Quantity": "0.01"},
            {},
        ),
        [
            "Sell stop limit … 57,900.00 58,000.00 0.01000 "
            "Waits for a last price of 58,000.00 or less"
        ],
    ),
    (
        ("Buy", "Take profit", {"Trigger_price": "58000", "Quantity": "0.01"}, {}),
        [
            "Buy take profit … ≤ 60,900.00 58,000.00 0.01000 "
            "Waits for a last price of 58,000.00 or less"
        ],
    ),
    (
        (
            "Sell",
            "Take profit limit",
            {"Trigger_price": "70000", "Price": "69900", "Quantity": "0.01"},
            {},
        ),
        [
            "Sell take profit limit … 69,900.00 70,000.00 0.01000 "
            "Waits for a last price of 70,000.00 or more"
        ],
    ),
    (
        ("Sell", "Trailing stop", {"Trail_behind_by": "9", "Quantity": "0.01"}, {}),
        [
            "Sell trailing stop trails by 9 % … ≥ PRICE PRICE 0.01000 "
            "Waits for a last price of PRICE or less"
        ],
    ),
    (
        (
            "Sell",
            "OCO",
            {"Limit_price": "70000", "Stop_trigger": "58000", "Quantity": "0.01"},
            {},
        ),
        [
            "Sell limit OCO: limit … 70,000.00 – 0.01000 In the book",
            "Sell stop OCO: stop … ≥ 55,100.00 58,000.00 0.01000 "
            "Waits for a last price of 58,000.00 or less",
        ],
    ),
    (
        (
            "Buy",
            "Bracket",
            {
                "Entry_price": "60000",
                "Take_profit_at": "70000",
                "Stop_trigger": "58000",
                "Price_of_the_stop": "57900",
                "Quantity": "0.01",
            },
            {"stopKind": "stop_limit"},
        ),
        [
            "Buy limit Bracket: entry … 60,000.00 – 0.01000 In the book",
            "Sell limit Bracket: take profit … 70,000.00 – 0.01000 "
            "Waits for its entry to end",
            "Sell stop limit Bracket: stop … 57,900.00 58,000.00 0.01000 "
            "Waits for its entry to end",
        ],
    ),
]


def choose(page, side, type_, choices) -> None:
    fill_in(page, side, type_)
    for name, value in choices.items():
        if name == "by":
            page.get_by_role("radio", name=f"By {value}").check()
        else:
            page.locator(f"#{name}").select_option(value)


def shown(page) -> list[str]:
    """The rows, without times and buttons, and without prices that the market decides."""
    texts = []
    for row in rows(page).all():
        text = " ".join(row.inner_text().split())
        text = re.sub(r"(?:· )?\d\d:\d\d:\d\d", "…", text)
        text = re.sub(r" ?(Amend)? ?Story ?Cancel$", "", text)
        if "trails" in text:
            text = re.sub(r"\d\d,\d{3}\.\d\d", "PRICE", text)
        texts.append(text)
    return texts


def cancel_all(page) -> None:
    page.get_by_role("button", name="Cancel all …").click()
    page.get_by_role("button", name="Cancel them").click()
    expect(page.locator("#open-count")).to_have_text("0")


@pytest.fixture
def alice(browse):
    """Her page; she leaves no order behind."""
    page = browse("alice")
    live(page)
    yield page
    if page.locator("#open-count").inner_text() != "0":
        cancel_all(page)


@pytest.mark.parametrize(("asked", "rows_"), LIVING, ids=[it[0][1] for it in LIVING])
def test_an_order_of_each_type_is_placed_and_stands_in_the_list(alice, asked, rows_):
    side, type_, fields, choices = asked
    choose(alice, side, type_, choices)
    fill_in(alice, side, type_, **fields)
    expect(alice.locator("#after")).to_contain_text("USDT")  # the forecast is there

    alice.get_by_role("button", name=f"{side} BTC").click()

    expect(rows(alice)).to_have_count(len(rows_))
    assert shown(alice) == rows_
    expect(alice.locator("#order .error:not(:empty)")).to_have_count(0)


def test_a_market_order_does_what_was_foretold_and_is_in_the_list_of_ended_orders(
    alice, running_exchange
):
    with running_exchange.quiet():
        fill_in(alice, "Buy", "Market", Quantity="0.01")
        expect(alice.locator("#fills")).to_have_text(re.compile(r"0\.01 BTC at \d"))
        [price] = re.findall(r"at ([\d,.]+\d)", alice.locator("#fills").inner_text())

        alice.get_by_role("button", name="Buy BTC").click()

        expect(alice.locator("#news")).to_contain_text("Bought 0.0")
        alice.get_by_role("radio", name="Ended").check()
        ended = alice.locator("#ended-orders tr").first
        expect(ended).to_contain_text(f"0.01 filled at {price}")
        expect(ended.locator(".state")).to_have_text("Filled")


def test_what_is_advanced_is_told_in_the_list(alice):
    fill_in(alice, "Sell", "Limit", Price="69000", Quantity="0.5")
    alice.get_by_text("Advanced").click()
    alice.get_by_label("Time in force").select_option("gtd")
    alice.get_by_label("Ends at, your time").fill("2027-01-01T12:30")
    alice.get_by_label("Post-only").select_option("reject")
    alice.get_by_label("Iceberg: show only").fill("0.1")
    alice.get_by_label("Meeting my own orders").select_option("decrement")

    alice.get_by_role("button", name="Sell BTC").click()

    expect(rows(alice)).to_have_count(1)
    expect(rows(alice).locator("small").first).to_contain_text(
        re.compile(r"until Jan 1.*· post-only · shows 0\.1 ·")
    )


def test_an_order_is_amended_where_it_stands_and_tells_its_story(alice):
    choose(alice, "Sell", "Stop limit", {})
    fill_in(
        alice, "Sell", "Stop limit", Trigger_price="58000", Price="57900", Quantity="0.01"
    )
    alice.get_by_role("button", name="Sell BTC").click()
    row = rows(alice).first
    row.get_by_role("button", name="Amend").click()
    alice.get_by_label("New price").fill("57800.005")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".error")).to_contain_text("not a multiple of the market's tick")
    alice.get_by_label("New price").fill("57800")
    alice.get_by_label("New trigger price").fill("58100")
    alice.get_by_label("New quantity, in all").fill("0.02")

    row.get_by_role("button", name="Save").click()

    # The answer and the news of the socket both draw the row.
    for part in ("57,800.00", "0.02000", "Waits for a last price of 58,100.00 or less"):
        expect(row).to_contain_text(part)
    assert shown(alice) == [
        "Sell stop limit … 57,800.00 58,100.00 0.02000 "
        "Waits for a last price of 58,100.00 or less"
    ]
    row.get_by_role("button", name="Story").click()
    story = alice.locator("#story-entries")
    expect(story).to_contain_text(
        "The price was amended from 57,900.00 USDT to 57,800.00 USDT."
    )
    expect(story).to_contain_text("The quantity was amended from 0.01 BTC to 0.02 BTC.")
    expect(story).to_contain_text("Waits for the last price to reach 58,000.00 USDT")
    alice.get_by_role("button", name="Close").click()


def test_a_refusal_stands_beside_its_field_in_words_with_its_figures(alice):
    fill_in(alice, "Sell", "Limit", Price="69000", Quantity="50")

    alice.get_by_role("button", name="Sell BTC").click()

    error = alice.locator("#quantity-error")
    expect(error).to_have_text(re.compile(r"^It needs 50 BTC; [\d.]+ BTC is available\.$"))
    expect(alice.locator("#quantity")).to_be_focused()
    alice.get_by_role("radio", name="Ended").check()
    refused = alice.locator("#ended-orders tr").first
    expect(refused.locator(".state")).to_have_text("Rejected: not enough funds")
    refused.get_by_role("button", name="Story").click()
    expect(alice.locator("#story-entries")).to_contain_text("50 BTC was needed")


def test_one_leg_of_a_list_is_cancelled_and_the_other_goes_with_it(alice):
    fill_in(
        alice, "Sell", "OCO", Limit_price="70000", Stop_trigger="58000", Quantity="0.01"
    )
    alice.get_by_role("button", name="Sell BTC").click()
    expect(rows(alice)).to_have_count(2)

    rows(alice).last.get_by_role("button", name="Cancel").click()

    expect(rows(alice)).to_have_count(0)
    expect(alice.locator("#news")).to_contain_text(
        "Order cancelled: the other order of its list was first."
    )


def test_all_orders_of_a_side_are_cancelled_after_a_question(alice):
    for side, price in (("Buy", "60000"), ("Sell", "69000"), ("Sell", "69100")):
        fill_in(alice, side, "Limit", Price=price, Quantity="0.01")
        alice.get_by_role("button", name=f"{side} BTC").click()
        expect(alice.locator("#news")).to_contain_text("Order placed")
        expect(alice.get_by_label("Quantity", exact=True)).to_have_value("")
    expect(rows(alice)).to_have_count(3)
    alice.get_by_role("button", name="Cancel all …").click()
    alice.get_by_role("radio", name="Sells").check()
    expect(alice.locator("#confirm-count")).to_have_text("2 orders.")

    alice.get_by_role("button", name="Cancel them").click()

    expect(rows(alice)).to_have_count(1)
    assert shown(alice) == ["Buy limit … 60,000.00 – 0.01000 In the book"]


def test_the_slider_takes_a_share_of_what_is_available(alice):
    fill_in(alice, "Buy", "Limit", Price="50000")

    alice.get_by_role("button", name="Max").click()

    available = alice.locator("#available").inner_text().removesuffix(" USDT")
    most = int(float(available.replace(",", "")) / 50_000 * 100_000)
    quantity = alice.get_by_label("Quantity", exact=True).input_value()
    assert round(float(quantity) * 100_000) == most


def test_the_page_follows_the_state_of_the_market(alice, running_exchange):
    banner = alice.locator("#market-state")
    expect(banner).to_be_hidden()
    try:
        running_exchange.staff_sets("AUCTION")

        expect(banner).to_contain_text("Auction. Orders are collected")
        expect(banner).to_contain_text("It opens when the exchange says so.")
        fill_in(alice, "Buy", "Limit", Price="66000", Quantity="0.001")
        alice.get_by_role("button", name="Buy BTC").click()
        expect(banner).to_contain_text(re.compile(r"Now it would trade 0\.\d+ BTC at \d"))
        expect(alice.locator("#spread")).to_have_text("crossed")
    finally:
        running_exchange.staff_sets("OPEN")

    expect(banner).to_be_hidden()
    expect(alice.locator("#news")).to_contain_text("Bought 0.00")


def test_a_page_that_goes_away_takes_its_orders_along_if_asked_to(alice, browse):
    fill_in(alice, "Buy", "Limit", Price="60000", Quantity="0.01")
    alice.get_by_role("button", name="Buy BTC").click()
    expect(rows(alice)).to_have_count(1)
    other = browse("alice")
    live(other)
    other.get_by_label("Cancel all on disconnect").check()
    expect(other.get_by_label("Cancel all on disconnect")).to_be_checked()
    other.wait_for_timeout(500)  # the answer of the exchange: it is durable

    other.close()

    expect(rows(alice)).to_have_count(0, timeout=10_000)
