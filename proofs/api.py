"""Published proofs, for everybody; one's own part, for oneself."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import PageQuery, page_body, read_cursor
from proofs.models import ProofTree
from proofs.selectors import (
    own_part,
    page_count,
    proofs_page,
    published_proof,
    published_tree,
    tree_file,
    tree_file_page,
)
from proofs.serializers import (
    OwnPartAnswer,
    ProofAnswer,
    ProofPage,
    own_part_body,
    proof_body,
)


class CsvFile(BaseRenderer):
    """Says that text/csv may be asked for; the file is streamed past it."""

    media_type = "text/csv"
    format = "csv"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return JSONRenderer().render(data)


class ProofList(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="proofs",
        summary="Proofs of liabilities, the newest first",
        parameters=[PageQuery],
        responses=ProofPage,
    )
    def get(self, request: Request) -> Response:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        before = read_cursor(query.validated_data.get("cursor"), parts=1)
        limit = query.validated_data["limit"]
        rows = proofs_page(before=before[0] if before else None, limit=limit + 1)
        return Response(
            page_body(rows, limit=limit, body=proof_body, key=lambda row: (row.pk,))
        )


class ProofDetail(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="proof",
        summary="A proof: what was owed of each asset, and the signed reserves",
        responses=ProofAnswer,
    )
    def get(self, request: Request, proof_id: int) -> Response:
        return Response(proof_body(published_proof(proof_id=proof_id)))


class TreeFile(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer, CsvFile]

    @extend_schema(
        operation_id="proof_tree",
        summary="The whole tree of an asset, in BitMEX's format",
        description="The first line is `block_height:` and the tree's number; a line for "
        "each node follows, `digest,sum`, the root's first, then level by level.",
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "One line for each node.")
        },
    )
    def get(self, request: Request, proof_id: int, asset: str) -> StreamingHttpResponse:
        tree = published_tree(proof_id=proof_id, code=asset)
        # Over ASGI, Django would read all of a plain iterator into memory.
        is_async = isinstance(request._request, ASGIRequest)
        answer = StreamingHttpResponse(
            _pages(tree) if is_async else tree_file(tree),
            content_type="text/csv; charset=utf-8",
        )
        name = f"fairbook-proof-{proof_id}-{tree.asset.code}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        # What is published never changes.
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


async def _pages(tree: ProofTree) -> AsyncIterator[str]:
    page = database_sync_to_async(tree_file_page)
    for number in range(page_count(tree)):
        yield await page(tree=tree, number=number)


class OwnPart(APIView):
    @extend_schema(
        operation_id="proof_mine",
        summary="My part of a proof: my leaves, and their ways to the roots",
        description="The file that `verify_liabilities.py` reads.",
        responses=OwnPartAnswer,
    )
    def get(self, request: Request, proof_id: int) -> Response:
        assert request.user.pk is not None
        body = own_part_body(own_part(user_id=request.user.pk, proof_id=proof_id))
        return Response(body, headers={"Cache-Control": "no-store"})
