"""Exports: asked for once, made once, kept whole, proven later."""

import json
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from accounts.models import User
from kernel.errors import ExchangeError
from ledger.models import Entry
from reports.errors import (
    ExportKeyReused,
    ExportMovedOn,
    InvalidParameter,
    ManifestUnreadable,
    MayNotReadReports,
    MissingParameter,
    UnknownExport,
    UnknownFormat,
    UnknownReport,
)
from reports.models import Export, ExportEvent
from reports.services import (
    cancel_export,
    expire_exports,
    hand_out_export,
    make_exports,
    making,
    read_manifest,
    request_export,
    take_up_lost_exports,
    verify_manifest,
)
from reports.states import ARROWS, State
from reports.tests.stories import EVENING, Story, at, tell
from tests.attempts import no_guards, run
from tests.staff import member
from tests.stories import fund, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """Where the files go."""
    place = tmp_path / "exports"
    options = {"location": str(place)}
    exports = {**settings.STORAGES["exports"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "exports": exports}
    return place


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def erin() -> User:
    """Of finance."""
    return member("erin", "reports.view_report")


def ask(
    report: str = "journal", form: str = "csv", key: str = "k-1", **said: str
) -> Export:
    return request_export(
        report=report,
        said={name.rstrip("_"): text for name, text in said.items()},
        form=form,
        key=key,
        actor=erin(),
        now=EVENING,
    )


def made(**asked: str) -> Export:
    export = ask(**asked)
    make_exports(now=lambda: EVENING)
    export.refresh_from_db()
    return export


def content(export: Export) -> bytes:
    with storages["exports"].open(export.file) as file:
        return bytes(file.read())


def checks(export: Export) -> dict[str, bool | None]:
    manifest = read_manifest(text=json.dumps(export.manifest))
    with storages["exports"].open(export.file) as file:
        return {it.name: it.is_good for it in verify_manifest(manifest=manifest, file=file)}


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# Asking ---------------------------------------------------------------------------------


def test_what_is_asked_for_waits_with_its_cut_pinned(story: Story) -> None:
    export = ask(from_="2026-11-01")

    assert (export.state, export.parameters) == (State.QUEUED, {"from": "2026-11-01"})
    assert export.cut.startswith("2026-11-21T18:00:00.000000Z,transfer:")


def test_the_same_key_is_the_same_export(story: Story) -> None:
    first, again = ask(asset="BTC"), ask(asset="BTC")

    assert first.pk == again.pk
    assert Export.objects.count() == 1
    with pytest.raises(ExportKeyReused):
        ask(asset="USDT")
    with pytest.raises(ExportKeyReused):
        ask(asset="BTC", form="json")
    assert Export.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"report": "wishes"}, UnknownReport),
        ({"form": "pdf"}, UnknownFormat),
        ({"report": "trial_balance", "form": "hledger"}, UnknownFormat),
        ({"report": "customer_statement"}, MissingParameter),
        ({"asset": "GOLD"}, InvalidParameter),
        ({"form": "beancount", "user": "alice@example.com"}, InvalidParameter),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(
    story: Story, asked: dict[str, str], error: type[ExchangeError]
) -> None:
    with pytest.raises(error):
        ask(**asked)

    assert Export.objects.count() == 0


def test_only_who_may_read_reports_may_export_them(story: Story) -> None:
    export, mallory = made(), member("mallory", "deposits.view_deposit")

    with pytest.raises(MayNotReadReports):
        request_export(
            report="journal", said={}, form="csv", key="m", actor=mallory, now=EVENING
        )
    with pytest.raises(MayNotReadReports):
        hand_out_export(export_id=export.pk, actor=mallory, now=EVENING)
    with pytest.raises(MayNotReadReports):
        cancel_export(export_id=export.pk, actor=mallory, now=EVENING)
    assert Export.objects.get() == export


# Making ---------------------------------------------------------------------------------


