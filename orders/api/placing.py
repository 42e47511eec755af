"""Orders are placed, alone or as a list."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.errors import Conflict, Refused
from orders.api.cancelling import cancel_all_answer
from orders.api.records import orders_answer, with_fills
from orders.api.waiting import PREFER, UNDECIDED, user_of, wait_for_commands
from orders.commands import UnitKind
from orders.models import Command, Market
from orders.preview import preview_order
from orders.selectors import market_by_symbol, scene_of
from orders.serializers import (
    CancelAllAnswer,
    CancelAllQuery,
    OrderListAnswer,
    OrderPage,
    OrdersQuery,
    OrderWithFills,
    PlaceBracket,
    PlaceOco,
    PlaceOrder,
    PreviewAnswer,
    bracket_terms,
    examples,
    oco_terms,
    order_terms,
    preview_body,
    refusal_of,
    refused_body,
)
from orders.services import place_list, place_order, refuse_as_placed
from orders.terms import OrderTerms

UNDECIDED_LIST = OpenApiResponse(OrderListAnswer, UNDECIDED.description)


class OrderList(APIView):
    @extend_schema(
        operation_id="place_order",
        summary="Place an order",
        description="Once this answers, the order is durable. An order that the engine "
        "rejects, for example for its funds, answers 422 with the problem's `order`. With "
        "`validate_only` nothing is placed, and 200 tells what would happen.",
        parameters=[PREFER],
        request=PlaceOrder,
        examples=examples.shown(examples.ORDERS, **examples.MARKET),
        responses={200: PreviewAnswer, 201: OrderWithFills, 202: UNDECIDED},
    )
    def post(self, request: Request) -> Response:
        form = PlaceOrder(data=request.data)
        form.is_valid(raise_exception=True)
        market = market_by_symbol(form.validated_data["market"])
        terms = order_terms(form.validated_data, market.rules)
        if form.validated_data["validate_only"]:
            client_order_id = form.validated_data.get("client_order_id")
            return Response(_dry_run(request, market, terms, client_order_id))
        command = place_order(
            user_id=user_of(request),
            market=market.rules,
            shard=market.shard,
            terms=terms,
            client_order_id=form.validated_data.get("client_order_id"),
            now=clock.now(),
        )
        [standing] = wait_for_commands(request, [command])
        body = with_fills(standing.placed, market)
        if error := refusal_of(standing, market):
            error.extra["order"] = body
            raise error
        return Response(body, status=201 if standing.placed.record else 202)

    @extend_schema(
        operation_id="orders",
        summary="My orders, the newest first",
        parameters=[OrdersQuery],
        responses=OrderPage,
    )
    def get(self, request: Request) -> Response:
        return orders_answer(request)

    @extend_schema(
        operation_id="cancel_all",
        summary="Cancel all my orders, or those of a market or a side",
        description="Those that wait for the engine are cancelled, too. 202 when the "
        "engine has not come to all of them yet.",
        parameters=[CancelAllQuery, PREFER],
        responses={200: CancelAllAnswer, 202: CancelAllAnswer},
    )
    def delete(self, request: Request) -> Response:
        return cancel_all_answer(request)


def _dry_run(
    request: Request, market: Market, terms: OrderTerms, client_order_id: str | None
) -> dict[str, Any]:
    now, rules, user_id = clock.now(), market.rules, user_of(request)
    try:
        refuse_as_placed(
            user_id=user_id,
            market=rules,
            terms=terms,
            client_order_id=client_order_id,
            now=now,
        )
    except (Refused, Conflict) as error:
        return refused_body(error)
    scene = scene_of(user_id=user_id, market=market, side=terms.side, now=now)
    found = preview_order(market=rules, terms=terms, scene=scene)
    return preview_body(found, terms=terms, market=market)


class OcoList(APIView):
    @extend_schema(
        operation_id="place_oco",
        summary="Place two orders of which one cancels the other",
        description="Answered like a single order, for both at once.",
        parameters=[PREFER],
        request=PlaceOco,
        examples=examples.shown(examples.OCO, **examples.MARKET),
        responses={201: OrderListAnswer, 202: UNDECIDED_LIST},
    )
    def post(self, request: Request) -> Response:
        form = PlaceOco(data=request.data)
        form.is_valid(raise_exception=True)
        market = market_by_symbol(form.validated_data["market"])
        return _place_list(
            request,
            market,
            UnitKind.OCO,
            oco_terms(form.validated_data, market.rules),
            form.validated_data.get("client_order_id"),
        )


class BracketList(APIView):
    @extend_schema(
        operation_id="place_bracket",
        summary="Place an entry with the two exits that wait for it",
        description="Answered like a single order, for all three at once. The entry's "
        "`client_order_id` is that of the list.",
        parameters=[PREFER],
        request=PlaceBracket,
        examples=examples.shown(examples.BRACKET, **examples.MARKET),
        responses={201: OrderListAnswer, 202: UNDECIDED_LIST},
    )
    def post(self, request: Request) -> Response:
        form = PlaceBracket(data=request.data)
        form.is_valid(raise_exception=True)
        market = market_by_symbol(form.validated_data["market"])
        return _place_list(
            request,
            market,
            UnitKind.BRACKET,
            bracket_terms(form.validated_data, market.rules),
            form.validated_data["entry"].get("client_order_id"),
        )


def _place_list(
    request: Request,
    market: Market,
    kind: UnitKind,
    legs: Sequence[OrderTerms],
    client_order_id: str | None,
) -> Response:
    commands: list[Command] = place_list(
        user_id=user_of(request),
        market=market.rules,
        shard=market.shard,
        kind=kind,
        legs=legs,
        client_order_id=client_order_id,
        now=clock.now(),
    )
    standings = wait_for_commands(request, commands)
    bodies = [with_fills(standing.placed, market) for standing in standings]
    if error := refusal_of(standings[0], market):
        error.extra["orders"] = bodies
        raise error
    is_decided = all(standing.placed.record for standing in standings)
    body = {"list_id": str(commands[0].pk), "orders": bodies}
    return Response(body, status=201 if is_decided else 202)
