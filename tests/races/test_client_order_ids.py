"""The same order, sent by several connections at the same moment, is one order."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from orders.models import Command
from orders.services import PlaceItem, submit_batch
from tests.stories import NOON, make_market, person, place, place_together, terms

AT_ONCE = 4


def from_everywhere(send) -> list:
    """What each of several connections is answered that send at the same moment."""
    start = Barrier(AT_ONCE)

    def one(_: int):
        try:
            start.wait(timeout=10)
            return send()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_one_order_sent_at_once_is_placed_once(committed_db):
    market, alice = make_market(), person("alice")

    placed = from_everywhere(
        lambda: place(alice, market, "buy", "0.1", at="60000", client_order_id="mine").pk
    )

    assert placed == list(Command.objects.values_list("id", flat=True)) * AT_ONCE


def test_one_list_sent_at_once_is_placed_once(committed_db):
    market, alice = make_market(), person("alice")
    legs = (
        terms(market, "sell", "0.1", at="61000"),
        terms(market, "sell", "0.1", type="stop", trigger="59000"),
    )

    placed = from_everywhere(
        lambda: [
            it.pk
            for it in place_together(alice, market, "oco", *legs, client_order_id="mine")
        ]
    )

    ids = list(Command.objects.order_by("id").values_list("id", flat=True))
    assert len(ids) == 2
    assert placed == [ids] * AT_ONCE


@pytest.mark.parametrize("all_or_none", [False, True])
def test_one_batch_sent_at_once_is_placed_once(committed_db, all_or_none):
    market, alice = make_market(), person("alice")
    asked = terms(market, "buy", "0.1", at="60000")
    items = [PlaceItem(market.rules, market.shard, asked, name) for name in ("a", "b")]

    placed = from_everywhere(
        lambda: [
            it.pk
            for it in submit_batch(
                user_id=alice.pk, items=items, all_or_none=all_or_none, now=NOON
            )
        ]
    )

    ids = list(Command.objects.order_by("id").values_list("id", flat=True))
    assert len(ids) == 2
    assert placed == [ids] * AT_ONCE