def test_a_made_export_has_its_file_and_its_manifest(story: Story, folder: Path) -> None:
    export = made(form="hledger")

    manifest = json.loads((folder / f"{export.file}.manifest.json").read_text())
    assert export.state == State.DONE
    assert export.manifest == manifest
    assert left_in(folder) == [export.file, f"{export.file}.manifest.json"]
    assert export.file == f"{export.pk:06}-journal.journal"
    assert manifest["bytes"] == len(content(export))
    assert {name: manifest[name] for name in ("report", "format", "made_by", "cut")} == {
        "report": "journal",
        "format": "hledger",
        "made_by": "erin@example.com",
        "cut": export.cut,
    }
    assert manifest["rows"] == content(export).count(b"transfer: ") // 2


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "html", "hledger", "beancount"])
def test_a_file_proves_unchanged_and_the_books_say_the_same(
    story: Story, form: str
) -> None:
    export = made(form=form, to="2026-11-21T13:30Z")
    fund(person("alice"), "BTC", "3")

    assert checks(export) == {"manifest": True, "file": True, "seal": None, "books": True}


def test_a_changed_file_is_found(story: Story, folder: Path) -> None:
    export = made()

    (folder / export.file).write_bytes(content(export).replace(b"0.2", b"0.3", 1))

    assert checks(export) == {"manifest": True, "file": False, "seal": None, "books": True}


def test_a_changed_manifest_is_found(story: Story) -> None:
    export = made()
    facts = export.manifest | {"rows": 1_000}

    found = verify_manifest(manifest=read_manifest(text=json.dumps(facts)), file=None)

    assert next((it.name, it.is_good) for it in found) == ("manifest", False)


def test_changed_books_are_found(story: Story) -> None:
    export = made()

    with no_guards():
        run("UPDATE ledger_transfer SET amount = amount + 1 WHERE code = 40")

    assert checks(export) == {"manifest": True, "file": True, "seal": None, "books": False}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"manifest": "fairbook manifest 1"}'])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ManifestUnreadable):
        read_manifest(text=text)


def test_an_export_that_fails_says_so(story: Story, folder: Path) -> None:
    export = ask()
    folder.write_text("a file, where the directory should be")

    make_exports(now=lambda: EVENING)

    export.refresh_from_db()
    assert (export.state, export.manifest, export.file) == (State.FAILED, None, "")
    assert export.events.get(after=State.FAILED).reason == (
        "It failed on our side; the log has the cause."
    )


# Cancelling -----------------------------------------------------------------------------


def test_what_waits_can_be_cancelled_and_is_not_made(story: Story, folder: Path) -> None:
    export = ask()

    cancel_export(export_id=export.pk, actor=erin(), now=EVENING)
    cancel_export(export_id=export.pk, actor=erin(), now=EVENING)

    assert make_exports(now=lambda: EVENING) == 0
    assert [it.after for it in export.events.all()] == [State.CANCELLED]
    assert left_in(folder) == []


