"""The staff that tests are told about, and their browsers."""

from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from tests.stories import PASSWORD, person, person_who_logs_in


def member(name: str, *rights: str) -> User:
    """A member of the staff `name@example.com` with rights such as "app.codename"."""
    user = person(name)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return User.objects.get(pk=user.pk)


def verified(user: User) -> Client:
    """The browser of somebody who has entered password and one-time password."""
    browser = Client()
    browser.force_login(user)
    device, _ = TOTPDevice.objects.get_or_create(user=user, name="test")
    session = browser.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return browser


def with_password_only(user: User) -> Client:
    """The browser of somebody who has entered the password, and no more."""
    browser = Client()
    browser.force_login(user)
    return browser


def log_in(browser: Client, name: str, *, token: str | None = None) -> HttpResponse:
    """Fill in the staff site's login form; without `token`, with the right one."""
    user = person_who_logs_in(name)
    device, _ = TOTPDevice.objects.get_or_create(user=user, name="test")
    form: dict[str, Any] = {
        "username": user.email,
        "password": PASSWORD,
        "otp_device": device.persistent_id,
        "otp_token": f"{totp(device.bin_key):06}" if token is None else token,
    }
    return browser.post("/admin/login/?next=/admin/", form)
