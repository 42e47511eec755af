"""The pages as people use them: what journeys through a browser share."""

import re
import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
expect, Page, Locator = sync_api.expect, sync_api.Page, sync_api.Locator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def live(page: Page) -> None:
    """Wait until the page shows a book."""
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#bids .price").first).to_have_text(
        re.compile(r"\d"), timeout=30_000
    )
    expect(page.locator("#asks .price").last).to_have_text(re.compile(r"\d"))


def best(page: Page, side: str) -> str:
    rows = page.locator(f"#{side} .price")
    return (rows.first if side == "bids" else rows.last).inner_text().replace(",", "")


def btc(page: Page) -> Locator:
    """The cell that shows how much Bitcoin is available."""
    return page.locator("#balances tr", has_text="BTC").locator("td").first


def fill_in(page: Page, side: str, type_: str, **fields: str) -> None:
    """Choose side and type of an order and fill in its fields, by their labels."""
    page.get_by_role("radio", name=side, exact=True).check()
    page.get_by_role("radio", name=type_, exact=True).check()
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)


def place(page: Page, side: str, price: str, quantity: str) -> None:
    """Place a limit order."""
    fill_in(page, side, "Limit", Price=price, Quantity=quantity)
    page.get_by_role("button", name=f"{side} BTC").click()


def rows(page: Page) -> Locator:
    """The visitor's live orders, the newest first."""
    return page.locator("#open-orders tr")
