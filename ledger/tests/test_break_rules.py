"""What an audit found stays found: each rule of the database, tried by force."""

import pytest
from django.db import connection

from ledger.models import AuditRun, Break
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import NOON, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def found() -> Break:
    audit = AuditRun.objects.create(
        kind="full", outcome="broken", broken=1, started_at=NOON, finished_at=NOON
    )
    return Break.objects.create(
        invariant="L3",
        subject="account 17",
        what="account 17: balance 5, transfers say 4",
        assets=[1],
        found=audit,
        seen=audit,
        opened_at=NOON,
    )


def set_to(change: str, *parameters: object) -> None:
    run(f"UPDATE ledger_break SET {change}", *parameters)


RESOLVED = (
    "state = 'resolved', resolved_by_id = %s, resolved_at = now(), resolved_reason = 'x'"
)
ACKNOWLEDGED = (
    "state = 'acknowledged', acknowledged_by_id = %s, acknowledged_at = now(), "
    "acknowledged_reason = 'x'"
)


def test_audits_are_for_ever(found):
    is_append_only("ledger_auditrun")


def test_an_audit_ends_after_it_started(found):
    with refused("audit_ends_after_start"):
        run(
            "INSERT INTO ledger_auditrun (kind, outcome, started_at, finished_at, checked, "
            "broken, marks, note) VALUES ('full', 'clean', now(), now() - interval '1 s', "
            "1, 0, '{}', '')"
        )


@pytest.mark.parametrize(
    ("outcome", "broken", "note"),
    [
        ("clean", 1, ""),
        ("broken", 0, ""),
        ("failed", 0, ""),
        ("clean", 0, "why"),
        ("odd", 0, ""),
    ],
)
def test_an_outcome_fits_what_was_found(found, outcome, broken, note):
    with refused("audit_outcome_fits_what_it_found"):
        run(
            "INSERT INTO ledger_auditrun (kind, outcome, started_at, finished_at, checked, "
            "broken, marks, note) VALUES ('full', %s, now(), now(), 1, %s, '{}', %s)",
            outcome,
            broken,
            note,
        )


def test_breaks_are_never_deleted(found):
    for statement in ("DELETE FROM ledger_break", "TRUNCATE ledger_break"):
        refused_to_all(statement, why="ledger_break is append-only")


def test_a_break_keeps_its_facts(found):
    for change in (
        "invariant = 'L2'",
        "subject = 'account 18'",
        "what = 'nothing'",
        "assets = '{}'",
        "opened_at = now()",
    ):
        refused_to_all(f"UPDATE ledger_break SET {change}", why="keeps its facts")
    with the_owner(), refused("keeps its facts"):
        set_to("seen_id = seen_id - 1")


def test_a_break_opens_undecided(found):
    dave = person("dave").pk
    columns = (
        "INSERT INTO ledger_break (invariant, subject, what, assets, found_id, seen_id, "
        "opened_at, state, acknowledged_by_id, acknowledged_at, acknowledged_reason, "
        "resolved_by_id, resolved_at, resolved_reason, accepted) "
        "SELECT invariant, 'another', what, assets, found_id, seen_id, opened_at, "
    )
    for rest in (
        "'resolved', NULL, NULL, '', %s, now(), 'x', false FROM ledger_break",
        "'open', %s, now(), 'x', NULL, NULL, '', false FROM ledger_break",
    ):
        with refused("opens undecided"):
            run(columns + rest, dave)


def test_a_subject_has_one_open_break_of_a_rule(found):
    again = Break(
        invariant="L3",
        subject="account 17",
        what="x",
        found=found.found,
        seen=found.seen,
        opened_at=NOON,
    )
    with refused("one_open_break_of_a_subject"):
        again.save()

    set_to(RESOLVED, person("dave").pk)
    again.save()

    assert Break.objects.count() == 2


def test_an_acknowledgement_says_who_when_and_why(found):
    with refused("break_acknowledgement_is_whole"):
        set_to("acknowledged_by_id = %s", person("dave").pk)
    with refused("break_acknowledgement_is_whole"):
        set_to(ACKNOWLEDGED.replace("'x'", "''"), person("dave").pk)
    with refused("break_is_acknowledged_by_somebody"):
        set_to("state = 'acknowledged'")


def test_a_resolution_says_who_when_and_why(found):
    with refused("break_resolution_is_whole"):
        set_to("state = 'resolved'")
    with refused("break_resolution_is_whole"):
        set_to("accepted = true")
    with refused("break_resolution_is_whole"):
        set_to(RESOLVED.replace("'x'", "''"), person("dave").pk)


def test_a_break_is_decided_on_once(found):
    dave, carol = person("dave").pk, person("carol").pk
    set_to(ACKNOWLEDGED, dave)
    with the_owner():
        with refused("decided on once"):
            set_to("acknowledged_by_id = %s", carol)
        with refused("decided on once"):
            set_to("state = 'open'")
        set_to(RESOLVED, dave)
        for change in ("resolved_by_id = %s", "resolved_reason = 'y'", "accepted = true"):
            with refused("decided on once"):
                set_to(change, *([carol] if "%s" in change else []))
        with refused("decided on once"):
            set_to("state = 'open', resolved_by_id = NULL, resolved_at = NULL, "
                   "resolved_reason = ''")  # fmt: skip


def test_what_the_last_audit_saw_moves_on(found):
    later = AuditRun.objects.create(
        kind="full", outcome="broken", broken=1, started_at=NOON, finished_at=NOON
    )
    set_to("seen_id = %s", later.pk)

    found.refresh_from_db()
    assert (found.seen, connection.in_atomic_block) == (later, True)
