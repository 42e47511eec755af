"""What the database refuses of the engines, tried with raw SQL; README.md has the rules."""

import pytest

from tests.attempts import is_append_only, refused, run, the_owner
from tests.stories import fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db


def test_a_cursor_never_goes_back():
    run("INSERT INTO matching_cursor (shard, position, holder) VALUES (7, 100, '')")

    with refused("a cursor never goes back"):
        run("UPDATE matching_cursor SET position = 99 WHERE shard = 7")
    with the_owner(), refused("a cursor never goes back"):
        run("UPDATE matching_cursor SET position = 99 WHERE shard = 7")
    run("UPDATE matching_cursor SET position = 100, holder = 'x' WHERE shard = 7")

    assert run("SELECT position, holder FROM matching_cursor") == [(100, "x")]


def test_a_cursor_stays_where_it_is_kept():
    run("INSERT INTO matching_cursor (shard, position, holder) VALUES (7, 100, '')")

    for statement in ("DELETE FROM matching_cursor", "TRUNCATE matching_cursor"):
        with refused("permission denied"):
            run(statement)

    assert run("SELECT shard, position FROM matching_cursor") == [(7, 100)]


def test_the_event_log_is_for_ever():
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    place(alice, market, "sell", "0.5", at="60000")
    settle()

    is_append_only("matching_eventbatch")
