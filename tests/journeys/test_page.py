"""The pages in a browser, on a whole exchange. Skipped where there is no Chromium."""

import re

import pytest

from tests.journeys.pages import IN_A_BROWSER, best, btc, expect, live, place

pytestmark = IN_A_BROWSER


def test_a_newcomer_signs_up_and_sees_a_living_market(browse):
    page = browse()
    live(page)
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail address").fill("nora@example.com")
    page.get_by_label("Password").fill("a long enough phrase")

    page.get_by_role("main").get_by_role("button", name="Sign up").click()

    live(page)
    expect(page.locator(".me")).to_have_text("nora@example.com")
    expect(page.locator("#no-funds")).to_be_visible()
    newest = page.locator("#trades tr").first
    before = newest.inner_text()
    expect(newest).not_to_have_text(before, timeout=30_000)


def test_an_order_is_placed_seen_in_the_book_and_cancelled(browse):
    page = browse("alice")
    live(page)

    place(page, "Buy", "70000.5", "0.00001")
    expect(page.locator("#quantity-error")).to_have_text(
        "The order's worth, 0.700005 USDT, is less than the least here, 1 USDT."
    )
    place(page, "Buy", "60000", "0.05")

    expect(page.locator("#news")).to_have_text("Order placed: buy 0.05000 at 60,000.00.")
    row = page.locator("#open-orders tr")
    expect(row).to_have_count(1)
    expect(page.locator("#balances")).to_contain_text("3,000")
    row.get_by_role("button", name="Cancel").click()
    expect(page.locator("#news")).to_have_text("Order cancelled.")
    expect(row).to_have_count(0)
    expect(page.locator("#no-orders")).to_be_visible()


def test_two_people_trade_with_each_other_in_two_browsers(browse, running_exchange):
    alice, bob = browse("alice"), browse("bob")
    live(alice)
    live(bob)
    with running_exchange.quiet():
        bid = int(best(alice, "bids").replace(".", "")) + 1
        had = _atoms(btc(bob).inner_text())
        price = f"{bid // 100}.{bid % 100:02}"
        shown = f"{bid // 100:,}.{bid % 100:02}"

        place(alice, "Sell", price, "0.02")
        expect(bob.locator("#asks .price").last).to_have_text(shown)
        bob.locator("#asks tr").last.click()
        bob.get_by_label("Quantity", exact=True).fill("0.02")
        bob.get_by_role("button", name="Buy BTC").click()

        expect(alice.locator("#news")).to_have_text(f"Sold 0.02000 BTC at {shown}.")
        expect(bob.locator("#news")).to_have_text(f"Bought 0.02000 BTC at {shown}.")
        for page in (alice, bob):
            expect(page.locator("#trades tr").first).to_contain_text(shown)
        expect(alice.locator("#open-orders tr")).to_have_count(0)
        expect(btc(bob)).to_have_text(_text(had + _atoms("0.01998")))


def test_a_market_order_is_worth_what_the_book_says(browse, running_exchange):
    page = browse("bob")
    live(page)
    with running_exchange.quiet():
        page.get_by_role("radio", name="Market").check()
        page.get_by_role("radio", name="By total").check()
        page.get_by_label("Spend up to").fill("500")
        expect(page.locator("#receive")).to_have_text(re.compile(r"0\.00\d+ BTC"))
        expected = page.locator("#receive").inner_text().removesuffix(" BTC")
        had = _atoms(btc(page).inner_text())

        page.get_by_role("button", name="Buy BTC").click()

        expect(page.locator("#news")).to_have_text(re.compile("^Bought"))
        expect(btc(page)).to_have_text(_text(had + _atoms(expected)))


def test_what_is_no_number_is_refused_before_it_is_sent(browse):
    page = browse("alice")
    live(page)

    place(page, "Buy", "1e3", "0.05")

    expect(page.locator("#price-error")).to_contain_text("Enter a number above zero")
    expect(page.get_by_label("Price", exact=True)).to_be_focused()


def test_a_lost_connection_is_told_and_made_again(browse):
    page = browse()
    sockets = []

    def between(socket) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/ws/v1"), between)
    page.reload()
    live(page)

    sockets[0].close()

    expect(page.locator("#connection")).to_contain_text("Connection lost")
    expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
    assert len(sockets) == 2


def test_a_gap_in_the_book_brings_a_fresh_snapshot(browse):
    page = browse()
    asked, lost = [], []

    def between(socket) -> None:
        server = socket.connect_to_server()

        def down(text: str) -> None:
            update = '"type":"update","channel":"depth"' in text
            if update and len(lost) < 1:
                lost.append(text)
            else:
                socket.send(text)

        def up(text: str) -> None:
            asked.append(text)
            server.send(text)

        server.on_message(down)
        socket.on_message(up)

    page.route_web_socket(re.compile("/ws/v1"), between)
    page.reload()
    live(page)

    def asks() -> int:
        return len([text for text in asked if '"depth"' in text])

    for _ in range(150):  # the browser's events arrive while we wait through it
        if asks() > 1:
            break
        page.wait_for_timeout(100)
    assert len(lost) == 1
    assert asks() == 2
    live(page)


def test_amounts_are_exact_in_the_browser(browse):
    page = browse()

    told = page.evaluate(
        """async () => {
            const { parse, parseTyped, format, group, show } =
                await import("/static/js/decimal.js");
            return [
                String(parse("0.1", 8) + parse("0.2", 8)),
                String(parse("92233720368.54775807", 8)),
                [parse("1e3", 8), parse("1.123456789", 8), parse("-1", 8), parse("", 8)],
                [".5", "5.", " 007 ", "1,000"].map((text) => String(parseTyped(text, 2))),
                format(-5n, 8), format(100_000_000n, 8, 2), format(7n, 0),
                group("1234567.8901"), show("-1234.50000000", 8, 2),
            ];
        }"""
    )

    assert told == [
        "30000000",
        "9223372036854775807",
        [None, None, None, None],
        ["50", "500", "700", "null"],
        "-0.00000005",
        "1.00",
        "7",
        "1,234,567.8901",
        "-1,234.50",
    ]


@pytest.mark.parametrize(
    "address", ["/", "/login", "/sign-up", "/api/docs", "/admin/login/"]
)
def test_every_page_works_under_the_content_policy(browse, address):
    page = browse(address=address)

    expect(page.locator("body")).not_to_be_empty()
    page.wait_for_load_state("networkidle") if address == "/api/docs" else None
    if address == "/api/docs":
        expect(page.locator(".opblock").first).to_be_visible()


def _atoms(text: str) -> int:
    whole, _, fraction = text.replace(",", "").partition(".")
    return int(whole + fraction.ljust(8, "0"))


def _text(atoms: int) -> str:
    digits = str(atoms).rjust(9, "0")
    return f"{int(digits[:-8]):,}.{digits[-8:]}".rstrip("0").rstrip(".")
