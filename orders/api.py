"""Markets, orders and fills."""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import connection
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import page_body, read_cursor
from kernel import clock
from kernel.errors import Refused
from ledger.errors import InsufficientFunds
from orders.commands import OrderStatus, Reason
from orders.errors import MarketNotOpen, OrderFailed, OrderNotOpen
from orders.models import Market
from orders.selectors import (
    FillKey,
    PlacedOrder,
    fills_of_order,
    fills_page,
    market_by_symbol,
    markets,
    markets_by_id,
    order_of,
    orders_page,
    pending_page,
)
from orders.serializers import (
    PENDING,
    FillPage,
    MarketAnswer,
    MarketQuery,
    OrderPage,
    OrdersQuery,
    OrderWithFills,
    PlaceOrder,
    fill_body,
    market_body,
    order_body,
    order_terms,
)
from orders.services import place_order, request_cancel

ORDER_ID: Final = OpenApiParameter(
    "order_id",
    {"type": "string", "pattern": "^[0-9]{1,19}$"},
    OpenApiParameter.PATH,
)
PREFER: Final = OpenApiParameter(
    "Prefer",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="`respond-async` answers without waiting for the engine (RFC 7240).",
)
UNDECIDED: Final = OpenApiResponse(
    OrderWithFills, "Durable, but the engine has not decided yet: ask for the order again."
)
EXAMPLES: Final = [
    OpenApiExample(
        name,
        {"market": "BTC-USDT"} | terms,
        request_only=True,
    )
    for name, terms in {
        "Limit order": {
            "side": "buy",
            "type": "limit",
            "price": "60000.00",
            "quantity": "0.001",
            "client_order_id": "my-first",
        },
        "Market buy": {"side": "buy", "type": "market", "quote_budget": "100"},
        "Market sell": {"side": "sell", "type": "market", "quantity": "0.001"},
    }.items()
]
#: How an order that the engine rejected is told.
REJECTIONS: Final[dict[int, type[Refused]]] = {
    Reason.INSUFFICIENT_FUNDS: InsufficientFunds,
    Reason.MARKET_NOT_OPEN: MarketNotOpen,
}


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


class OrderList(APIView):
    @extend_schema(
        operation_id="place_order",
        summary="Place an order",
        description="Once this answers, the order is durable. An order that the engine "
        "rejects, for example for its funds, answers 422 with the problem's `order`.",
        parameters=[PREFER],
        request=PlaceOrder,
        examples=EXAMPLES,
        responses={201: OrderWithFills, 202: UNDECIDED},
    )
    def post(self, request: Request) -> Response:
        form = PlaceOrder(data=request.data)
        form.is_valid(raise_exception=True)
        market = market_by_symbol(form.validated_data["market"])
        command = place_order(
            user_id=_user(request),
            market=market.rules,
            shard=market.shard,
            terms=order_terms(form.validated_data, market.rules),
            client_order_id=form.validated_data.get("client_order_id"),
            now=clock.now(),
        )
        placed = _wait_for(request, command.pk, lambda order: order.record is not None)
        body = _with_fills(placed, market)
        if placed.record and placed.record.status == OrderStatus.REJECTED:
            raise REJECTIONS.get(placed.record.reason, OrderFailed)(order=body)
        return Response(body, status=201 if placed.record else 202)

    @extend_schema(
        operation_id="orders",
        summary="My orders, the newest first",
        parameters=[OrdersQuery],
        responses=OrderPage,
    )
    def get(self, request: Request) -> Response:
        query = OrdersQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, limit = query.validated_data, query.validated_data["limit"]
        before = read_cursor(asked.get("cursor"), parts=1)
        scope = {
            "user_id": _user(request),
            "market_id": _market_id(asked.get("market")),
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


class OrderDetail(APIView):
    @extend_schema(
        operation_id="order",
        summary="One of my orders",
        parameters=[ORDER_ID],
        responses=OrderWithFills,
    )
    def get(self, request: Request, order_id: int) -> Response:
        placed = order_of(user_id=_user(request), order_id=order_id)
        return Response(_with_fills(placed, markets_by_id()[placed.command.market_id]))

    @extend_schema(
        operation_id="cancel_order",
        summary="Cancel an order",
        description="An order that ends in another way first answers 409 with the "
        "problem's `order`.",
        parameters=[ORDER_ID, PREFER],
        responses={200: OrderWithFills, 202: UNDECIDED},
    )
    def delete(self, request: Request, order_id: int) -> Response:
        request_cancel(user_id=_user(request), order_id=order_id, now=clock.now())
        placed = _wait_for(request, order_id, _has_ended)
        body = _with_fills(placed, markets_by_id()[placed.command.market_id])
        if not _has_ended(placed):
            return Response(body, status=202)
        if placed.status != OrderStatus.CANCELLED:
            raise OrderNotOpen(order=body)
        return Response(body)


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
            user_id=_user(request),
            market_id=_market_id(asked.get("market")),
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


def _user(request: Request) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)


def _market_id(symbol: str | None) -> int | None:
    return None if symbol is None else market_by_symbol(symbol).pk


def _with_fills(placed: PlacedOrder, market: Market) -> dict[str, object]:
    fills = fills_of_order(placed.record) if placed.record else []
    return order_body(placed, market) | {"fills": [fill_body(f, market) for f in fills]}


def _has_ended(placed: PlacedOrder) -> bool:
    return placed.status not in (None, OrderStatus.OPEN)


def _wait_for(
    request: Request, order_id: int, is_decided: Callable[[PlacedOrder], bool]
) -> PlacedOrder:
    """Look at the order again and again, ever more seldom, for ORDER_WAIT_MS at most."""
    at_once = "respond-async" in request.headers.get("Prefer", "")
    wait = 0 if at_once else settings.ORDER_WAIT_MS
    deadline, pause = time.monotonic() + wait / 1000, 0.002
    while True:
        placed = order_of(user_id=_user(request), order_id=order_id)
        if is_decided(placed) or time.monotonic() + pause > deadline:
            return placed
        # A pooled connection goes back while this request sleeps; another one may use it.
        connection.close_if_unusable_or_obsolete()
        time.sleep(pause)
        pause *= 2
