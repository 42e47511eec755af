"""Reads about people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import connection
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings as jwt
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.utils import datetime_from_epoch, get_md5_hash_password

from accounts.errors import InvalidToken
from accounts.models import User


@dataclass(frozen=True, slots=True)
class Credential:
    """By what a connection that stays open acts for a user.

    stamp        changes with the password
    session_key  empty for a token
    expires_at   when it ends by itself; None: when its session does
    """

    user_id: int
    stamp: str
    session_key: str
    expires_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended by itself."""
        return self.expires_at is not None and self.expires_at <= now


def credential_of_token(token: str) -> Credential:
    """raises  InvalidToken when it is not ours or expired, or its user may not log in"""
    try:
        claims = AccessToken(token)  # type: ignore[arg-type]  # it does take the text
    except TokenError as refused:
        raise InvalidToken from refused
    user = User.objects.filter(pk=claims.get(jwt.USER_ID_CLAIM), is_active=True).first()
    if user is None:
        raise InvalidToken
    if claims.get(jwt.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise InvalidToken
    return Credential(
        user.pk, user.get_session_auth_hash(), "", datetime_from_epoch(claims["exp"])
    )


def credential_of_session(user: User, session_key: str) -> Credential:
    """The credential of who is logged in by a session."""
    return Credential(user.pk, user.get_session_auth_hash(), session_key, None)


def lapsed(credentials: Collection[Credential], *, now: datetime) -> set[Credential]:
    """Those that open nothing any more: logged out, closed, expired, or of an old
    password. Two queries, however many they are.
    """
    users = User.objects.filter(pk__in={it.user_id for it in credentials}, is_active=True)
    stamps = {user.pk: user.get_session_auth_hash() for user in users}
    asked = {it.session_key for it in credentials if it.session_key}
    sessions = Session.objects.filter(session_key__in=asked, expire_date__gt=now)
    alive = {"", *sessions.values_list("session_key", flat=True)}
    return {
        it
        for it in credentials
        if stamps.get(it.user_id) != it.stamp
        or it.session_key not in alive
        or it.is_over(now)
    }


def lapsed_stamps(stamps: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those (user, stamp of a token) that open nothing any more: the user is closed or
    gone, or has another password. One query, however many they are.
    """
    users, marks = [user for user, _ in stamps], [mark for _, mark in stamps]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.stamp FROM unnest(%s::bigint[], %s::text[]) AS s(id, stamp) "
            "LEFT JOIN accounts_user u ON u.id = s.id AND u.is_active "
            "AND upper(md5(u.password)) = s.stamp WHERE u.id IS NULL",
            [users, marks],
        )
        return set(cursor.fetchall())
