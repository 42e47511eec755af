"""What moved an account is found wherever the lists of movements have come to."""

import itertools
import threading
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.audit import audit
from kernel.units import Atoms
from ledger.models import (
    Account,
    AccountKind,
    Entry,
    MovementCursor,
    MovementsOfAccount,
    Transfer,
)
from ledger.selectors import MOVEMENTS_OF, movement_lag, movements_of
from ledger.services import (
    forget_movements,
    index_movements,
    open_account,
    post_entry,
)
from ledger.transfers import Transfer as Moved
from ledger.transfers import TransferCode
from tests.attempts import run, the_owner
from tests.stories import NOON, asset, caller, fund, make_market, person, place, settle

#: Two who book at once do not see each other's entries; each takes a number of its own.
GIFTS = itertools.count(1)


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    """Three ids to a row: what is rare happens all the time."""
    monkeypatch.setattr("ledger.services.movements.STRETCH", 3)


def listed(account_id: int, limit: int = 2) -> list[int]:
    """All pages of an account's movements."""
    found: list[int] = []
    while rows := movements_of(
        account_id=account_id, before=found[-1] if found else None, limit=limit
    ):
        found += [row.pk for row in rows]
    return found


def plain(account_id: int) -> list[int]:
    """The same, by looking at every transfer."""
    return [
        it.pk
        for it in Transfer.objects.order_by("-id")
        if account_id in (it.debit_id, it.credit_id)
    ]


def index(most: int = 1_000) -> None:
    while index_movements(least=1, most=most):
        pass


def available(name: str, code: str = "BTC") -> Account:
    return open_account(
        asset_id=asset(code).pk, kind=AccountKind.AVAILABLE, owner_id=person(name).pk
    )


def give(giver: str, taker: str) -> None:
    """Book a little from one to the other."""
    number = next(GIFTS)
    moved = Moved(
        available(giver).pk, available(taker).pk, asset("BTC").pk, Atoms(1),
        TransferCode.HOUSE, number,
    )  # fmt: skip
    post_entry(kind=Entry.Kind.HOUSE, key=f"gift:{number}", transfers=[moved], now=NOON)


# Exactness ------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 1 << 32),
    steps=st.lists(st.sampled_from("ggggggir"), min_size=5, max_size=40),
    limit=st.integers(1, 5),
)
@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_page_is_what_a_plain_look_at_the_transfers_finds(db, seed, steps, limit):
    with transaction.atomic():
        chance = Random(seed)
        names = ["alice", "bob", "carol"]
        for name in names:
            fund(person(name), "BTC", "1")
        for step in steps:
            match step:
                case "g":
                    give(*chance.sample(names, 2))
                case "i":
                    index_movements(least=1, most=chance.randint(1, 9))
                case "r":
                    forget_movements()

        for account_id in Account.objects.values_list("id", flat=True):
            assert listed(account_id, limit) == plain(account_id)
        assert [it for it in audit() if it.violations] == []
        transaction.set_rollback(True)


def test_lists_come_in_stretches_on_both_sides_of_a_transfer(db):
    fund(person("alice"), "BTC", "1")
    for _ in range(3):
        give("alice", "bob")
    index()

    ids = list(Transfer.objects.order_by("id").values_list("id", flat=True))

    def of(name: str) -> list[list[int]]:
        mine = MovementsOfAccount.objects.filter(account=available(name))
        return [it.ids for it in mine.order_by("first")]

    assert of("alice") == [ids[:3], ids[3:]]
    assert of("bob") == [ids[1:]]


def test_few_transfers_are_left_to_the_readers_and_many_come_in_slices(db):
    fund(person("alice"), "BTC", "1")
    for _ in range(4):
        give("alice", "bob")

    assert index_movements(least=6) == 0
    assert MovementsOfAccount.objects.count() == 0
    assert [index_movements(least=1, most=3) for _ in range(3)] == [3, 2, 0]


