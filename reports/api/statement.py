"""A customer's own statement."""

from io import BytesIO
from typing import Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from reports.api.paging import page_of
from reports.catalogue.statements import CUSTOMER_STATEMENT
from reports.errors import InvalidParameter, ReportTooLong, UnknownFormat
from reports.formats import FORMATS, Sink
from reports.selectors import answer, in_time, read_params
from reports.serializers import ASKED, PAGE, AnsweredReport, answer_body
from reports.table import Params

#: Who may be asked for is whoever asks.
OWN: Final = ("from", "to", "as_of", "asset")
#: A statement of more is asked for in parts.
CSV_ROWS_MAX: Final = 100_000


class Statement(APIView):
    @extend_schema(
        operation_id="statement",
        summary="My statement: opening balance, every movement, closing balance",
        description="Asset by asset, in a period or up to an instant.",
        parameters=[
            *(it for it in ASKED if it.name in OWN),
            OpenApiParameter("format", {"type": "string", "enum": ["json", "csv"]}),
            *PAGE,
        ],
        responses={
            (200, "application/json"): AnsweredReport,
            (200, "text/csv"): OpenApiResponse({"type": "string"}),
        },
    )
    def get(self, request: Request) -> Response | HttpResponse:
        said, after, limit = page_of(request)
        kind = said.pop("format", "json")
        if "user" in said:
            raise InvalidParameter("user: it is yours.", parameter="user")
        if kind not in ("json", "csv"):
            raise UnknownFormat("It is json or csv.")
        params = read_params(
            report=CUSTOMER_STATEMENT,
            said=said | {"user": str(request.user.pk)},
            now=clock.now(),
        )
        if kind == "csv":
            return _csv(params)
        return Response(
            answer_body(
                answer(report=CUSTOMER_STATEMENT, params=params, after=after, limit=limit)
            )
        )


def _csv(params: Params) -> HttpResponse:
    """All of it at once, in the time that any answer has."""
    file = BytesIO()
    with in_time():
        FORMATS["csv"].write(Sink(file, heard=_expect_few), CUSTOMER_STATEMENT, params)
    return HttpResponse(
        file.getvalue(),
        content_type=FORMATS["csv"].content_type,
        headers={"Content-Disposition": 'attachment; filename="statement.csv"'},
    )


def _expect_few(rows: int) -> None:
    """raises  ReportTooLong"""
    if rows > CSV_ROWS_MAX:
        raise ReportTooLong(
            f"More than {CSV_ROWS_MAX} movements: ask for a shorter period."
        )
