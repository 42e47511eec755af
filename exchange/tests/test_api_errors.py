"""Every error below /api/ is a problem, and every code of a problem is documented."""

import importlib
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import OperationalError

from exchange.docs import documented_codes
from exchange.errors_api import CODES, FIELD_CODES, OUTCOME_UNKNOWN, status_of
from kernel.errors import ExchangeError
from tests.stories import caller, make_market, person


def errors_below(branch: type[ExchangeError]) -> Iterator[type[ExchangeError]]:
    for error in branch.__subclasses__():
        yield error
        yield from errors_below(error)


@pytest.fixture(scope="module")
def tree() -> list[type[ExchangeError]]:
    """Every error class of every app."""
    for app in apps.get_app_configs():
        if importlib.util.find_spec(f"{app.name}.errors"):
            importlib.import_module(f"{app.name}.errors")
    return list(errors_below(ExchangeError))


def test_every_code_is_documented_with_its_status_and_no_other_is(tree):
    known = {error.code: status_of(error()) for error in tree}
    known |= {code: status for status, (code, _) in CODES.items()}
    known |= dict.fromkeys(FIELD_CODES, 400) | {OUTCOME_UNKNOWN[0]: 503}

    assert {row.code: row.status for row in documented_codes()} == known


def test_no_two_errors_share_a_code(tree):
    codes = [error.code for error in tree]

    assert sorted(codes) == sorted(set(codes))


def test_a_code_has_one_title(tree):
    titles = {error.code: error.title for error in tree}

    for code, title in [*CODES.values(), *FIELD_CODES.items()]:
        assert titles.setdefault(code, title) == title


def test_every_documented_code_says_what_to_do():
    text = {row.code: (row.meaning, row.remedy) for row in documented_codes()}

    assert all(
        meaning.endswith(".") and remedy.endswith(".") for meaning, remedy in text.values()
    )


@pytest.mark.django_db
def test_the_type_of_a_problem_is_an_address_that_explains_it():
    page, anchor = caller().get("/api/v1/me").json()["type"].split("#")

    answer = caller().get(page)

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    assert f'id="{anchor}"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address", "headers", "status"),
    [
        ("GET", "/api/", {}, 404),
        ("GET", "/api/v1", {}, 404),
        ("GET", "/api/v1/nothing", {}, 404),
        ("POST", "/api/v1/nothing", {}, 404),
        ("GET", "/api/v1/orders/", {}, 404),
        ("GET", "/api/v2/%00", {}, 404),
        ("PUT", "/api/v1/orders", {}, 405),
        ("OPTIONS", "/api/v1/orders", {}, 405),
        ("TRACE", "/api/v1/orders", {}, 405),
        ("GET", "/api/v1/markets", {"HTTP_ACCEPT": "text/html"}, 406),
        ("GET", "/api/v1/markets", {"HTTP_ACCEPT": "\x00"}, 406),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(method, address, headers, status):
    answer = caller(person("alice")).generic(method, address, **headers)

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": f"/api/docs/errors#{CODES[status][0]}",
        "title": CODES[status][1],
        "status": status,
        "code": CODES[status][0],
        "detail": answer.json()["detail"],
    }


@pytest.mark.django_db
def test_a_page_that_there_is_not_is_no_problem():
    answer = caller().get("/nothing")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_what_nobody_foresaw_is_a_problem_that_tells_no_secret(monkeypatch):
    make_market()
    monkeypatch.setattr("orders.api.markets.markets", lambda: 1 // 0)

    answer = caller().get("/api/v1/markets")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert not re.search("Division|Traceback|monkeypatch", answer.content.decode())


@pytest.mark.django_db
def test_a_write_that_lost_its_database_does_not_say_that_nothing_happened(monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    make_market()
    monkeypatch.setattr("orders.api.markets.market_by_symbol", away)
    monkeypatch.setattr("orders.api.placing.market_by_symbol", away)
    order = {"market": "BTC-USDT", "side": "buy", "type": "limit"}

    read = caller().get("/api/v1/markets/BTC-USDT")
    write = caller(person("alice")).post("/api/v1/orders", order)

    assert (read.status_code, read.json()["code"]) == (503, "unavailable")
    assert (write.status_code, write.json()["code"]) == (503, "outcome_unknown")
    assert read["Retry-After"] == write["Retry-After"] == "1"
