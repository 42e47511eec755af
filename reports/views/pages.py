"""The catalogue, a report with its parameters, and the trace of one thing."""

import re
import secrets
from typing import Any, Final

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.staff import staff_of
from kernel import clock
from kernel.errors import ExchangeError
from reports.catalogue import GROUPS, report_of
from reports.errors import ReportTooLong, UnknownReport, UnknownThing
from reports.selectors import Answer, answer, read_params, trace
from reports.staff import (
    expect_right,
    fields_of,
    formats_of,
    grid_of,
    grid_of_listing,
    report_address,
    shortcuts,
    thing_address,
)
from reports.table import Params, Report

#: So many rows stand on a page.
PAGE_ROWS: Final = 200


def index(request: HttpRequest) -> HttpResponse:
    """What reports there are."""
    expect_right(request)
    context = {"title": "Reports", "groups": GROUPS}
    return TemplateResponse(request, "reports/index.html", _with_site(request, context))


def report(request: HttpRequest, name: str) -> HttpResponse:
    """One report: what may be asked, and the answer to what was."""
    expect_right(request)
    try:
        asked = report_of(name)
    except UnknownReport as unknown:
        raise Http404(unknown.detail) from unknown
    said, now = request.GET.dict(), clock.now()
    after = said.pop("after", "")
    context: dict[str, Any] = {
        "title": asked.title,
        "report": asked,
        "fields": fields_of(asked, said),
        "shortcuts": shortcuts(asked, said, now),
    }
    status = 200
    if all(said.get(need) for need in asked.needs):
        try:
            params = read_params(report=asked, said=said, now=now)
            context |= _offered(params, asked)
            start = int(after) if re.fullmatch("[0-9]{1,9}", after, re.ASCII) else 0
            found = answer(report=asked, params=params, after=start, limit=PAGE_ROWS)
        except ExchangeError as refused:
            context["refused"] = refused.detail
            status = 503 if isinstance(refused, ReportTooLong) else 400
        else:
            context |= _answered(found, after)
    return TemplateResponse(
        request, "reports/report.html", _with_site(request, context), status=status
    )


def thing(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """What is behind a figure."""
    expect_right(request)
    try:
        found = trace(thing=kind, id_text=key)
    except UnknownThing as unknown:
        raise Http404(unknown.detail) from unknown
    context = {
        "title": found.title,
        "trace": found,
        "facts": [(it, thing_address(it.leads_to)) for it in found.facts if it.text],
        "grids": [(it, grid_of_listing(it)) for it in found.listings],
        "reports": [
            (report_of(name).title, report_address(name, said))
            for name, said in found.reports
        ],
    }
    return TemplateResponse(request, "reports/trace.html", _with_site(request, context))


def _offered(params: Params, report: Report) -> dict[str, Any]:
    """All of it as a file: also what takes too long to be shown."""
    return {
        "formats": formats_of(report),
        "key": secrets.token_urlsafe(12),
        "pinned": dict(params.said) | {"as_of": str(params.cut)},
    }


def _answered(found: Answer, after: str) -> dict[str, Any]:
    said = dict(found.params.said)
    name, last = found.report.name, found.after + len(found.rows)
    previous = max(found.after - PAGE_ROWS, 0)
    return {
        "answer": found,
        "grid": grid_of(found),
        "first_row": found.after + 1,
        "last_row": last,
        "previous": report_address(name, said | {"after": str(previous)})
        if found.after
        else "",
        "next": "" if found.is_all else report_address(name, said | {"after": str(last)}),
        "is_paged": bool(after) or not found.is_all,
    }


def _with_site(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    return {**admin.site.each_context(request), "reader": staff_of(request), **context}
