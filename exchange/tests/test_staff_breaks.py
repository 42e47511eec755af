"""Breaks on the staff's pages, and how the books are looked after, on their front page."""

from datetime import timedelta

import pytest

from exchange.audit_runs import run_audit
from exchange.seals import seal_due
from kernel import clock
from ledger.models import AuditRun, Break
from ledger.services import Violation, record_audit
from tests.staff import member, verified
from tests.stories import NOON, asset, fund, person

pytestmark = pytest.mark.django_db


def erin():
    rights = ("view_break", "resolve_break", "view_auditrun")
    return member("erin", *(f"ledger.{right}" for right in rights))


@pytest.fixture
def found() -> Break:
    what = Violation(
        "L3", "account 17: its balance exceeds its transfers by 1", [asset("BTC").pk]
    )
    run = record_audit(
        kind=AuditRun.Kind.FULL,
        violations=[what],
        checked=30,
        marks={},
        started_at=NOON,
        now=NOON + timedelta(seconds=2),
    )
    return run.found_breaks.get()


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


# The front page -------------------------------------------------------------------------


def test_the_front_page_tells_how_the_books_are_looked_after():
    fund(person("alice"), "BTC", "1")
    run_audit(full=True)
    desk = text_of(verified(erin()).get("/admin/"))

    assert '<span class="state state-clean">clean</span>' in desk
    assert " s ago, in " in desk
    assert "<b>0</b> breaks to resolve" in desk
    assert "rows wait, those of" in desk


def test_the_front_page_says_when_nobody_looks(found):
    desk = text_of(verified(erin()).get("/admin/"))

    assert '<b class="notable">' in desk
    assert '<span class="state state-broken">broken</span>' in desk
    assert "<b>1</b> breaks to resolve" in desk
    assert "1 unresolved: BTC halted, nothing of it is paid" in desk


def test_before_the_first_audit_the_front_page_says_so():
    seal_due(now=clock.now())

    desk = text_of(verified(erin()).get("/admin/"))

    assert '<b class="notable">never</b>' in desk


def test_others_are_not_told(found):
    desk = text_of(verified(member("carol")).get("/admin/"))

    assert "Last audit" not in desk
    assert "breaks to resolve" not in desk


# A break's page -------------------------------------------------------------------------


def test_a_break_is_acknowledged_and_resolved_on_its_page(found):
    browser, page = verified(erin()), f"/admin/ledger/break/{found.pk}/change/"
    step = f"/admin/ledger/break/{found.pk}/step"
    assert "exceeds its transfers by 1" in text_of(browser.get(page))

    browser.post(f"{step}/acknowledge/", {"reason": "I am at it."})
    assert "I am at it." in text_of(browser.get(page))
    assert "final" in text_of(browser.get(f"{step}/accept/"))
    browser.post(f"{step}/resolve/", {"reason": "A restored row."})

    found.refresh_from_db()
    assert (found.state, found.accepted) == ("resolved", False)
    assert (found.resolved_by, found.resolved_reason) == (erin(), "A restored row.")
    assert "Nothing more can be done" in text_of(browser.get(page))


def test_a_break_is_accepted_with_a_reason_only(found):
    browser, step = verified(erin()), f"/admin/ledger/break/{found.pk}/step/accept/"

    browser.post(step, {"reason": " "})
    found.refresh_from_db()
    assert found.state == "open"
    browser.post(step, {"reason": "Known since May."})

    found.refresh_from_db()
    assert (found.state, found.accepted) == ("resolved", True)


def test_who_may_only_look_is_told_so(found):
    browser = verified(member("carol", "ledger.view_break"))
    page = text_of(browser.get(f"/admin/ledger/break/{found.pk}/change/"))

    browser.post(f"/admin/ledger/break/{found.pk}/step/resolve/", {"reason": "x"})

    found.refresh_from_db()
    assert "You have no right to resolve breaks." in page
    assert found.state == "open"


def test_the_lists_show_what_is_unresolved_first(found):
    browser = verified(erin())

    assert "unresolved" in text_of(browser.get("/admin/ledger/break/"))
    assert "broken" in text_of(browser.get("/admin/ledger/auditrun/"))
    run = browser.get(f"/admin/ledger/auditrun/{found.found_id}/change/")
    assert "2.0" in text_of(run)


@pytest.mark.parametrize("table", ["break", "auditrun"])
def test_strangers_see_none_of_it(found, table):
    browser = verified(member("carol"))

    assert browser.get(f"/admin/ledger/{table}/").status_code == 403
    assert browser.get(f"/admin/ledger/{table}/{found.pk}/change/").status_code == 403
