"""What everybody may see of a market."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import PageQuery, page_body, read_cursor
from kernel import clock
from marketdata.feed import auction_body, depth_body, ticker_body, trade_body
from marketdata.selectors import (
    best_levels,
    indication_of,
    standing_of,
    ticker_of,
    trades_page,
)
from marketdata.serializers import (
    AuctionAnswer,
    DepthAnswer,
    DepthQuery,
    TickerAnswer,
    TradePage,
)
from orders.models import Market
from orders.selectors import market_by_symbol, markets


class Public(APIView):
    """Nobody has to say who they are, and a wrong token is no obstacle."""

    authentication_classes = []
    permission_classes = [AllowAny]


class Depth(Public):
    @extend_schema(
        operation_id="depth",
        summary="The order book's best levels",
        parameters=[DepthQuery],
        responses=DepthAnswer,
    )
    def get(self, request: Request, symbol: str) -> Response:
        query = DepthQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        market = market_by_symbol(symbol)
        depth = best_levels(market_id=market.pk, **query.validated_data)
        return Response(
            depth_body(
                market.rules,
                depth.sequence,
                state=depth.state,
                bids=depth.bids,
                asks=depth.asks,
            )
        )


class Auction(Public):
    @extend_schema(
        operation_id="auction",
        summary="What a market's auction would do if it ended now",
        responses=AuctionAnswer,
    )
    def get(self, request: Request, symbol: str) -> Response:
        market = market_by_symbol(symbol)
        return Response(auction_body(market.rules, indication_of(market_id=market.pk)))


class Trades(Public):
    @extend_schema(
        operation_id="trades",
        summary="Trades of everybody, the newest first",
        parameters=[PageQuery],
        responses=TradePage,
    )
    def get(self, request: Request, symbol: str) -> Response:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        limit = query.validated_data["limit"]
        before = read_cursor(query.validated_data.get("cursor"), parts=1)
        market = market_by_symbol(symbol)
        rules = market.rules
        rows = trades_page(
            market_id=market.pk, before=before[0] if before else None, limit=limit + 1
        )
        return Response(
            page_body(
                rows,
                limit=limit,
                body=lambda trade: trade_body(rules, trade),
                key=lambda trade: (trade.sequence,),
            )
        )


class TickerOfMarket(Public):
    @extend_schema(
        operation_id="ticker", summary="A market's last 24 hours", responses=TickerAnswer
    )
    def get(self, request: Request, symbol: str) -> Response:
        return Response(_ticker(market_by_symbol(symbol)))


class Tickers(Public):
    @extend_schema(
        operation_id="tickers",
        summary="The last 24 hours of every market",
        responses=TickerAnswer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response([_ticker(market) for market in markets()])


def _ticker(market: Market) -> dict[str, Any]:
    ticker = ticker_of(market_id=market.pk, now=clock.now())
    return ticker_body(market.rules, ticker, standing_of(market))
