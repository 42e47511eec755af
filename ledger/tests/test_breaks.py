"""What an audit found is kept, and people decide on it."""

from datetime import timedelta

import pytest

from ledger.errors import (
    BreakMovedOn,
    BreakReasonMissing,
    MayNotResolveBreaks,
    UnknownBreak,
)
from ledger.models import AuditedBalance, AuditRun, Break, Transfer
from ledger.selectors import audit_standing, break_of, last_audit, last_look, open_breaks
from ledger.services import (
    Violation,
    accept_break,
    acknowledge_break,
    mend_break,
    record_audit,
    record_failed_audit,
)
from tests.staff import member
from tests.stories import NOON, asset, fund, person

pytestmark = pytest.mark.django_db
FULL, RECENT = AuditRun.Kind.FULL, AuditRun.Kind.RECENT
WRONG = Violation("L3", "account 17: its balance exceeds its transfers by 1", (1,))


def audited(*violations: Violation, kind=RECENT, upto: int = 0) -> AuditRun:
    return record_audit(
        kind=kind,
        violations=violations,
        checked=30,
        marks={"transfer": upto},
        started_at=NOON,
        now=NOON + timedelta(seconds=1),
    )


def erin():
    return member("erin", "ledger.view_break", "ledger.resolve_break")


def states() -> list[tuple[str, str]]:
    return list(Break.objects.order_by("id").values_list("subject", "state"))


# Runs -----------------------------------------------------------------------------------


def test_a_run_says_how_it_ended():
    clean = audited()
    broken = audited(WRONG, Violation("L2", "asset 1: debits exceed credits by 1", (1,)))
    failed = record_failed_audit(
        kind=RECENT, why="no connection", started_at=NOON, now=NOON
    )

    assert [it.outcome for it in (clean, broken, failed)] == ["clean", "broken", "failed"]
    assert (clean.checked, clean.broken, broken.broken) == (30, 0, 2)
    assert (last_audit(), last_look()) == (failed, broken)
    assert last_audit(outcome="clean") == clean
    assert last_audit(kind="full") is None


def test_the_standing_tells_of_the_last_run_that_could_look():
    nothing = audit_standing()
    audited(WRONG)
    record_failed_audit(kind=FULL, why="x", started_at=NOON, now=NOON)

    standing = audit_standing()

    none, one = {"open": 0, "acknowledged": 0}, {"open": 1, "acknowledged": 0}
    assert (nothing.age, nothing.outcome, nothing.breaks) == (None, "", none)
    assert standing.duration == timedelta(seconds=1)
    assert (standing.outcome, standing.full_age) == ("failed", None)
    assert standing.breaks == one


# Breaks ---------------------------------------------------------------------------------


def test_the_same_subject_again_is_the_same_break():
    first = audited(WRONG)
    again = audited(Violation("L3", "account 17: its balance exceeds its transfers by 2"))
    audited()

    [found] = open_breaks()

    assert (found.what, found.assets) == (WRONG.what, [1])
    assert (found.found, found.seen) == (first, again)


def test_one_subject_told_twice_is_one_break():
    run = audited(Violation("O9", "order 5: a"), Violation("O9", "order 5: b"))

    assert (run.broken, states()) == (1, [("order 5", "open")])


def test_a_break_that_is_gone_stays_until_a_person_resolves_it():
    audited(WRONG)
    assert audited().outcome == "clean"

    assert states() == [("account 17", "open")]


def test_a_break_is_acknowledged_and_resolved_with_reasons():
    audited(WRONG)
    [found] = open_breaks()

    acknowledge_break(break_id=found.pk, actor=erin(), reason=" looking ", now=NOON)
    assert list(open_breaks()) == [found]
    mend_break(break_id=found.pk, actor=erin(), reason="mended", now=NOON)

    found.refresh_from_db()
    assert list(open_breaks()) == []
    assert (found.acknowledged_by, found.acknowledged_reason) == (erin(), "looking")
    assert (found.resolved_by, found.resolved_reason) == (erin(), "mended")
    assert (found.state, found.accepted) == ("resolved", False)


