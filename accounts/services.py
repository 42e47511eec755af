"""Writes about people."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.errors import EmailTaken, WeakPassword
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
