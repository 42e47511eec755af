"""Exports by the API: for staff whose token was made with a one-time password."""

import json
from pathlib import Path
from typing import Any

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from accounts.services import OTP_CLAIM
from reports.models import Export
from reports.services import make_exports
from reports.tests.stories import EVENING, tell
from tests.staff import member
from tests.stories import Caller, caller

pytestmark = pytest.mark.django_db
EXPORTS = "/api/v1/exports"
WISH = {"report": "journal", "format": "csv", "parameters": {"asset": "BTC"}}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    options = {"location": str(tmp_path)}
    exports = {**settings.STORAGES["exports"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "exports": exports}
    tell(monkeypatch)
    return tmp_path


def erin() -> Caller:
    """Of finance, with a token that was made with a one-time password."""
    user = member("erin", "reports.view_report")
    token = AccessToken.for_user(user)
    token[OTP_CLAIM] = True
    client = caller()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_an_export_is_asked_for_watched_and_taken(files: Path) -> None:
    client = erin()

    asked = client.post(EXPORTS, WISH | {"client_export_id": "may"}).json()
    make_exports(now=lambda: EVENING)
    done = client.get(f"{EXPORTS}/{asked['id']}").json()
    file = client.get(f"{EXPORTS}/{asked['id']}/file")
    manifest = client.get(f"{EXPORTS}/{asked['id']}/manifest").json()

    export = Export.objects.get()
    assert (asked["status"], asked["rows"], asked["sha256"]) == ("queued", None, None)
    assert (done["status"], done["client_export_id"]) == ("done", "may")
    assert b"".join(file) == (files / export.file).read_bytes()
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert manifest == json.loads((files / f"{export.file}.manifest.json").read_text())
    assert (done["bytes"], done["sha256"]) == (manifest["bytes"], manifest["sha256"])


def test_the_same_id_again_makes_nothing_and_another_wish_is_a_conflict() -> None:
    client = erin()

    first = client.post(EXPORTS, WISH | {"client_export_id": "may"})
    again = client.post(EXPORTS, WISH | {"client_export_id": "may"})
    other = client.post(EXPORTS, WISH | {"format": "json", "client_export_id": "may"})

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "export_key_reused")
    assert Export.objects.count() == 1


def test_the_list_goes_on_where_a_page_ended() -> None:
    client = erin()
    ids = [client.post(EXPORTS, WISH).json()["id"] for _ in range(3)]

    first = client.get(EXPORTS, {"limit": 2}).json()
    rest = client.get(EXPORTS, {"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [it["id"] for it in first["results"] + rest["results"]] == ids[::-1]
    assert rest["next_cursor"] is None


def test_what_waits_can_be_cancelled_by_the_api() -> None:
    client = erin()
    asked = client.post(EXPORTS, WISH).json()

    cancelled = client.post(f"{EXPORTS}/{asked['id']}/cancel")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    file = client.get(f"{EXPORTS}/{asked['id']}/file")
    manifest = client.get(f"{EXPORTS}/{asked['id']}/manifest")
    assert (file.status_code, file.json()["code"]) == (409, "export_moved_on")
    assert (manifest.status_code, manifest.json()["code"]) == (409, "export_moved_on")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (WISH | {"report": "wishes"}, "unknown_report"),
        (WISH | {"format": "pdf"}, "invalid_request"),
        (WISH | {"report": "trial_balance", "format": "hledger"}, "unknown_format"),
        (WISH | {"parameters": {"colour": "red"}}, "unknown_parameter"),
        (WISH | {"parameters": {"asset": 5}}, "invalid_request"),
        (WISH | {"parameters": []}, "invalid_request"),
        (WISH | {"when": "now"}, "unknown_field"),
        (WISH | {"client_export_id": ""}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_what_cannot_be_made_is_one_clear_error(wish: dict[str, Any], code: str) -> None:
    answer = erin().post(EXPORTS, wish)

    assert (answer.status_code, answer.json()["code"]) in {(400, code), (404, code)}
    assert Export.objects.count() == 0


def test_a_token_without_a_one_time_password_is_not_enough() -> None:
    answer = caller(member("erin", "reports.view_report")).post(EXPORTS, WISH)

    assert (answer.status_code, answer.json()["code"]) == (403, "otp_needed")
    assert Export.objects.count() == 0


def test_an_export_that_is_not_there_is_not_found() -> None:
    answer = erin().get(f"{EXPORTS}/{10**18}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_export")
