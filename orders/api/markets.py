"""Markets, and what trading in them costs."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.api.waiting import user_of
from orders.selectors import fee_standings, market_by_symbol, markets
from orders.serializers import FeeAnswer, MarketAnswer, fee_body, market_body


class MarketList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="markets", summary="Markets", responses=MarketAnswer(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response([market_body(market) for market in markets()])


class MarketDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="market", summary="One market", responses=MarketAnswer)
    def get(self, request: Request, symbol: str) -> Response:
        return Response(market_body(market_by_symbol(symbol)))


class FeeList(APIView):
    @extend_schema(
        operation_id="fees",
        summary="What my orders cost, by market",
        responses=FeeAnswer(many=True),
    )
    def get(self, request: Request) -> Response:
        standings = fee_standings(user_id=user_of(request))
        return Response([fee_body(standing) for standing in standings])
