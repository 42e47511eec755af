"""What order entry promises holds whichever lane a request goes by."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from orders.models import Command, Market
from orders.services.intake import WAITING_MAX
from tests.lanes.asking import Said
from tests.lanes.house import Application, House
from tests.stories import fund, make_market, person, settle

ORDER = {
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20000",
    "quantity": "0.1",
}


@pytest.fixture
def market(house: House, settings) -> Market:
    """Nobody waits for the engine here."""
    settings.ORDER_WAIT_MS = 0
    made = make_market()
    fund(person("alice"), "USDT", "100000")
    return made


def ask(house: House, application: Application, body: Any) -> Said:
    text = json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/orders",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": len(text),
        "HTTP_AUTHORIZATION": f"Bearer {AccessToken.for_user(person('alice'))}",
        "wsgi.input": io.BytesIO(text),
    }
    return house.say(application, environ)


def problem(said: Said) -> tuple[int, str, str | None]:
    """Status, code, and when to come again."""
    headers = {name.lower(): value for name, value in said.headers}
    soon = headers.get(b"retry-after")
    return said.status, json.loads(said.body)["code"], soon and soon.decode()


def test_an_order_sent_again_and_again_by_both_lanes_at_once_is_one(house, market):
    mine = ORDER | {"client_order_id": "mine"}

    def send(number: int) -> Said:
        try:
            return ask(house, house.stock if number % 3 == 0 else house.lane, mine)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(send, range(12)))

    [command] = Command.objects.all()
    assert {it.status for it in said} == {202}
    assert {json.loads(it.body)["id"] for it in said} == {str(command.pk)}


def test_an_order_sent_again_is_answered_with_the_first_though_the_market_has_halted(
    house, market
):
    mine = ORDER | {"client_order_id": "mine"}
    first = ask(house, house.lane, mine)
    settle()
    Market.objects.update(state="halted")
    house.desk.venues.forget()

    again = ask(house, house.lane, mine)
    new = ask(house, house.lane, ORDER)

    assert json.loads(again.body)["id"] == json.loads(first.body)["id"]
    assert (again.status, problem(new)) == (201, (422, "market_not_open", None))
    assert Command.objects.count() == 1


def test_a_halt_that_the_lane_has_not_seen_yet_is_the_engines_to_tell(house, market):
    ask(house, house.lane, ORDER)
    Market.objects.update(state="halted")

    late = ask(house, house.lane, ORDER | {"client_order_id": "late"})
    settle()
    told = ask(house, house.lane, ORDER | {"client_order_id": "late"})

    assert late.status in (202, 422)  # within a second, or after it
    assert problem(told)[:2] == (422, "market_not_open")


def test_too_much_at_a_time_is_told_before_it_is_accepted(house, market):
    ask(house, house.lane, ORDER)
    house.desk.intake._batcher.weight = WAITING_MAX  # as if so many waited

    told = ask(house, house.lane, ORDER)

    assert problem(told) == (503, "busy", "1")
    assert Command.objects.count() == 1


def test_an_order_whose_commit_was_cut_off_may_or_may_not_stand(house, market):
    ask(house, house.lane, ORDER)
    with ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('orders_command'))")
        asked = pool.submit(ask, house, house.lane, ORDER)
        end_whoever_waits()
        told = asked.result()
        cursor.execute("SELECT pg_advisory_unlock_all()")

    assert problem(told) == (503, "outcome_unknown", "1")
    assert Command.objects.count() == 1
    assert ask(house, house.lane, ORDER).status == 202


def end_whoever_waits() -> None:
    """End the session that waits for the queue of the command log."""
    with psycopg.connect(django_settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        while not owner.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            "WHERE locktype = 'advisory' AND NOT granted"
        ).fetchall():
            pass


def test_a_body_in_pieces_is_read_as_a_whole(house, market):
    text = json.dumps(ORDER).encode()
    token = AccessToken.for_user(person("alice"))
    pieces = [text[:10], text[10:50], text[50:]]

    said = house.run(say_in_pieces(house, pieces, f"Bearer {token}"))

    assert said == 202
    assert (house.lane.answered, Command.objects.count()) == (1, 1)


async def say_in_pieces(house: House, pieces: list[bytes], token: str) -> int:
    messages = [{"type": "http.request", "body": it, "more_body": True} for it in pieces]
    messages[-1]["more_body"] = False
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/orders",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", token.encode()),
            (b"content-type", b"application/json"),
        ],
    }
    await house.lane(scope, receive, send)
    return int(told[0]["status"])
