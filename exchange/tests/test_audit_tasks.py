"""What beat starts: an audit of what came, one of everything, and never two at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from exchange.audit_runs import LOCK
from exchange.tasks import audit_everything, audit_recent
from ledger.models import AuditRun
from tests.attempts import run
from tests.stories import fund, person

pytestmark = pytest.mark.usefixtures("committed_db")


def kinds() -> list[tuple[str, str]]:
    return list(AuditRun.objects.order_by("id").values_list("kind", "outcome"))


def test_what_came_is_looked_at_each_minute_and_everything_each_night():
    fund(person("alice"), "BTC", "1")

    for task in (audit_recent, audit_recent, audit_everything, audit_recent):
        task()

    assert kinds() == [(kind, "clean") for kind in ("full", "recent", "full", "recent")]


def test_a_task_that_finds_another_audit_at_work_leaves_it_alone():
    def busy(task) -> None:
        try:
            task()
        finally:
            connection.close()

    run("SELECT pg_advisory_lock(%s)", LOCK)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(busy, audit_recent).result()
            pool.submit(busy, audit_everything).result()
    finally:
        run("SELECT pg_advisory_unlock(%s)", LOCK)

    assert kinds() == []