def test_movements_that_are_forgotten_are_listed_again(db):
    fund(person("alice"), "BTC", "1")
    for _ in range(4):
        give("alice", "bob")
    index()
    rows = "SELECT account_id, unnest(ids) FROM ledger_movementsofaccount ORDER BY 1, 2"
    before = run(rows)

    forget_movements()

    assert MovementCursor.objects.count() == MovementsOfAccount.objects.count() == 0
    assert listed(available("bob").pk) == plain(available("bob").pk)
    index(most=2)
    assert run(rows) == before


def test_the_lists_are_walked_from_their_end(db):
    """A page costs what it shows, also of one account among thousands that has them all."""
    for account_id, step in ((1, 1), (2, 2_000)):
        run(
            "INSERT INTO ledger_movementsofaccount SELECT %s, i, ARRAY[i] "
            "FROM generate_series(1::bigint, 20000, %s) i",
            account_id, step,
        )  # fmt: skip
    with the_owner():
        run("ANALYZE ledger_movementsofaccount")

    for account_id in (1, 2):
        where = {"account": account_id, "before": 1 << 62, "limit": 50}
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {MOVEMENTS_OF}", where)
            plan = "\n".join(line for (line,) in cursor.fetchall())

        assert "Index Scan Backward using ledger_movementsofaccount_pkey" in plan, plan


# Others write at once -------------------------------------------------------------------


class Elsewhere:
    """Somebody else's transaction, in which a low id has been drawn and is not yet seen."""

    def __init__(self, giver: str, taker: str) -> None:
        self.drawn, self.end = threading.Event(), threading.Event()
        self.commits = True
        self.thread = threading.Thread(target=self._work, args=(giver, taker))
        self.thread.start()
        assert self.drawn.wait(timeout=10)

    def _work(self, giver: str, taker: str) -> None:
        with transaction.atomic():
            give(giver, taker)
            self.drawn.set()
            self.end.wait(timeout=10)
            if not self.commits:
                transaction.set_rollback(True)
        connection.close()

    def finish(self, *, commits: bool = True) -> None:
        self.commits = commits
        self.end.set()
        self.thread.join(timeout=10)
        assert not self.thread.is_alive()


@pytest.mark.parametrize("commits", [True, False])
def test_the_cursor_does_not_pass_an_id_that_may_still_appear(committed_db, commits):
    for name in ("alice", "bob", "carol", "dave"):
        fund(person(name), "BTC", "1")
    index()
    late = Elsewhere("alice", "bob")
    give("carol", "dave")
    before = MovementCursor.objects.get().position

    stood = [index_movements(least=1) for _ in range(3)]
    seen = listed(available("dave").pk) == plain(available("dave").pk)
    late.finish(commits=commits)
    index()

    assert (stood, seen) == ([0, 0, 0], True)
    assert MovementCursor.objects.get().position == Transfer.objects.latest("id").pk
    assert Transfer.objects.filter(id__gt=before).count() == (2 if commits else 1)
    for name in ("alice", "bob", "carol", "dave"):
        assert listed(available(name).pk) == plain(available(name).pk)
    assert [it for it in audit() if it.violations] == []


def test_who_begins_to_write_after_a_mark_does_not_hold_it_back(committed_db):
    for name in ("alice", "bob", "carol", "dave"):
        fund(person(name), "BTC", "1")
    index()
    first = Elsewhere("alice", "bob")
    give("carol", "dave")
    assert index_movements(least=1) == 0  # the mark is behind carol's transfer
    first.finish()
    second = Elsewhere("alice", "bob")

    passed = index_movements(least=1)
    second.finish()

    assert passed == 2


def test_two_at_once_do_not_list_the_same_transfers(committed_db):
    fund(person("alice"), "BTC", "1")
    index()
    give("alice", "bob")
    added = []

    def other() -> None:
        added.append(index_movements(least=1))
        connection.close()

    with transaction.atomic():
        MovementCursor.objects.select_for_update().get()
        elsewhere = threading.Thread(target=other)
        elsewhere.start()
        elsewhere.join(timeout=10)

    assert (elsewhere.is_alive(), added) == (False, [0])
    assert index_movements(least=1) == 1


# Watched over ---------------------------------------------------------------------------