@pytest.mark.parametrize("step", [2, 3], ids=["while it is written", "at the last moment"])
def test_what_is_being_made_can_be_cancelled(
    story: Story, folder: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    export = ask()
    monkeypatch.setattr(making, "TOLD_EVERY", 1)
    looks = count(1)

    def now() -> datetime:
        if next(looks) == step:
            cancel_export(export_id=export.pk, actor=erin(), now=EVENING)
        return EVENING

    make_exports(now=now)

    export.refresh_from_db()
    assert next(looks) == step + 1
    assert (export.state, export.manifest) == (State.CANCELLED, None)
    assert left_in(folder) == []


def test_what_is_done_cannot_be_cancelled(story: Story) -> None:
    export = made()

    with pytest.raises(ExportMovedOn):
        cancel_export(export_id=export.pk, actor=erin(), now=EVENING)

    export.refresh_from_db()
    assert export.state == State.DONE


# Workers that die -----------------------------------------------------------------------


def started(export: Export) -> None:
    ExportEvent.objects.create(
        export=export, before=State.QUEUED, after=State.RUNNING, created_at=EVENING
    )


def test_an_export_whose_worker_died_is_made_again(story: Story, folder: Path) -> None:
    export = ask()
    started(export)
    folder.mkdir()
    (folder / ".making-half").write_text("half a file")

    taken_up = take_up_lost_exports(now=EVENING)
    make_exports(now=lambda: EVENING)

    export.refresh_from_db()
    assert (taken_up, export.state) == (1, State.DONE)
    assert checks(export)["file"]
    assert ".making-half" not in left_in(folder)


def test_an_export_that_kills_every_worker_is_given_up(story: Story) -> None:
    export = ask()
    for _ in range(making.LOST_MAX):
        started(export)
        take_up_lost_exports(now=EVENING)

    export.refresh_from_db()
    assert export.state == State.FAILED
    assert export.events.get(after=State.FAILED).reason == (
        "The worker ended while it made the export, 3 times."
    )


# Files ----------------------------------------------------------------------------------


def test_who_took_a_file_is_written_down(story: Story) -> None:
    export = made()

    with hand_out_export(export_id=export.pk, actor=erin(), now=EVENING) as file:
        taken = file.read()

    event = export.events.get(before=State.DONE)
    assert taken == content(export)
    assert (event.after, event.actor) == (State.DONE, erin())


def test_there_is_no_file_before_it_is_done(story: Story) -> None:
    export = ask()

    with pytest.raises(ExportMovedOn):
        hand_out_export(export_id=export.pk, actor=erin(), now=EVENING)
    with pytest.raises(UnknownExport):
        hand_out_export(export_id=export.pk + 1, actor=erin(), now=EVENING)
    assert list(export.events.all()) == []


def test_a_file_that_somebody_removed_is_not_handed_out(story: Story, folder: Path) -> None:
    export = made()
    (folder / export.file).unlink()

    with pytest.raises(ExportMovedOn, match="not where it was kept"):
        hand_out_export(export_id=export.pk, actor=erin(), now=EVENING)

    assert not export.events.filter(before=State.DONE).exists()


def test_files_go_after_a_month_and_their_manifests_stay(
    story: Story, folder: Path
) -> None:
    export = made()

    early = expire_exports(now=EVENING + timedelta(days=29))
    late = expire_exports(now=EVENING + timedelta(days=30))

    export.refresh_from_db()
    assert (early, late, export.state) == (0, 1, State.EXPIRED)
    assert left_in(folder) == [f"{export.file}.manifest.json"]
    assert export.manifest is not None
    with pytest.raises(ExportMovedOn):
        hand_out_export(export_id=export.pk, actor=erin(), now=EVENING)


def test_a_whole_file_of_a_dead_worker_goes_once_another_made_it(
    story: Story, folder: Path
) -> None:
    export = ask()
    name = f"{export.pk:06}-journal.csv"
    folder.mkdir()
    (folder / name).write_text("whole, but nobody knows")

    expire_exports(now=EVENING)
    before = left_in(folder)
    make_exports(now=lambda: EVENING)
    expire_exports(now=EVENING)

    export.refresh_from_db()
    assert before == [name]
    assert left_in(folder) == [export.file, f"{export.file}.manifest.json"]
    assert export.file != name


def test_nothing_is_cut_that_was_posted_after_the_question(story: Story) -> None:
    export = ask()
    before = Entry.objects.count()
    fund(person("alice"), "BTC", "3")

    make_exports(now=lambda: at(19))

    export.refresh_from_db()
    assert Entry.objects.count() == before + 1
    assert b"3.00000000" not in content(export)


def test_the_arrows_of_the_table_lead_from_the_first_state() -> None:
    assert {before for before, _ in ARROWS} | set(ARROWS.values()) == set(State)
