"""Assets, and what I have of them."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import page_body, read_cursor
from ledger.models import AccountKind
from ledger.selectors import asset_by_code, assets, balances_of, movements_page
from ledger.serializers import (
    AssetAnswer,
    BalanceAnswer,
    MovementPage,
    MovementsQuery,
    asset_body,
    balance_body,
    movement_body,
)


class AssetList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="assets", summary="Assets", responses=AssetAnswer(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response([asset_body(asset) for asset in assets()])


class BalanceList(APIView):
    @extend_schema(
        operation_id="balances", summary="My balances", responses=BalanceAnswer(many=True)
    )
    def get(self, request: Request) -> Response:
        assert request.user.pk is not None
        return Response(
            [balance_body(balance) for balance in balances_of(owner_id=request.user.pk)]
        )


class MovementList(APIView):
    @extend_schema(
        operation_id="movements",
        summary="What moved a balance of mine, the newest first",
        parameters=[MovementsQuery],
        responses=MovementPage,
    )
    def get(self, request: Request, asset: str) -> Response:
        query = MovementsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, limit = query.validated_data, query.validated_data["limit"]
        before = read_cursor(asked.get("cursor"), parts=1)
        assert request.user.pk is not None
        rows = movements_page(
            owner_id=request.user.pk,
            asset=asset_by_code(asset),
            kind=AccountKind(asked["account"]),
            before=before[0] if before else None,
            limit=limit + 1,
        )
        return Response(
            page_body(
                rows,
                limit=limit,
                body=movement_body,
                key=lambda row: (row.transfer.pk,),
            )
        )