def test_what_was_mended_and_comes_again_is_a_new_break():
    audited(WRONG)
    mend_break(break_id=open_breaks()[0].pk, actor=erin(), reason="x", now=NOON)

    run = audited(WRONG)

    assert run.outcome == "broken"
    assert states() == [("account 17", "resolved"), ("account 17", "open")]


def test_what_was_accepted_is_quiet_as_long_as_it_is_the_same():
    audited(WRONG)
    accept_break(break_id=open_breaks()[0].pk, actor=erin(), reason="x", now=NOON)

    same = audited(WRONG)
    worse = audited(Violation("L3", "account 17: its balance exceeds its transfers by 9"))

    assert (same.outcome, worse.outcome) == ("clean", "broken")
    assert states() == [("account 17", "resolved"), ("account 17", "open")]


def test_a_line_that_is_too_long_to_keep_is_accepted_all_the_same():
    long = Violation("O8", "market 1, trades: recorded " + "9" * 600)
    audited(long)
    accept_break(break_id=open_breaks()[0].pk, actor=erin(), reason="x", now=NOON)

    assert audited(long).outcome == "clean"
    assert not open_breaks().exists()


@pytest.mark.parametrize("step", [acknowledge_break, mend_break, accept_break])
def test_a_decision_needs_the_right_a_reason_and_a_break(step):
    audited(WRONG)
    [found] = open_breaks()

    with pytest.raises(MayNotResolveBreaks):
        step(break_id=found.pk, actor=person("dave"), reason="x", now=NOON)
    with pytest.raises(BreakReasonMissing):
        step(break_id=found.pk, actor=erin(), reason="  ", now=NOON)
    with pytest.raises(UnknownBreak):
        step(break_id=found.pk + 1, actor=erin(), reason="x", now=NOON)

    assert states() == [("account 17", "open")]


def test_a_break_is_decided_on_once():
    audited(WRONG)
    [found] = open_breaks()
    acknowledge_break(break_id=found.pk, actor=erin(), reason="x", now=NOON)
    with pytest.raises(BreakMovedOn):
        acknowledge_break(break_id=found.pk, actor=erin(), reason="x", now=NOON)
    accept_break(break_id=found.pk, actor=erin(), reason="x", now=NOON)
    for step in (acknowledge_break, mend_break, accept_break):
        with pytest.raises(BreakMovedOn):
            step(break_id=found.pk, actor=erin(), reason="x", now=NOON)


def test_a_break_concerns_its_assets_and_one_of_unknown_assets_all():
    assert break_of(asset_id=1) is None
    audited(WRONG)
    assert break_of(asset_id=1) is not None
    assert break_of(asset_id=2) is None

    audited(Violation("L7", "entry 4: no transfers"))

    assert break_of(asset_id=2) is not None


# Balances -------------------------------------------------------------------------------


def remembered() -> dict[int, int]:
    return dict(AuditedBalance.objects.values_list("account_id", "balance"))


def test_balances_are_remembered_up_to_the_mark():
    fund(person("alice"), "BTC", "1")
    fund(person("bob"), "BTC", "2")
    first, second = Transfer.objects.order_by("id")
    custody, alice, bob = first.debit_id, first.credit_id, second.credit_id

    audited(kind=FULL, upto=first.pk)
    assert remembered() == {custody: 10**8, alice: 10**8}
    audited(upto=second.pk)
    assert remembered() == {custody: 3 * 10**8, alice: 10**8, bob: 2 * 10**8}

    AuditedBalance.objects.update(balance=7)
    audited(upto=second.pk)
    assert set(remembered().values()) == {7}
    audited(kind=FULL, upto=second.pk)
    assert remembered() == {custody: 3 * 10**8, alice: 10**8, bob: 2 * 10**8}
    assert asset("BTC").pk == first.asset_id
