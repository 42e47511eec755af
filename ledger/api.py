"""Assets, and what I have of them."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.selectors import assets, balances_of
from ledger.serializers import AssetAnswer, BalanceAnswer, asset_body, balance_body


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
