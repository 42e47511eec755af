"""Several requests at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.errors import ExchangeError
from orders.api.cancelling import why_refused
from orders.api.waiting import PREFER, user_of, wait_for_commands
from orders.commands import CommandKind
from orders.errors import UnknownOrder
from orders.models import Command, Market
from orders.selectors import (
    PlacedOrder,
    Standing,
    market_by_symbol,
    markets_by_id,
    orders_by_id,
)
from orders.serializers import (
    BatchAnswer,
    PlaceBatch,
    amended,
    examples,
    is_decided,
    order_body,
    order_terms,
    refusal_of,
)
from orders.services import (
    AmendItem,
    BatchItem,
    CancelItem,
    PlaceItem,
    Refusal,
    submit_batch,
)

Form = Mapping[str, Any]


class Batch(APIView):
    @extend_schema(
        operation_id="batch",
        summary="Place, cancel and amend up to 100 orders",
        description="Each item is answered for itself, as if it had been sent alone. With "
        "`all_or_none` the first item that is not acceptable is the answer, with its "
        "`index`, and nothing is done.",
        parameters=[PREFER],
        request=PlaceBatch,
        examples=examples.shown(examples.BATCH),
        responses={200: BatchAnswer},
    )
    def post(self, request: Request) -> Response:
        form = PlaceBatch(data=request.data)
        form.is_valid(raise_exception=True)
        together, forms = form.validated_data["all_or_none"], form.validated_data["items"]
        read = _read_items(user_of(request), forms, together=together)
        submitted = iter(
            submit_batch(
                user_id=user_of(request),
                items=[it for it in read if not isinstance(it, ExchangeError)],
                all_or_none=together,
                now=clock.now(),
            )
            if not all(isinstance(it, ExchangeError) for it in read)
            else []
        )
        outcomes: list[Command | ExchangeError] = []
        for item in read:
            outcome = item if isinstance(item, ExchangeError) else next(submitted)
            outcomes.append(outcome.error if isinstance(outcome, Refusal) else outcome)
        return Response({"results": self._results(request, outcomes, together=together)})

    def _results(
        self,
        request: Request,
        outcomes: Sequence[Command | ExchangeError],
        *,
        together: bool,
    ) -> list[dict[str, Any]]:
        commands = [it for it in outcomes if isinstance(it, Command)]
        standings = wait_for_commands(request, commands) if commands else []
        markets = markets_by_id()
        if together and (refused := why_refused(standings, markets[commands[0].market_id])):
            index, error = refused
            error.extra["index"] = index
            raise error
        found = iter(standings)
        return [
            self._problem(it)
            if isinstance(it, ExchangeError)
            else self._result(next(found), markets)
            for it in outcomes
        ]

    def _result(self, standing: Standing, markets: Mapping[int, Market]) -> dict[str, Any]:
        market = markets[standing.command.market_id]
        body = order_body(standing.placed, market)
        if error := refusal_of(standing, market):
            error.extra["order"] = body
            return self._problem(error)
        done = 201 if standing.command.kind == CommandKind.PLACE else 200
        return {"status": done if is_decided(standing) else 202, "order": body}

    def _problem(self, error: ExchangeError) -> dict[str, Any]:
        """The item's error, as the answer to it alone would have told it."""
        handler = self.get_exception_handler()
        answer = handler(error, self.get_exception_handler_context())
        assert answer is not None
        return {"status": answer.status_code, "problem": answer.data}


def _read_items(
    user_id: int, forms: Sequence[Form], *, together: bool
) -> list[BatchItem | ExchangeError]:
    """Each item in its market's units, or what is wrong with it.

    raises  what is wrong with the first one, if they go together, with its `index`
    """
    ids = [int(form["order_id"]) for form in forms if "order_id" in form]
    orders = orders_by_id(user_id=user_id, order_ids=ids) if ids else {}
    markets = markets_by_id()
    read: list[BatchItem | ExchangeError] = []
    for index, form in enumerate(forms):
        try:
            read.append(_read_item(form, orders, markets))
        except ExchangeError as error:
            if together:
                error.extra["index"] = index
                raise
            read.append(error)
    return read


def _read_item(
    form: Form, orders: Mapping[int, PlacedOrder], markets: Mapping[int, Market]
) -> BatchItem:
    if form["op"] == "place":
        market = market_by_symbol(form["market"])
        return PlaceItem(
            market=market.rules,
            shard=market.shard,
            terms=order_terms(form, market.rules),
            client_order_id=form.get("client_order_id"),
        )
    order_id = int(form["order_id"])
    if order_id not in orders:
        raise UnknownOrder(order_id=form["order_id"])
    if form["op"] == "cancel":
        return CancelItem(order_id=order_id)
    market = markets[orders[order_id].command.market_id]
    return AmendItem(order_id=order_id, **amended(form, market.rules))
