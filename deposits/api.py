"""My deposits."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import PageQuery, page_body, read_cursor
from deposits.selectors import deposits_page
from deposits.serializers import DepositPage, deposit_body


class DepositList(APIView):
    @extend_schema(
        operation_id="deposits",
        summary="My deposits, the newest first",
        description="Those that are credited.",
        parameters=[PageQuery],
        responses=DepositPage,
    )
    def get(self, request: Request) -> Response:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        before = read_cursor(query.validated_data.get("cursor"), parts=1)
        limit = query.validated_data["limit"]
        assert request.user.pk is not None
        rows = deposits_page(
            user_id=request.user.pk, before=before[0] if before else None, limit=limit + 1
        )
        return Response(
            page_body(rows, limit=limit, body=deposit_body, key=lambda row: (row.pk,))
        )
