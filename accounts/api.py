"""Sign up, log in, log out."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.serializers import (
    Credentials,
    RefreshForm,
    Registration,
    TokenAnswer,
    UserAnswer,
    token_body,
    user_body,
)
from accounts.services import issue_tokens, register, revoke_tokens, rotate_tokens
from accounts.throttling import LoginThrottle


class Gate(APIView):
    """For those who are not logged in; a session does not count here."""

    authentication_classes = []
    permission_classes = [AllowAny]


class RegisterView(Gate):
    throttle_classes = [LoginThrottle]

    @extend_schema(
        operation_id="register",
        summary="Sign up",
        request=Registration,
        responses={201: UserAnswer},
    )
    def post(self, request: Request) -> Response:
        form = Registration(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(user_body(register(**form.validated_data)), status=201)


class TokenView(Gate):
    throttle_classes = [LoginThrottle]

    @extend_schema(
        operation_id="token",
        summary="Log in",
        description="The access token is sent as `Authorization: Bearer …` for 5 minutes.",
        request=Credentials,
        responses=TokenAnswer,
    )
    def post(self, request: Request) -> Response:
        form = Credentials(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(token_body(issue_tokens(**form.validated_data)))


class RefreshView(Gate):
    @extend_schema(
        operation_id="refresh",
        summary="Exchange a refresh token, once, for a new pair",
        request=RefreshForm,
        responses=TokenAnswer,
    )
    def post(self, request: Request) -> Response:
        form = RefreshForm(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(token_body(rotate_tokens(**form.validated_data)))


class LogoutView(Gate):
    @extend_schema(
        operation_id="logout",
        summary="Log out: use up a refresh token",
        request=RefreshForm,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        form = RefreshForm(data=request.data)
        form.is_valid(raise_exception=True)
        revoke_tokens(**form.validated_data)
        return Response(status=204)


class MeView(APIView):
    @extend_schema(operation_id="me", summary="Who I am", responses=UserAnswer)
    def get(self, request: Request) -> Response:
        assert isinstance(request.user, User)
        return Response(user_body(request.user))
