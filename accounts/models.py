"""Users: people, known by their e-mail address."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from kernel import clock


class UserManager(BaseUserManager["User"]):
    """`create_superuser` is what Django's command of that name calls."""

    def create_superuser(self, *, email: str, password: str | None = None) -> "User":
        user = self.model(email=email.lower(), is_staff=True, is_superuser=True)
        user.set_password(password)
        user.save(force_insert=True)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """One person. The e-mail address is kept in lower case and is the login name."""

    email = models.EmailField(max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.email
