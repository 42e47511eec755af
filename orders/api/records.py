"""What became of my orders: lists, fills, timelines, prevented matches."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import page_body, read_cursor
from orders.api.waiting import ORDER_ID, user_of
from orders.models import Market
from orders.selectors import (
    FillKey,
    PlacedOrder,
    fills_of_order,
    fills_page,
    market_by_symbol,
    markets_by_id,
    orders_page,
    pending_page,
    prevented_page,
    story_of,
)
from orders.serializers import (
    PENDING,
    FillPage,
    MarketQuery,
    OrdersQuery,
    PreventedMatchPage,
    Timeline,
    fill_body,
    order_and_fills_body,
    order_body,
    prevented_body,
    timeline_body,
)


def with_fills(placed: PlacedOrder, market: Market) -> dict[str, Any]:
    fills = fills_of_order(placed.record) if placed.record else []
    return order_and_fills_body(placed, fills, market)


def market_id_of(symbol: str | None) -> int | None:
    return None if symbol is None else market_by_symbol(symbol).pk


def orders_answer(request: Request) -> Response:
    """One page of GET /orders."""
    query = OrdersQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    asked, limit = query.validated_data, query.validated_data["limit"]
    before = read_cursor(asked.get("cursor"), parts=1)
    scope = {
        "user_id": user_of(request),
        "market_id": market_id_of(asked.get("market")),
        "before": before[0] if before else None,
        "limit": limit + 1,
    }
    if asked["status"] == PENDING:
        rows = pending_page(**scope)
    else:
        is_open = {"all": None, "open": True, "closed": False}[asked["status"]]
        rows = orders_page(**scope, is_open=is_open)
    by_id = markets_by_id()
    return Response(
        page_body(
            rows,
            limit=limit,
            body=lambda row: order_body(row, by_id[row.command.market_id]),
            key=lambda row: (row.command.pk,),
        )
    )


class OrderTimeline(APIView):
    @extend_schema(
        operation_id="order_timeline",
        summary="Why an order is what it is",
        description="Each step of the order with its reason, what was allowed and what "
        "there was, and a sentence for people.",
        parameters=[ORDER_ID],
        responses=Timeline,
    )
    def get(self, request: Request, order_id: int) -> Response:
        story = story_of(user_id=user_of(request), order_id=order_id)
        market = markets_by_id()[story.placed.command.market_id]
        return Response(timeline_body(story, market))


class FillList(APIView):
    @extend_schema(
        operation_id="fills",
        summary="My fills, the newest first",
        parameters=[MarketQuery],
        responses=FillPage,
    )
    def get(self, request: Request) -> Response:
        query = MarketQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, limit = query.validated_data, query.validated_data["limit"]
        before = read_cursor(asked.get("cursor"), parts=3)
        rows = fills_page(
            user_id=user_of(request),
            market_id=market_id_of(asked.get("market")),
            before=FillKey(*before) if before else None,
            limit=limit + 1,
        )
        by_id = markets_by_id()
        return Response(
            page_body(
                rows,
                limit=limit,
                body=lambda fill: fill_body(fill, by_id[fill.trade.market_id]),
                key=lambda fill: fill.key,
            )
        )


class PreventedMatchList(APIView):
    @extend_schema(
        operation_id="prevented_matches",
        summary="Where my orders met each other and did not trade, the newest first",
        parameters=[MarketQuery],
        responses=PreventedMatchPage,
    )
    def get(self, request: Request) -> Response:
        query = MarketQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, limit = query.validated_data, query.validated_data["limit"]
        before = read_cursor(asked.get("cursor"), parts=1)
        rows = prevented_page(
            user_id=user_of(request),
            market_id=market_id_of(asked.get("market")),
            before=before[0] if before else None,
            limit=limit + 1,
        )
        by_id = markets_by_id()
        return Response(
            page_body(
                rows,
                limit=limit,
                body=lambda match: prevented_body(match, by_id[match.market_id]),
                key=lambda match: (match.pk,),
            )
        )
