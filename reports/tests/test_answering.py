"""Who waits for an answer does not wait for ever."""

import pytest

from reports.errors import ReportTooLong
from reports.selectors import answer, answering, read_params
from reports.table import Column, Query, Report
from reports.tests.stories import EVENING

pytestmark = pytest.mark.django_db

#: It sleeps for a minute before its only row.
SLOW = Report(
    name="slow",
    title="Slow",
    explains="",
    takes=(),
    columns=lambda _: [Column("asset", "Asset")],
    query=lambda _: Query("SELECT pg_sleep(60)::text", {}),
)


def test_a_report_that_takes_too_long_is_given_up_with_advice(monkeypatch):
    monkeypatch.setattr(answering, "ANSWER_MS", 50)
    params = read_params(report=SLOW, said={}, now=EVENING)

    with pytest.raises(ReportTooLong) as refused:
        answer(report=SLOW, params=params, after=0, limit=10)

    assert "make an export of it" in refused.value.detail
