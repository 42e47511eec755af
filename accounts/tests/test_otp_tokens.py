"""A token says whether a one-time password was given for it."""

import time
from typing import Any

import pytest
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework_simplejwt.tokens import AccessToken

from tests.stories import PASSWORD, caller, person_who_logs_in

pytestmark = pytest.mark.django_db

TOKEN, REFRESH = "/api/v1/auth/token", "/api/v1/auth/refresh"


def log_in(name: str, **more: str) -> Any:
    said = {"email": f"{name}@example.com", "password": PASSWORD, **more}
    return caller().post(TOKEN, said)


def password_of_the_moment(name: str) -> str:
    device = TOTPDevice.objects.create(user=person_who_logs_in(name), name="telephone")
    return f"{totp(device.bin_key):06}"


def has_otp(access: str) -> bool:
    return AccessToken(access).get("otp") is True


def test_a_token_says_that_a_one_time_password_was_given():
    otp = password_of_the_moment("frank")

    with_it, without = log_in("frank", otp=otp).json(), log_in("frank").json()

    assert has_otp(with_it["access"])
    assert not has_otp(without["access"])


def test_the_tokens_that_a_refresh_buys_say_what_it_says():
    otp = password_of_the_moment("frank")
    with_it, without = log_in("frank", otp=otp).json(), log_in("frank").json()

    bought = [
        caller().post(REFRESH, {"refresh": it["refresh"]}) for it in (with_it, without)
    ]

    assert [has_otp(it.json()["access"]) for it in bought] == [True, False]


def bought_with(refresh: str) -> Any:
    return caller().post(REFRESH, {"refresh": refresh}).json()


def test_a_one_time_password_counts_no_longer_than_a_session_lasts(settings):
    settings.SESSION_COOKIE_AGE = 2
    pair = log_in("frank", otp=password_of_the_moment("frank")).json()
    at_once = bought_with(pair["refresh"])
    time.sleep(2.1)

    later = bought_with(at_once["refresh"])

    assert has_otp(at_once["access"])
    assert not has_otp(later["access"])
    assert not has_otp(bought_with(later["refresh"])["access"])


def test_a_one_time_password_counts_no_longer_than_its_device():
    pair = log_in("frank", otp=password_of_the_moment("frank")).json()
    lost = TOTPDevice.objects.get()
    lost.delete()
    TOTPDevice.objects.create(user=lost.user, name="another")

    assert not has_otp(bought_with(pair["refresh"])["access"])


def test_a_wrong_one_time_password_is_answered_as_a_wrong_password_is():
    right = password_of_the_moment("frank")
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    answer = log_in("frank", otp=wrong)
    of_a_stranger = caller().post(
        TOKEN, {"email": "frank@example.com", "password": "something else"}
    )

    assert answer.status_code == 401
    assert answer.json() == of_a_stranger.json()


def test_a_one_time_password_counts_once():
    otp = password_of_the_moment("frank")
    log_in("frank", otp=otp)

    again = log_in("frank", otp=otp)

    assert again.json()["code"] == "wrong_credentials"


def test_who_has_no_device_gets_no_token_for_a_one_time_password():
    person_who_logs_in("alice")

    answer = log_in("alice", otp="123456")

    assert answer.json()["code"] == "wrong_credentials"


@pytest.mark.parametrize("otp", ["", "12345", "123456789", "12345x", "１２３４５６"])
def test_what_is_no_one_time_password_is_refused_as_such(otp):
    answer = log_in("frank", otp=otp)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
