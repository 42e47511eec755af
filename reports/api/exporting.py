"""Exports, for the staff's programs: ask, watch, take."""

import secrets
from typing import Final

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.serializers import PageQuery, page_body, read_cursor
from kernel import clock
from reports.downloads import file_answer
from reports.errors import ExportMovedOn
from reports.formats import FORMATS
from reports.permissions import MayReadReports
from reports.selectors.exports import export_of, exports_page
from reports.serializers import ExportAnswer, ExportPage, RequestExport, export_body
from reports.services import cancel_export, hand_out_export, request_export

EXPORT_ID: Final = OpenApiParameter(
    "export_id", {"type": "string", "pattern": "^[0-9]{1,19}$"}, OpenApiParameter.PATH
)


class ExportList(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="request_export",
        summary="For staff: ask for a report as a file",
        description="It is made behind the scenes, at the moment at which it was asked "
        "for; look at it until it is `done`.",
        request=RequestExport,
        responses={201: ExportAnswer},
    )
    def post(self, request: Request) -> Response:
        form = RequestExport(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        export = request_export(
            report=asked["report"],
            said=asked["parameters"],
            form=asked["format"],
            key=asked.get("client_export_id") or secrets.token_hex(16),
            actor=_actor(request),
            now=clock.now(),
        )
        return Response(export_body(export), status=201)

    @extend_schema(
        operation_id="exports",
        summary="For staff: the exports, the newest first",
        parameters=[PageQuery],
        responses=ExportPage,
    )
    def get(self, request: Request) -> Response:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        before = read_cursor(query.validated_data.get("cursor"), parts=1)
        limit = query.validated_data["limit"]
        rows = exports_page(before=before[0] if before else None, limit=limit + 1)
        return Response(
            page_body(rows, limit=limit, body=export_body, key=lambda row: (row.pk,))
        )


class ExportDetail(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="export",
        summary="For staff: one export, and how far it is",
        parameters=[EXPORT_ID],
        responses=ExportAnswer,
    )
    def get(self, request: Request, export_id: int) -> Response:
        return Response(export_body(export_of(export_id=export_id)))


class ExportCancellation(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="cancel_export",
        summary="For staff: end an export that is still to be made",
        description="Cancelling it again changes nothing.",
        parameters=[EXPORT_ID],
        request=None,
        responses=ExportAnswer,
    )
    def post(self, request: Request, export_id: int) -> Response:
        cancel_export(export_id=export_id, actor=_actor(request), now=clock.now())
        return Response(export_body(export_of(export_id=export_id)))


class ExportFile(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="export_file",
        summary="For staff: the file of an export",
        description="Who takes it is written down.",
        parameters=[EXPORT_ID],
        responses={(200, "application/octet-stream"): OpenApiResponse(bytes)},
    )
    def get(self, request: Request, export_id: int) -> HttpResponseBase:
        file = hand_out_export(export_id=export_id, actor=_actor(request), now=clock.now())
        export = export_of(export_id=export_id)  # now that it is known to be done
        return file_answer(
            request=request._request,
            file=file,
            name=export.file,
            content_type=FORMATS[export.format].content_type,
            size=int(export.facts["bytes"]),
        )


class ExportManifest(APIView):
    permission_classes = [MayReadReports]

    @extend_schema(
        operation_id="export_manifest",
        summary="For staff: the manifest of an export",
        description="As it lies beside the file (docs/exports.md).",
        parameters=[EXPORT_ID],
        responses={200: {"type": "object", "additionalProperties": True}},
    )
    def get(self, request: Request, export_id: int) -> Response:
        export = export_of(export_id=export_id)
        if export.manifest is None:
            raise ExportMovedOn(f"The export is {export.state}.", state=export.state)
        return Response(export.manifest)


def _actor(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user
