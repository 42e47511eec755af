"""A customer sees in their own browser that they were counted."""

import json
import subprocess
import sys

from tests.embedded.clones import PROJECT
from tests.journeys.pages import IN_A_BROWSER, expect

pytestmark = IN_A_BROWSER

#: Seal what the demo has booked, take a proof of it and publish it.
_PUBLISH = """
import secrets
from accounts.models import User
from kernel import clock
from ledger.audit import SEALED
from ledger.selectors import streams_of
from ledger.services import seal_stream
from proofs.models import ProofDecision
from proofs.services import take_proof
for _ in range(3):
    seal_stream(stream=streams_of(SEALED[0])[0], now=clock.now(), least=1)
proof = take_proof(
    key="a journey", seed=secrets.token_bytes(32), actor=None, now=clock.now()
)
ProofDecision.objects.get_or_create(
    proof=proof,
    defaults={"published": True, "by": User.objects.first(), "at": clock.now()},
)
"""


def test_a_customer_finds_their_part_and_checks_it_with_the_downloaded_script(
    browse, running_exchange, tmp_path
):
    running_exchange.run(_PUBLISH)
    page = browse("alice")

    page.get_by_role("link", name="Proofs").click()

    expect(page.locator("#verdict")).to_contain_text("all that you had is counted")
    expect(page.locator(".check[data-state=right]")).to_have_count(3)
    with page.expect_download() as part:
        page.get_by_role("link", name="Download my part").click()
    with page.expect_download() as tree:
        page.get_by_role("link", name="CSV").first.click()
    with page.expect_download() as script:
        page.get_by_role("link", name="verify_liabilities.py").click()
    names = []
    for number, download in enumerate((script, part, tree)):
        download.value.save_as(tmp_path / str(number))
        names.append(str(tmp_path / str(number)))
    answer = subprocess.run(
        [sys.executable, "-I", *names], capture_output=True, text=True, cwd=PROJECT
    )
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "valid")
    assert {
        tree["asset"] for tree in json.loads((tmp_path / "1").read_text())["trees"]
    } == {
        "BTC",
        "ETH",
        "USDT",
    }


def test_a_page_that_was_tampered_with_on_its_way_is_found(browse, running_exchange):
    running_exchange.run(_PUBLISH)
    page = browse("alice")

    def tampered(route):
        body = route.fetch().json()
        leaf = body["trees"][0]["leaves"][0]
        leaf["value"] = str(int(leaf["value"]) - 1)
        route.fulfill(json=body)

    page.route("**/mine", tampered)
    page.get_by_role("link", name="Proofs").click()

    expect(page.locator("#verdict")).to_contain_text("Something is not as it should be")
    expect(page.locator(".check[data-state=wrong]")).to_have_count(1)
