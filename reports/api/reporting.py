"""Reports and traces, for the staff."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from reports.api.paging import page_of
from reports.catalogue import REPORTS, report_of
from reports.permissions import MayReadReports
from reports.selectors import THINGS, answer, read_params, trace
from reports.serializers import (
    ASKED,
    PAGE,
    AnsweredReport,
    ReportAnswer,
    TraceAnswer,
    answer_body,
    report_body,
    trace_body,
)


class ReportList(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="reports",
        summary="For staff: what reports there are",
        responses=ReportAnswer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response([report_body(it) for it in REPORTS.values()])


class ReportDetail(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="report",
        summary="For staff: a report, as of any instant",
        description="Each report says which of the parameters it takes, and refuses the "
        "others. All of a long report is had as an export.",
        parameters=[
            OpenApiParameter("name", {"type": "string"}, OpenApiParameter.PATH),
            *ASKED,
            *PAGE,
        ],
        responses=AnsweredReport,
    )
    def get(self, request: Request, name: str) -> Response:
        asked = report_of(name)
        said, after, limit = page_of(request)
        params = read_params(report=asked, said=said, now=clock.now())
        return Response(
            answer_body(answer(report=asked, params=params, after=after, limit=limit))
        )


class TraceDetail(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="trace",
        summary="For staff: what is behind a figure",
        description="From a transfer to its entry and trade, on to both orders, the "
        "requests that placed them, and the persons.",
        parameters=[
            OpenApiParameter(
                "thing", {"type": "string", "enum": list(THINGS)}, OpenApiParameter.PATH
            ),
            OpenApiParameter(
                "id", {"type": "string", "pattern": "^[0-9]{1,19}$"}, OpenApiParameter.PATH
            ),
        ],
        responses=TraceAnswer,
    )
    def get(self, request: Request, thing: str, id: str) -> Response:  # noqa: A002  the field's own word
        return Response(trace_body(trace(thing=thing, id_text=id)))
