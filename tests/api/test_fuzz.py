"""Schemathesis: whatever the OpenAPI document allows or forbids is sent to every operation.

No answer may be a 5xx, and every answer must be one that the document promises.
"""

import re

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from rest_framework_simplejwt.tokens import AccessToken
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from orders.models import Order
from tests.stories import fund, make_market, person, place, settle

#: All but those that would need to know the market's rules to say what is acceptable.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]


document = schemathesis.openapi.from_wsgi("/api/schema", WSGIHandler())


@pytest.fixture(autouse=True)
def one_transaction():
    """Requests stay in the test's transaction; Django would close its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def an_exchange(db, settings):
    """Alice has traded and has an open order."""
    settings.ORDER_WAIT_MS = 0
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "USDT", "100000")
    fund(bob, "BTC", "10")
    place(bob, market, "sell", "1", at="60000")
    place(alice, market, "buy", "0.1", at="60000")
    place(alice, market, "buy", "0.1", at="50000")
    settle()


quick = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@document.parametrize()
@quick
def test_every_answer_is_one_that_the_document_promises(case: Case):
    send(case)


@pytest.mark.slow
@document.parametrize()
@settings(quick, max_examples=40, derandomize=False)
def test_every_answer_to_much_more_is_one_that_the_document_promises(case: Case):
    send(case)


def send(case: Case) -> None:
    """As alice; every other path names something that there is."""
    alice = person("alice")
    newest = Order.objects.filter(user_id=alice.pk).latest("id")
    for name, known in (("order_id", str(newest.pk)), ("symbol", "BTC-USDT")):
        asked = case.path_parameters.get(name, "")
        # An id that is none stays so: it is to be refused.
        is_one = name != "order_id" or re.fullmatch("[0-9]{1,19}", asked)
        if asked and ord(asked[-1]) % 2 and is_one:
            case.path_parameters[name] = known
    bearer = {"Authorization": f"Bearer {AccessToken.for_user(alice)}"}
    case.call_and_validate(headers=bearer, checks=CHECKS)
    settle()
