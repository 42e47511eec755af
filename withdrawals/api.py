"""My withdrawals."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import PageQuery, page_body, read_cursor
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from ledger.selectors import asset_by_code
from withdrawals.selectors import withdrawal_of, withdrawals_page
from withdrawals.serializers import (
    RequestWithdrawal,
    WithdrawalAnswer,
    WithdrawalPage,
    withdrawal_body,
)
from withdrawals.services import cancel_withdrawal, request_withdrawal

WITHDRAWAL_ID: Final = OpenApiParameter(
    "withdrawal_id",
    {"type": "string", "pattern": "^[0-9]{1,19}$"},
    OpenApiParameter.PATH,
)


class WithdrawalList(APIView):
    @extend_schema(
        operation_id="request_withdrawal",
        summary="Request a withdrawal",
        description="The amount is held at once; the staff approves or rejects it.",
        request=RequestWithdrawal,
        responses={201: WithdrawalAnswer},
    )
    def post(self, request: Request) -> Response:
        form = RequestWithdrawal(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        asset = asset_by_code(asked["asset"])
        withdrawal = request_withdrawal(
            user_id=_user(request),
            asset_id=asset.pk,
            amount=Atoms(parse_decimal(asked["amount"], scale=asset.scale)),
            address=asked["address"],
            client_withdrawal_id=asked.get("client_withdrawal_id"),
            now=clock.now(),
        )
        return Response(withdrawal_body(withdrawal), status=201)

    @extend_schema(
        operation_id="withdrawals",
        summary="My withdrawals, the newest first",
        parameters=[PageQuery],
        responses=WithdrawalPage,
    )
    def get(self, request: Request) -> Response:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        before = read_cursor(query.validated_data.get("cursor"), parts=1)
        limit = query.validated_data["limit"]
        rows = withdrawals_page(
            user_id=_user(request), before=before[0] if before else None, limit=limit + 1
        )
        return Response(
            page_body(rows, limit=limit, body=withdrawal_body, key=lambda row: (row.pk,))
        )


class WithdrawalDetail(APIView):
    @extend_schema(
        operation_id="withdrawal",
        summary="One of my withdrawals",
        parameters=[WITHDRAWAL_ID],
        responses=WithdrawalAnswer,
    )
    def get(self, request: Request, withdrawal_id: int) -> Response:
        found = withdrawal_of(user_id=_user(request), withdrawal_id=withdrawal_id)
        return Response(withdrawal_body(found))

    @extend_schema(
        operation_id="cancel_withdrawal",
        summary="Cancel a withdrawal",
        description="Possible until the staff has decided; afterwards it answers 409.",
        parameters=[WITHDRAWAL_ID],
        responses=WithdrawalAnswer,
    )
    def delete(self, request: Request, withdrawal_id: int) -> Response:
        cancelled = cancel_withdrawal(
            user_id=_user(request), withdrawal_id=withdrawal_id, now=clock.now()
        )
        return Response(withdrawal_body(cancelled))


def _user(request: Request) -> int:
    assert request.user.pk is not None
    return int(request.user.pk)
