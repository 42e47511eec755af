"""One order is shown, amended, replaced or cancelled; or all are cancelled."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.errors import ExchangeError
from orders.api.records import market_id_of, with_fills
from orders.api.waiting import (
    ORDER_ID,
    PREFER,
    UNDECIDED,
    user_of,
    wait_for_commands,
    wait_until,
)
from orders.commands import OrderSide
from orders.errors import OrderNotOpen, UnitRefused
from orders.models import Market
from orders.selectors import (
    Standing,
    live_among,
    live_orders,
    markets_by_id,
    order_of,
)
from orders.serializers import (
    AmendOrder,
    CancelAfter,
    CancelAfterAnswer,
    CancelAllQuery,
    OrderWithFills,
    ReplaceAnswer,
    ReplaceOrder,
    amended,
    examples,
    is_decided,
    order_terms,
    refusal_of,
)
from orders.services import (
    amend_order,
    cancel_all,
    replace_order,
    request_cancel,
    set_cancel_after,
)


class OrderDetail(APIView):
    @extend_schema(
        operation_id="order",
        summary="One of my orders",
        parameters=[ORDER_ID],
        responses=OrderWithFills,
    )
    def get(self, request: Request, order_id: int) -> Response:
        placed = order_of(user_id=user_of(request), order_id=order_id)
        return Response(with_fills(placed, markets_by_id()[placed.command.market_id]))

    @extend_schema(
        operation_id="amend_order",
        summary="Amend an order",
        description="A smaller quantity alone keeps the place in the queue; all else goes "
        "to the back. An order that has ended answers 409, a change that the engine "
        "refuses 422, both with the problem's `order`, which stays as it was.",
        parameters=[ORDER_ID, PREFER],
        request=AmendOrder,
        examples=examples.shown(examples.AMEND),
        responses={200: OrderWithFills, 202: UNDECIDED},
    )
    def patch(self, request: Request, order_id: int) -> Response:
        form = AmendOrder(data=request.data)
        form.is_valid(raise_exception=True)
        market = _market_of(request, order_id)
        command = amend_order(
            user_id=user_of(request),
            order_id=order_id,
            **amended(form.validated_data, market.rules),
            now=clock.now(),
        )
        [standing] = wait_for_commands(request, [command])
        return _told(standing, market)

    @extend_schema(
        operation_id="cancel_order",
        summary="Cancel an order",
        description="An order that ends in another way first answers 409 with the "
        "problem's `order`.",
        parameters=[ORDER_ID, PREFER],
        responses={200: OrderWithFills, 202: UNDECIDED},
    )
    def delete(self, request: Request, order_id: int) -> Response:
        command = request_cancel(
            user_id=user_of(request), order_id=order_id, now=clock.now()
        )
        [standing] = wait_for_commands(request, [command])
        return _told(standing, markets_by_id()[command.market_id])


class OrderReplacement(APIView):
    @extend_schema(
        operation_id="replace_order",
        summary="Cancel an order and place another one: both or neither",
        description="The new order is a limit order that stays, in the same market. 409 "
        "when the old order had ended, 422 when the new one is refused; then the old one "
        "stands as before.",
        parameters=[ORDER_ID, PREFER],
        request=ReplaceOrder,
        examples=examples.shown(examples.REPLACE),
        responses={
            201: ReplaceAnswer,
            202: OpenApiResponse(ReplaceAnswer, UNDECIDED.description),
        },
    )
    def post(self, request: Request, order_id: int) -> Response:
        form = ReplaceOrder(data=request.data)
        form.is_valid(raise_exception=True)
        market = _market_of(request, order_id)
        commands = replace_order(
            user_id=user_of(request),
            order_id=order_id,
            terms=order_terms(form.validated_data, market.rules),
            client_order_id=form.validated_data.get("client_order_id"),
            now=clock.now(),
        )
        standings = wait_for_commands(request, commands)
        cancelled, placed = (with_fills(it.placed, market) for it in standings)
        if refused := why_refused(standings, market):
            _, error = refused
            error.extra["order"] = placed
            raise error
        decided = all(is_decided(standing) for standing in standings)
        body = {"cancelled": cancelled, "placed": placed}
        return Response(body, status=201 if decided else 202)


class CancelAfterSwitch(APIView):
    @extend_schema(
        operation_id="cancel_after",
        summary="Cancel all my orders unless I call again",
        description="A dead man's switch. Each call sets its time anew; it fires within a "
        "second or so of the deadline.",
        request=CancelAfter,
        responses=CancelAfterAnswer,
    )
    def post(self, request: Request) -> Response:
        form = CancelAfter(data=request.data)
        form.is_valid(raise_exception=True)
        deadline = set_cancel_after(
            user_id=user_of(request),
            seconds=form.validated_data["seconds"] or None,
            source="",
            now=clock.now(),
        )
        return Response({"deadline": deadline})


def cancel_all_answer(request: Request) -> Response:
    """The answer of DELETE /orders."""
    query = CancelAllQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    side = query.validated_data.get("side")
    scope: dict[str, Any] = {
        "user_id": user_of(request),
        "market_id": market_id_of(query.validated_data.get("market")),
        "side": OrderSide[side.upper()] if side else None,
    }
    live = live_orders(**scope)
    cancel_all(**scope, now=clock.now())
    halted = {it.pk for it in markets_by_id().values() if it.state == it.State.HALTED}
    waited_for = [id_ for id_, market in live.items() if market not in halted]
    left = wait_until(
        request,
        look=lambda: live_among(order_ids=waited_for),
        is_enough=lambda left: not left,
    )
    body = {
        "cancelled": [str(id_) for id_ in waited_for if id_ not in left],
        "undecided": [str(id_) for id_ in waited_for if id_ in left],
        "refused": [str(id_) for id_, market in live.items() if market in halted],
    }
    return Response(body, status=202 if left else 200)


def why_refused(
    standings: list[Standing], market: Market
) -> tuple[int, ExchangeError] | None:
    """Which command of a unit was not acceptable, and why; None when none was refused.

    A cancel or an amend of an order that had ended is not acceptable, and leaves no trace.
    """
    errors = [refusal_of(standing, market) for standing in standings]
    if not any(errors):
        return None
    for index, error in enumerate(errors):
        if error and not isinstance(error, UnitRefused):
            return index, error
    silent = (
        index
        for index, standing in enumerate(standings)
        if standing.command.order_id and not standing.events
    )
    return next(silent, 0), OrderNotOpen()


def _told(standing: Standing, market: Market) -> Response:
    body = with_fills(standing.placed, market)
    if error := refusal_of(standing, market):
        error.extra["order"] = body
        raise error
    return Response(body, status=200 if is_decided(standing) else 202)


def _market_of(request: Request, order_id: int) -> Market:
    placed = order_of(user_id=user_of(request), order_id=order_id)
    return markets_by_id()[placed.command.market_id]
