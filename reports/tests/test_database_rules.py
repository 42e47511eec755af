"""What the database refuses of exports, by raw SQL. README.md lists the rules."""

from itertools import product

import pytest

from reports.models import Export
from reports.states import ARROWS, State
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.staff import member

pytestmark = pytest.mark.django_db
EVENT = (
    "INSERT INTO reports_export_event "
    "(export_id, before, after, actor_id, reason, manifest, file, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, now())"
)
EXPORT = (
    "INSERT INTO reports_export (asked_by_id, key, report, format, parameters, cut, state, "
    "manifest, file, created_at, moved_at) "
    "VALUES (%s, %s, 'journal', 'csv', '{}', '2026-11-21', %s, %s, %s, now(), now()) "
    "RETURNING id"
)
MANIFEST = '{"rows": 1}'
UNCHANGEABLE = "an export begins queued, keeps its facts, and moves only by an event"


def export(
    key: str = "k", state: str = "queued", manifest: str | None = None, file: str = ""
) -> int:
    erin = member("erin", "reports.view_report")
    [[number]] = run(EXPORT, erin.pk, key, state, manifest, file)
    return int(number)


def event(number: int, before: str, after: str, **other: object) -> None:
    """With all that such an event needs, but for what is said otherwise."""
    is_finished = (before, after) == ("running", "done")
    facts: dict[str, object] = {
        "actor": member("erin").pk,
        "reason": "why",
        "manifest": MANIFEST if is_finished else None,
        "file": "journal.csv" if is_finished else "",
    } | other
    run(EVENT, number, before, after, *facts.values())


def done() -> int:
    number = export()
    event(number, "queued", "running")
    event(number, "running", "done")
    return number


def facts_of(number: int) -> tuple[object, ...]:
    return run("SELECT state, manifest, file FROM reports_export WHERE id = %s", number)[0]


def test_a_key_of_somebody_names_one_export() -> None:
    export("k")

    with refused("export_key_is_unique"):
        export("k")
    with refused("export_has_a_key"):
        export("")


def test_an_export_begins_queued() -> None:
    with refused(UNCHANGEABLE):
        export(state="running")
    with the_owner(), refused(UNCHANGEABLE):
        export(state="done", manifest=MANIFEST, file="forged.csv")


def test_an_export_without_a_made_file_names_none() -> None:
    with refused("export_has_a_file_when_done"):
        export(manifest=MANIFEST)
    with refused("export_has_a_file_when_done"):
        export(file="forged.csv")


def test_an_export_keeps_its_facts_and_moves_only_by_events() -> None:
    number = export()

    for change in ("state = 'done'", "cut = '2020-01-01'", "parameters = '{\"a\": 1}'"):
        refused_to_all(f"UPDATE reports_export SET {change}", why=UNCHANGEABLE)

    assert facts_of(number) == ("queued", None, "")


def test_exports_are_never_deleted() -> None:
    export()

    for statement in ("DELETE FROM reports_export", "TRUNCATE reports_export CASCADE"):
        refused_to_all(statement, why="reports_export is append-only")

    assert Export.objects.count() == 1


def test_an_event_moves_its_export() -> None:
    number = done()

    assert facts_of(number) == ("done", MANIFEST, "journal.csv")
    with refused(f"export {number} is not running"):
        event(number, "running", "failed")
    assert facts_of(number) == ("done", MANIFEST, "journal.csv")


def test_events_are_for_ever() -> None:
    done()

    is_append_only("reports_export_event")


def test_an_event_follows_an_arrow_of_the_table() -> None:
    arrows = {(before, after) for (before, _), after in ARROWS.items()}
    number = export()

    for before, after in set(product(State, State)) - arrows:
        with refused("export_event_"):
            event(number, before, after)

    assert facts_of(number) == ("queued", None, "")


def test_what_is_done_has_a_file_and_a_manifest_and_nothing_else_has() -> None:
    number = export()
    with refused("export_event_brings_its_file"):
        event(number, "queued", "running", file="half.csv")
    event(number, "queued", "running")

    with refused("export_event_brings_its_file"):
        event(number, "running", "done", manifest=None)
    with refused("export_event_brings_its_file"):
        event(number, "running", "done", file="")

    assert facts_of(number) == ("running", None, "")


def test_a_failure_has_its_reason() -> None:
    number = export()
    event(number, "queued", "running")

    with refused("export_failure_has_its_reason"):
        event(number, "running", "failed", reason="")

    assert facts_of(number) == ("running", None, "")


def test_who_cancels_or_takes_a_file_is_known() -> None:
    waiting = export("other")
    with refused("export_is_handled_by_somebody"):
        event(waiting, "queued", "cancelled", actor=None)
    number = done()

    with refused("export_is_handled_by_somebody"):
        event(number, "done", "done", actor=None)

    assert facts_of(waiting) == ("queued", None, "")
