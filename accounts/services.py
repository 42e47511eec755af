"""Writes about people."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django_otp import match_token
from django_otp.models import Device
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings as jwt
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.errors import EmailTaken, InvalidToken, WeakPassword, WrongCredentials
from accounts.models import User


def register(*, email: str, password: str) -> User:
    """Open a trader's account.

    email   any case; kept in lower case
    raises  WeakPassword, EmailTaken; nothing is written
    """
    return _create(email=email, password=password)


def register_staff(*, email: str, password: str, is_superuser: bool = False) -> User:
    """Open an account that may enter the staff site, once it has a one-time password.

    raises  WeakPassword, EmailTaken; nothing is written
    """
    return _create(email=email, password=password, is_staff=True, is_superuser=is_superuser)


def _create(*, email: str, password: str, **rights: bool) -> User:
    user = User(email=email.lower(), **rights)
    try:
        validate_password(password, user)
    except ValidationError as broken:
        raise WeakPassword(" ".join(broken.messages)) from broken
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as taken:
        raise EmailTaken from taken
    return user


# Tokens ---------------------------------------------------------------------------------


class TokenPair(NamedTuple):
    """access opens the API for five minutes; refresh buys one new pair within a week."""

    access: str
    refresh: str


#: Says in a token that a one-time password was given too. The staff's own part of the API
#: asks for it, as the staff site does.
OTP_CLAIM: Final = "otp"
#: Until when it does, in seconds since 1970, whatever is bought until then; and by which
#: device. As a session of the staff site: it ends, and it ends with its device.
_UNTIL_CLAIM: Final = "otp_until"
_DEVICE_CLAIM: Final = "otp_device"


def issue_tokens(*, email: str, password: str, otp: str | None = None) -> TokenPair:
    """Log in: a new pair of tokens.

    An unknown address costs one password hash too, so that time does not tell.

    otp     a one-time password; the tokens, and those that they buy for as long as a
            session would last, say that it was given
    raises  WrongCredentials, also when the one-time password is not right
    """
    user = authenticate(email=email.lower(), password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    if otp is None:
        return _pair(user)
    device = match_token(user, otp)
    if device is None:
        # Who guesses is not told that the password was right.
        raise WrongCredentials
    until = int(time.time()) + settings.SESSION_COOKIE_AGE
    return _pair(
        user,
        {OTP_CLAIM: True, _UNTIL_CLAIM: until, _DEVICE_CLAIM: device.persistent_id},
    )


@transaction.atomic
def rotate_tokens(*, refresh: str) -> TokenPair:
    """Exchange a refresh token, once, for a new pair.

    raises  InvalidToken when it is not ours, expired or used up, or the person may not
            log in any more or has another password
    """
    token = _read(refresh)
    user = User.objects.filter(pk=token.get(jwt.USER_ID_CLAIM), is_active=True).first()
    if user is None:
        raise InvalidToken
    if token.get(jwt.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise InvalidToken
    _use_up(token)
    return _pair(user, _otp_claims(token, user))


@transaction.atomic
def revoke_tokens(*, refresh: str) -> None:
    """Log out: this refresh token buys nothing more.

    raises  InvalidToken when it did not before either
    """
    _use_up(_read(refresh))


def _pair(user: User, claims: Mapping[str, object] = MappingProxyType({})) -> TokenPair:
    refresh = RefreshToken.for_user(user)
    for name, claim in claims.items():
        refresh[name] = claim
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def _otp_claims(token: RefreshToken, user: User) -> dict[str, object]:
    """What a token still says of its one-time password; empty when that is over."""
    until, device_id = token.get(_UNTIL_CLAIM), token.get(_DEVICE_CLAIM)
    if token.get(OTP_CLAIM) is not True or not until or time.time() >= until:
        return {}
    device = Device.from_persistent_id(device_id)
    if device is None or device.user_id != user.pk or not device.confirmed:
        return {}
    return {OTP_CLAIM: True, _UNTIL_CLAIM: until, _DEVICE_CLAIM: device_id}


def _read(refresh: str) -> RefreshToken:
    try:
        return RefreshToken(refresh)  # type: ignore[arg-type]  # it does take the text
    except TokenError as refused:
        raise InvalidToken from refused


def _use_up(token: RefreshToken) -> None:
    # Of two requests with the same token at the same time, the unique row admits one.
    is_first = token.blacklist()[1]  # type: ignore[index]  # it is get_or_create's pair
    if not is_first:
        raise InvalidToken