def test_an_audit_finds_what_a_list_lacks_or_has_twice(db):
    fund(person("alice"), "BTC", "1")
    give("alice", "bob")
    index()
    alice, bob = available("alice"), available("bob")
    of_alice = MovementsOfAccount.objects.get(account=alice)
    of_bob = MovementsOfAccount.objects.get(account=bob)
    MovementsOfAccount.objects.filter(account=alice).update(ids=of_alice.ids[:1])
    MovementsOfAccount.objects.filter(account=bob).update(ids=of_bob.ids * 2)

    found = {it.invariant.id: set(it.violations) for it in audit() if it.violations}

    assert found == {
        "L8": {
            f"account {alice.pk}: transfer {of_alice.ids[1]} is not listed",
            f"account {bob.pk}: transfer {of_bob.ids[0]} is listed too often",
        }
    }


def test_it_is_known_how_far_the_lists_are_behind(db, monkeypatch):
    fund(person("alice"), "BTC", "1")
    index()
    give("alice", "bob")
    few = movement_lag()
    monkeypatch.setattr("ledger.selectors.movements.SLICE_MIN", 1)

    assert (few.rows, few.age) == (1, timedelta(0))
    assert movement_lag().age > timedelta(0)


# The API --------------------------------------------------------------------------------

MOVEMENTS = "/api/v1/balances/USDT/movements"


@pytest.fixture
def traded(db):
    """Alice sold Bob 0.1 BTC for 2,000 USDT; he had 3,000 and had set 2,100 aside."""
    market = make_market()
    fund(person("alice"), "BTC", "1")
    fund(person("bob"), "USDT", "3000")
    sell = place(person("alice"), market, "sell", "0.1", at="20000")
    buy = place(person("bob"), market, "buy", "0.1", at="21000")
    settle()
    return sell, buy


def told(client, query: str = "", address: str = MOVEMENTS) -> list[tuple[str, str]]:
    page = client.get(f"{address}?{query}").json()
    return [(row["reason"], row["amount"]) for row in page["results"]]


def test_a_statement_tells_what_came_and_what_left(traded):
    alice, bob = caller(person("alice")), caller(person("bob"))

    assert told(alice) == [("fee", "-2.00000000"), ("trade", "2000.00000000")]
    assert told(bob, "account=held") == [
        ("release", "-100.00000000"),
        ("trade", "-2000.00000000"),
        ("hold", "2100.00000000"),
    ]
    assert told(bob) == [
        ("release", "100.00000000"),
        ("hold", "-2100.00000000"),
        ("house", "3000.00000000"),
    ]


def test_a_movement_says_what_it_was_for(traded):
    _, buy = traded

    hold = caller(person("bob")).get(f"{MOVEMENTS}?account=held").json()["results"][-1]

    transfer = Transfer.objects.get(pk=hold["id"])
    assert hold == {
        "id": str(transfer.pk),
        "amount": "2100.00000000",
        "reason": "hold",
        "reference": str(buy.pk),
        "created_at": hold["created_at"],
    }


def test_a_statement_comes_in_pages(traded):
    bob = caller(person("bob"))

    first = bob.get(f"{MOVEMENTS}?limit=2").json()
    second = bob.get(f"{MOVEMENTS}?limit=2&cursor={first['next_cursor']}").json()

    assert [len(first["results"]), len(second["results"])] == [2, 1]
    assert second["next_cursor"] is None


def test_a_statement_is_its_owners_alone(traded):
    assert told(caller(person("carol"))) == []
    assert caller().get(MOVEMENTS).status_code == 401


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("account=fees", 400, "invalid_request"),
        ("limit=0", 400, "invalid_request"),
        ("cursor=1-2", 400, "invalid_cursor"),
        ("from=1", 400, "unknown_field"),
    ],
)
def test_what_cannot_be_asked_is_refused(traded, query, status, code):
    answer = caller(person("bob")).get(f"{MOVEMENTS}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_asset_that_is_not_there_has_no_statement(traded):
    answer = caller(person("bob")).get("/api/v1/balances/DOGE/movements")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_asset")
