"""Signing up, logging in and out, by API."""

from datetime import timedelta
from statistics import median
from time import perf_counter

import pytest
from django.conf import settings as django_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from accounts.throttling import LoginThrottle
from tests.stories import PASSWORD, caller, person, person_who_logs_in

pytestmark = pytest.mark.django_db

REGISTER, TOKEN = "/api/v1/auth/register", "/api/v1/auth/token"
REFRESH, LOGOUT, ME = "/api/v1/auth/refresh", "/api/v1/auth/logout", "/api/v1/me"


def log_in(name: str) -> dict[str, str]:
    person_who_logs_in(name)
    return (
        caller().post(TOKEN, {"email": f"{name}@example.com", "password": PASSWORD}).json()
    )


def test_who_signs_up_can_log_in_and_ask_who_they_are():
    alice = caller()
    signed_up = alice.post(REGISTER, {"email": "Alice@Example.com", "password": PASSWORD})

    pair = alice.post(TOKEN, {"email": "ALICE@example.com", "password": PASSWORD}).json()
    alice.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")

    user = User.objects.get()
    assert signed_up.status_code == 201
    assert signed_up.json()["email"] == "alice@example.com"
    assert alice.get(ME).json() == signed_up.json()
    assert user.password.startswith("argon2")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "alice@example.com", "password": "short"}, 422, "weak_password"),
        ({"email": "alice@example.com", "password": "password12345"}, 422, "weak_password"),
        ({"email": "alice@example.com", "password": "x" * 129}, 400, "invalid_request"),
        ({"email": "alice", "password": PASSWORD}, 400, "invalid_request"),
        ({"email": "alïce@example.com", "password": PASSWORD}, 400, "invalid_request"),
        ({"email": "alice@example.com\n", "password": PASSWORD}, 400, "invalid_request"),
        ({"email": 7, "password": PASSWORD}, 400, "invalid_request"),
        ({"email": "alice@example.com"}, 400, "invalid_request"),
        (
            {"email": "alice@example.com", "password": PASSWORD, "is_staff": True},
            400,
            "unknown_field",
        ),
    ],
)
def test_a_sign_up_that_breaks_a_rule_makes_nobody(body, status, code):
    answer = caller().post(REGISTER, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert User.objects.count() == 0


def test_an_address_is_taken_once_whatever_its_case():
    person("alice")

    answer = caller().post(REGISTER, {"email": "ALICE@example.com", "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert User.objects.count() == 1


def test_a_wrong_password_and_an_unknown_address_answer_alike_and_as_slowly():
    person_who_logs_in("alice")

    def attempt(email: str):
        start = perf_counter()
        answer = caller().post(TOKEN, {"email": email, "password": "not hers at all"})
        return answer, perf_counter() - start

    wrong = [attempt("alice@example.com") for _ in range(5)]
    unknown = [attempt("mallory@example.com") for _ in range(5)]

    assert wrong[0][0].status_code == unknown[0][0].status_code == 401
    assert wrong[0][0].json() == unknown[0][0].json()
    assert wrong[0][0].json()["code"] == "wrong_credentials"
    # Without a hash for the unknown address the ratio would be ten or more.
    assert 1 / 3 < median(t for _, t in wrong) / median(t for _, t in unknown) < 3


def test_who_is_not_active_cannot_log_in():
    alice = person_who_logs_in("alice")
    alice.is_active = False
    alice.save()

    answer = caller().post(TOKEN, {"email": alice.email, "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")


def test_a_refresh_token_buys_one_new_pair():
    first = log_in("alice")

    second = caller().post(REFRESH, {"refresh": first["refresh"]})
    again = caller().post(REFRESH, {"refresh": first["refresh"]})

    assert second.status_code == 200
    assert second.json()["refresh"] != first["refresh"]
    assert (again.status_code, again.json()["code"]) == (401, "invalid_token")


def test_who_logs_out_cannot_refresh():
    pair = log_in("alice")

    gone = caller().post(LOGOUT, {"refresh": pair["refresh"]})
    again = caller().post(LOGOUT, {"refresh": pair["refresh"]})
    after = caller().post(REFRESH, {"refresh": pair["refresh"]})

    assert (gone.status_code, gone.content) == (204, b"")
    assert (again.status_code, after.status_code) == (401, 401)


def test_a_new_password_ends_all_tokens():
    pair = log_in("alice")
    alice = User.objects.get()
    alice.set_password("another correct horse")
    alice.save()

    refreshed = caller().post(REFRESH, {"refresh": pair["refresh"]})
    asked = caller().get(ME, HTTP_AUTHORIZATION=f"Bearer {pair['access']}")

    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "invalid_token")
    assert (asked.status_code, asked.json()["code"]) == (401, "invalid_token")


def test_a_token_that_is_not_ours_is_a_problem():
    alice = person("alice")
    expired = AccessToken.for_user(alice)
    expired.set_exp(lifetime=timedelta(seconds=-1))
    stranger = AccessToken.for_user(alice)
    stranger["user_id"] = "99999999999999999999"

    for text in (
        "", "x", "x y", "a.b.c", "\xff", "e" * 5000, str(expired), str(stranger),
        str(RefreshToken.for_user(alice)),
    ):  # fmt: skip
        answer = caller().get(ME, HTTP_AUTHORIZATION=f"Bearer {text}")

        assert answer.status_code == 401, text
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "invalid_token", text


def test_without_a_token_one_is_asked_for_it():
    answer = caller().get(ME)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_session_needs_its_csrf_token_to_write():
    alice = person("alice")
    browser = type(caller())(enforce_csrf_checks=True)
    browser.force_login(alice)

    answer = browser.post("/api/v1/orders", {})

    assert browser.get(ME).status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", [REGISTER, TOKEN])
def test_attempts_are_counted_by_address(address, monkeypatch):
    monkeypatch.setattr(LoginThrottle, "rate", "2/hour", raising=False)
    attempt = {"REMOTE_ADDR": f"test-{address}-{perf_counter()}"}

    answers = [
        caller().post(address, {}, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}", **attempt)
        for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[2].json()["code"] == "too_many_requests"
    assert 0 < int(answers[2]["Retry-After"]) <= 3601


@pytest.mark.parametrize("address", [REGISTER, TOKEN])
def test_nobody_gets_in_when_attempts_cannot_be_counted(address, settings):
    person_who_logs_in("alice")
    backend = django_settings.CACHES["default"]["BACKEND"]
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}}

    answer = caller().post(address, {"email": "alice@example.com", "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
