"""Nobody sees or changes what is another's: every route of the API, found in its document.

What is another's is not found, as if there were no such thing (OWASP API1:2023).
"""

import re
from collections.abc import Iterator

import pytest
from drf_spectacular.generators import SchemaGenerator

from kernel import clock
from ledger.selectors import asset_by_code
from tests.stories import caller, fund, make_market, person, place, settle
from withdrawals.services import request_withdrawal

pytestmark = pytest.mark.django_db

#: Names in paths that name no one's property.
PUBLIC = {"asset", "symbol", "proof_id"}
#: What is asked of an order, where the address does not say it all.
BODIES = {
    ("patch", "/api/v1/orders/{order_id}"): {"price": "50000"},
    ("post", "/api/v1/orders/{order_id}/replace"): {
        "side": "buy",
        "type": "limit",
        "price": "50000",
        "quantity": "0.1",
    },
}
DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)


def routes() -> Iterator[tuple[str, str]]:
    """(method, path) of every operation."""
    for path, operations in DOCUMENT["paths"].items():
        for method in operations:
            yield method, path


def is_anybodys(method: str, path: str) -> bool:
    return {} in DOCUMENT["paths"][path][method]["security"]


def names_in(path: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", path)) - PUBLIC


@pytest.fixture
def alices() -> dict[str, str]:
    """What alice has, by its name in a path: an order partly filled, a withdrawal, and
    dollars that moved."""
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "USDT", "100000")
    fund(bob, "BTC", "10")
    place(bob, market, "sell", "1", at="60000")
    order = place(alice, market, "buy", "1.1", at="60000")
    settle()
    withdrawal = request_withdrawal(
        user_id=alice.pk,
        asset_id=asset_by_code("USDT").pk,
        amount=1_000,
        address="somewhere",
        client_withdrawal_id=None,
        now=clock.now(),
    )
    return {
        "order_id": str(order.pk),
        "withdrawal_id": str(withdrawal.pk),
        "asset": "USDT",
    }


@pytest.mark.parametrize(
    ("method", "path"), [route for route in routes() if names_in(route[1])]
)
def test_what_is_anothers_is_not_found(alices, method, path):
    address = path.format(**alices)  # a KeyError: tell above what alice has of it
    shown = path[: path.index("}") + 1].format(**alices)
    before = caller(person("alice")).get(shown).json()

    mallory = caller(person("mallory"))
    answer = getattr(mallory, method)(address, BODIES.get((method, path)))

    code = "unknown_" + names_in(path).pop().removesuffix("_id")
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    settle()
    assert caller(person("alice")).get(shown).json() == before


@pytest.mark.parametrize(
    "path",
    [p for m, p in routes() if m == "get" and not names_in(p) and not is_anybodys(m, p)],
)
def test_lists_hold_ones_own_only(alices, path):
    address = path.format(**alices)

    mine, hers = (caller(person(name)).get(address) for name in ("mallory", "alice"))

    assert mine.status_code == hers.status_code == 200
    if path == "/api/v1/me":
        assert mine.json()["email"] == "mallory@example.com"
    elif path == "/api/v1/fees":
        assert {row["counted_at"] for row in mine.json()} == {None}
    else:
        assert mine.json() in ([], {"results": [], "next_cursor": None})


@pytest.mark.parametrize(
    ("method", "path"), [route for route in routes() if not is_anybodys(*route)]
)
def test_strangers_are_asked_who_they_are(alices, method, path):
    answer = getattr(caller(), method)(path.format(**alices))

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
