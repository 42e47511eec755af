"""The staff's pages of exports: asked for with a click, watched, taken."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import Transfer
from reports.models import Export
from reports.services import Manifest, make_exports, verify_manifest
from reports.states import State
from reports.tests.stories import EVENING, tell
from tests.staff import member, verified, with_password_only

pytestmark = pytest.mark.django_db
NEW = "/admin/reports/export/new/"
LIST = "/admin/reports/export/"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    options = {"location": str(tmp_path)}
    exports = {**settings.STORAGES["exports"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "exports": exports}
    tell(monkeypatch)
    return tmp_path


def erin() -> Client:
    return verified(member("erin", "reports.view_report"))


def asked(browser: Client, **other: str) -> Export:
    browser.post(
        NEW, {"report": "journal", "format": "csv", "key": "click", "asset": "BTC"} | other
    )
    return Export.objects.get()


def test_a_click_asks_for_one_export_and_leads_to_it() -> None:
    browser = erin()
    wishes = {"report": "journal", "format": "csv", "key": "click", "asset": "BTC"}

    first, again = browser.post(NEW, wishes), browser.post(NEW, wishes)

    export = Export.objects.get()
    assert first.url == again.url == f"{LIST}{export.pk}/change/"  # type: ignore[attr-defined]
    assert (export.report, export.format, export.parameters) == (
        "journal", "csv", {"asset": "BTC"}
    )  # fmt: skip


def test_a_page_that_waits_looks_again_and_one_that_is_done_does_not() -> None:
    browser = erin()
    export = asked(browser)
    address = f"{LIST}{export.pk}/change/"

    waiting = browser.get(address)
    make_exports(now=lambda: EVENING)
    done = browser.get(address)

    assert (waiting.status_code, waiting.headers["Refresh"]) == (200, "3")
    assert "Refresh" not in done.headers
    page = done.content.decode()
    export.refresh_from_db()
    assert export.facts["sha256"] in page
    assert f"{export.file}.manifest.json" in page


def test_the_list_shows_and_finds_a_file_by_its_hash() -> None:
    browser = erin()
    export = asked(browser)
    make_exports(now=lambda: EVENING)
    export.refresh_from_db()

    found = browser.get(LIST, {"q": export.facts["sha256"]})
    lost = browser.get(LIST, {"q": "0" * 64})

    file = f"{LIST}{export.pk}/file/"
    assert file in found.content.decode()
    assert file not in lost.content.decode()


def test_the_file_and_its_manifest_can_be_taken(files: Path) -> None:
    browser = erin()
    export = asked(browser)
    make_exports(now=lambda: EVENING)
    export.refresh_from_db()

    file = browser.get(f"{LIST}{export.pk}/file/")
    manifest = browser.get(f"{LIST}{export.pk}/manifest/")

    assert b"".join(file) == (files / export.file).read_bytes()
    assert file.headers["Content-Disposition"] == f'attachment; filename="{export.file}"'
    assert "no-store" in file.headers["Cache-Control"]
    assert manifest.content == (files / f"{export.file}.manifest.json").read_bytes()
    story = browser.get(f"{LIST}{export.pk}/change/").content.decode()
    assert "took the file" in story


def test_what_cannot_be_made_is_said_and_leads_back() -> None:
    browser = erin()

    refused = browser.post(
        NEW,
        {"report": "journal", "format": "csv", "key": "k", "asset": "GOLD"},
        follow=True,
    )

    assert "There is no such asset." in refused.content.decode()
    assert Export.objects.count() == 0


def test_a_file_up_to_a_transfer_knows_nothing_of_later() -> None:
    """Whatever is no transfer, too, as of the instant of that transfer."""
    deposit = Transfer.objects.filter(code=40).latest("id")

    export = asked(erin(), report="trades", asset="", as_of=f"transfer:{deposit.pk}")
    make_exports(now=lambda: EVENING)

    export.refresh_from_db()
    assert (export.cut, export.facts["rows"]) == (f"transfer:{deposit.pk}", 0)
    checks = verify_manifest(manifest=Manifest(export.facts), file=None)
    assert [it.is_good for it in checks] == [True, None, True]


@pytest.mark.parametrize("key", ["", "a\x00b", "é", "k" * 81])
def test_a_click_without_a_key_of_ours_gets_a_new_one(key: str) -> None:
    export = asked(erin(), key=key)

    assert len(export.key) == 16


def test_an_export_is_cancelled_by_its_button() -> None:
    browser = erin()
    export = asked(browser)
    step = reverse("admin:reports_export_step", args=[export.pk, "cancel"])

    sure = browser.get(step).content.decode()
    browser.post(step)

    export.refresh_from_db()
    assert "is not made" in sure
    assert export.state == State.CANCELLED


def test_a_file_that_is_not_there_is_not_taken() -> None:
    browser = erin()
    export = asked(browser)

    answer = browser.get(f"{LIST}{export.pk}/file/", follow=True)

    assert "There is no file. The export is queued." in answer.content.decode()
    assert browser.get(f"{LIST}{export.pk}/manifest/").status_code == 404
    assert browser.get(f"{LIST}999999/file/").status_code == 302


def test_only_the_right_and_a_one_time_password_open_the_pages() -> None:
    export = asked(erin())
    compliance = verified(member("dave", "deposits.view_deposit"))
    half_way = with_password_only(member("erin"))
    addresses = [LIST, f"{LIST}{export.pk}/change/", f"{LIST}{export.pk}/manifest/"]

    for address in addresses:
        assert compliance.get(address).status_code == 403
        assert half_way.get(address).status_code == 302
    assert compliance.post(NEW, {"report": "journal"}).status_code == 403
    assert compliance.get(f"{LIST}{export.pk}/file/").status_code == 302
    assert [it.after for it in export.events.all()] == []
