"""Reports, traces and statements as JSON."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.serializers import DecimalText, IdText, StrictSerializer, TextField
from ledger.models import Seal
from reports.formats import FORMATS
from reports.models import Export
from reports.selectors import PARAMETERS, THINGS, Answer, Trace
from reports.selectors.exports import rows_so_far
from reports.states import State
from reports.table import Column, Report

#: So many rows an answer has, and may have.
ROWS: Final = 200
ROWS_MAX: Final = 1_000
#: What may be asked for, for the API's document; each report says which of them it takes.
ASKED: Final = [
    OpenApiParameter(name, str, description=it.hint) for name, it in PARAMETERS.items()
]
PAGE: Final = [
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": ROWS}
    ),
    OpenApiParameter(
        "after",
        {"type": "integer", "minimum": 0, "maximum": 10**9, "default": 0},
        description="How many rows to pass over; `next` of the answer before.",
    ),
]


class ReportAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    explains = serializers.CharField()
    takes = serializers.ListField(child=serializers.CharField())
    needs = serializers.ListField(child=serializers.CharField())
    formats = serializers.ListField(child=serializers.CharField())


class ColumnAnswer(serializers.Serializer[Any]):
    """`leads_to` is what /trace tells more of; its id stands in the column `key`."""

    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    leads_to = serializers.CharField(allow_null=True)
    key = serializers.CharField()


class SealAnswer(serializers.Serializer[Any]):
    number = IdText()
    sha256 = serializers.CharField()


class CutAnswer(serializers.Serializer[Any]):
    """Asked for again with this `as_of`, the report says the same."""

    as_of = serializers.CharField()
    transfer = IdText()
    seal = SealAnswer(allow_null=True)


class TotalAnswer(serializers.Serializer[Any]):
    of = serializers.CharField(help_text="Empty: of all together.")
    sums = serializers.DictField(child=DecimalText())


class AnsweredReport(serializers.Serializer[Any]):
    """Cells are strings: exact decimals, instants in UTC; empty for what is not there."""

    report = serializers.CharField()
    title = serializers.CharField()
    parameters = serializers.DictField(child=serializers.CharField())
    cut = CutAnswer()
    columns = ColumnAnswer(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    totals = TotalAnswer(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="`after` of the next page; null: these were all."
    )


class FactAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    text = serializers.CharField()
    leads_to = serializers.CharField(
        allow_null=True, help_text='What to trace next, as "trade/17".'
    )


class ListingAnswer(serializers.Serializer[Any]):
    title = serializers.CharField()
    columns = ColumnAnswer(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    is_all = serializers.BooleanField()


class TraceAnswer(serializers.Serializer[Any]):
    thing = serializers.ChoiceField(choices=list(THINGS))
    id = IdText()
    title = serializers.CharField()
    facts = FactAnswer(many=True)
    listings = ListingAnswer(many=True)


class RequestExport(StrictSerializer):
    report = TextField(max_length=40)
    format = serializers.ChoiceField(choices=list(FORMATS))
    parameters = serializers.DictField(
        child=TextField(max_length=200),
        default=dict,
        help_text="As the report takes them: texts by name.",
    )
    client_export_id = TextField(
        required=False,
        pattern="[A-Za-z0-9._:-]{1,64}",
        help_text="Yours, and unique for ever. Asking for the same export under the same "
        "id again makes nothing and answers with the first as it stands now.",
    )


class ExportAnswer(serializers.Serializer[Any]):
    id = IdText()
    client_export_id = serializers.CharField()
    report = serializers.CharField()
    format = serializers.CharField()
    parameters = serializers.DictField(child=serializers.CharField())
    cut = serializers.CharField(help_text="The moment at which it is made.")
    status = serializers.ChoiceField(choices=sorted(state.value for state in State))
    rows = serializers.IntegerField(allow_null=True, help_text="So far; null: unknown.")
    rows_expected = serializers.IntegerField(
        allow_null=True, help_text="A guess of the database's; null: it has none."
    )
    bytes = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)
    asked_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ExportPage(serializers.Serializer[Any]):
    results = ExportAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def export_body(export: Export) -> dict[str, Any]:
    return {
        "id": str(export.pk),
        "client_export_id": export.key,
        "report": export.report,
        "format": export.format,
        "parameters": export.parameters,
        "cut": export.cut,
        "status": export.state,
        "rows": rows_so_far(export=export),
        "rows_expected": export.expected,
        "bytes": export.facts.get("bytes"),
        "sha256": export.facts.get("sha256"),
        "asked_by": export.asked_by.email,
        "created_at": export.created_at,
        "updated_at": export.moved_at,
    }


def report_body(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "title": report.title,
        "explains": report.explains,
        "takes": list(report.takes),
        "needs": list(report.needs),
        "formats": sorted(report.formats),
    }


def answer_body(answer: Answer) -> dict[str, Any]:
    cut = answer.params.cut
    last = answer.after + len(answer.rows)
    return {
        "report": answer.report.name,
        "title": answer.report.title,
        "parameters": dict(answer.params.said),
        "cut": {
            "as_of": str(cut),
            "transfer": str(cut.transfer or 0),
            "seal": _seal_body(answer.seal),
        },
        "columns": [_column_body(it) for it in answer.columns],
        "rows": [list(row) for row in answer.rows],
        "totals": [{"of": it.of, "sums": it.cells} for it in answer.totals],
        "next": None if answer.is_all else last,
    }


def trace_body(trace: Trace) -> dict[str, Any]:
    return {
        "thing": trace.thing,
        "id": str(trace.id),
        "title": trace.title,
        "facts": [
            {
                "name": it.name,
                "text": it.text,
                "leads_to": it.leads_to.replace(" ", "/") or None,
            }
            for it in trace.facts
        ],
        "listings": [
            {
                "title": it.title,
                "columns": [_column_body(column) for column in it.columns],
                "rows": [list(row) for row in it.rows],
                "is_all": it.is_all,
            }
            for it in trace.listings
        ],
    }


def _column_body(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "title": column.title,
        "kind": column.kind,
        "leads_to": column.link,
        "key": column.key or column.name,
    }


def _seal_body(seal: Seal | None) -> dict[str, Any] | None:
    if seal is None:
        return None
    return {"number": str(seal.number), "sha256": seal.sha256}
