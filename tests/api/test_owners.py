"""Nobody sees or changes what is another's: every route of the API, found in its document.

What is another's is not found, as if there were no such thing (OWASP API1:2023).
"""

import re
from collections.abc import Iterator

import pytest
from drf_spectacular.generators import SchemaGenerator

from kernel import clock
from ledger.selectors import asset_by_code
from proofs.tests.proving import published, seal_the_books
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
#: What the staff's addresses may name.
ANYTHING = {"export_id": "1", "name": "journal", "thing": "transfer", "id": "1"}
DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)


def routes() -> Iterator[tuple[str, str]]:
    """(method, path) of every operation."""
    for path, operations in DOCUMENT["paths"].items():
        for method in operations:
            yield method, path


def is_anybodys(method: str, path: str) -> bool:
    return {} in DOCUMENT["paths"][path][method]["security"]


def is_the_staffs(method: str, path: str) -> bool:
    return str(DOCUMENT["paths"][path][method]["summary"]).startswith("For staff: ")


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
    seal_the_books()
    withdrawal = request_withdrawal(
        user_id=alice.pk,
        asset_id=asset_by_code("USDT").pk,
        amount=1_000,
        address="somewhere",
        client_withdrawal_id=None,
        now=clock.now(),
    )
    return ANYTHING | {
        "order_id": str(order.pk),
        "withdrawal_id": str(withdrawal.pk),
        "proof_id": str(published().pk),
        "asset": "USDT",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [route for route in routes() if names_in(route[1]) and not is_the_staffs(*route)],
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
    [
        path
        for method, path in routes()
        if method == "get"
        and not names_in(path)
        and not is_anybodys(method, path)
        and not is_the_staffs(method, path)
    ],
)
def test_lists_hold_ones_own_only(alices, path):
    address = path.format(**alices)

    mine, hers = (caller(person(name)).get(address) for name in ("mallory", "alice"))

    assert mine.status_code == hers.status_code == 200
    if path == "/api/v1/me":
        assert mine.json()["email"] == "mallory@example.com"
    elif path == "/api/v1/fees":
        assert {row["counted_at"] for row in mine.json()} == {None}
    elif path == "/api/v1/proofs/{proof_id}/mine":
        assert leaves_in(mine) == 0 < leaves_in(hers)
    elif path == "/api/v1/statement":
        assert mine.json()["rows"] == [] != hers.json()["rows"]
    else:
        assert mine.json() in ([], {"results": [], "next_cursor": None})


def leaves_in(answer) -> int:
    return sum(len(tree["leaves"]) for tree in answer.json()["trees"])


@pytest.mark.parametrize(
    ("method", "path"), [route for route in routes() if is_the_staffs(*route)]
)
def test_what_is_the_staffs_is_closed_to_customers(alices, method, path):
    answer = getattr(caller(person("mallory")), method)(path.format(**alices))

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("method", "path"), [route for route in routes() if not is_anybodys(*route)]
)
def test_strangers_are_asked_who_they_are(alices, method, path):
    answer = getattr(caller(), method)(path.format(**alices))

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
