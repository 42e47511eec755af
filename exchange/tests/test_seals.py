"""What was sealed cannot be altered unseen, not even by a superuser."""

import io
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from exchange import tasks
from exchange.embedded.places import places
from exchange.embedded.postgres_files import binaries
from exchange.env import PROJECT
from exchange.seals import LOGS, broken_snapshots, seal_due, seal_lags
from exchange.tests.sealed_days import (
    A_MINUTE,
    EVERYTHING,
    LATE,
    a_day,
    found,
    seal_everything,
)
from kernel import clock
from ledger.models import Seal, Transfer
from ledger.moments import instant_text
from ledger.selectors import content_queries, seal_head
from ledger.services import take_snapshot
from tests.attempts import no_guards, run
from tests.stories import fund, person

pytestmark = pytest.mark.usefixtures("outside")


# What is sealed -------------------------------------------------------------------------


def test_every_log_is_sealed_up_to_its_end(a_sealed_day):
    waiting = {lag.log: lag.rows for lag in seal_lags(now=LATE)}

    assert set(waiting.values()) == {0}
    chains = set(Seal.objects.values_list("log", flat=True))
    assert {"transfers", "accounts", "commands"} < chains
    assert any(chain.startswith("trades:") for chain in chains)
    assert found() == found(A_MINUTE) == []
    assert list(broken_snapshots(EVERYTHING)) == []


@pytest.mark.django_db
def test_every_append_only_table_is_sealed_or_excused():
    guarded = {
        row[0]
        for row in run(
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid "
            "WHERE tgname LIKE '%%append_only'"
        )
    }
    sealed = {it.table for it in LOGS} | {it.behind.table for it in LOGS if it.behind}
    excused = {
        # Told again from commands by `verify`.
        "matching_eventbatch", "orders_orderevent", "orders_preventedmatch",
        # Their digest or root is sealed.
        "bookkeeping_frozenbalance", "proofs_treepage", "proofs_treeshare",
        # The seals themselves, what follows from transfers, and the diary of audits.
        "ledger_seal", "ledger_snapshot", "ledger_snapshotbalance", "ledger_auditrun",
    }  # fmt: skip

    assert guarded - sealed - excused == set(), "declare it in SEALED of the app's audit.py"


def test_the_page_on_seals_names_every_log():
    page = (PROJECT / "docs" / "seals.md").read_text()

    assert [log.name for log in LOGS if f"`{log.name}" not in page] == []


def test_a_log_names_columns_that_are_there(db):
    for log in LOGS:
        for query in content_queries(log, first=1, last=1):
            run(query)


def test_few_rows_are_sealed_when_they_have_waited_for_a_minute(db):
    fund(person("alice"), "BTC", "1")
    [made] = Transfer.objects.values_list("created_at", flat=True)

    soon = seal_due(now=made + timedelta(seconds=59))
    later = seal_due(now=made + timedelta(seconds=60))

    assert [seal.log for seal in soon if seal.log == "transfers"] == []
    assert [seal.log for seal in later if seal.log == "transfers"] == ["transfers"]


def test_what_has_no_time_is_sealed_at_once_and_never_late(db):
    fund(person("alice"), "BTC", "1")
    [made] = Transfer.objects.values_list("created_at", flat=True)

    [lag] = [it for it in seal_lags(now=made) if it.log == "assets"]

    assert (lag.rows, lag.age) == (1, timedelta(0))
    assert [seal.log for seal in seal_due(now=made)] == ["assets"]


def test_where_the_time_is_up_one_seal_is_made_and_the_others_wait(db):
    fund(person("alice"), "BTC", "1")

    made = [[seal.log for seal in seal_due(now=LATE, until=0)] for _ in range(4)]

    assert made == [["transfers"], ["accounts"], ["assets"], []]


# Tampering ------------------------------------------------------------------------------

FIRST = "(SELECT min(id) FROM ledger_transfer)"
MIDDLE = "(SELECT id FROM ledger_transfer ORDER BY id OFFSET 9 LIMIT 1)"
LAST = "(SELECT max(id) FROM ledger_transfer)"
ENTRY = "(SELECT min(id) FROM ledger_entry)"
OWNED = "(SELECT min(id) FROM ledger_account WHERE owner_id IS NOT NULL)"
COMMAND = "(SELECT min(id) FROM orders_command)"
TRADE = "(SELECT max(id) FROM orders_trade)"
REST = "entry_id, debit_id, credit_id, asset_id, amount, code, ref, created_at"
TAMPERINGS = [
    f"UPDATE ledger_transfer SET amount = amount + 1 WHERE id = {MIDDLE}",
    "UPDATE ledger_transfer SET created_at = created_at + interval '1 microsecond' "
    f"WHERE id = {MIDDLE}",
    "UPDATE ledger_transfer SET debit_id = credit_id, credit_id = debit_id "
    f"WHERE id = {MIDDLE}",
    f"UPDATE ledger_transfer SET ref = ref + 1 WHERE id = {LAST}",
    f"DELETE FROM ledger_transfer WHERE id = {FIRST}",
    f"DELETE FROM ledger_transfer WHERE id = {MIDDLE}",
    f"DELETE FROM ledger_transfer WHERE id = {LAST}",
    f"UPDATE ledger_transfer SET id = -id WHERE id = {MIDDLE}",
    # Two have changed places.
    f"UPDATE ledger_transfer a SET ({REST}) = (SELECT {REST} FROM ledger_transfer b WHERE "
    f"b.id = CASE a.id WHEN {FIRST} THEN {LAST} ELSE {FIRST} END) "
    f"WHERE id IN ({FIRST}, {LAST})",
    # One that was not there; where nobody looks.
    f"INSERT INTO ledger_transfer (id, {REST}) SELECT -5, {REST} FROM ledger_transfer "
    "LIMIT 1",
    f"UPDATE ledger_entry SET memo = 'x' WHERE id = {ENTRY}",
    f"UPDATE ledger_entry SET key = overlay(key placing 'X' from 2) WHERE id = {ENTRY}",
    f"DELETE FROM ledger_entry WHERE id = {ENTRY}",
    "UPDATE ledger_account SET owner_id = (SELECT max(id) FROM accounts_user) "
    f"WHERE id = {OWNED}",
    "UPDATE ledger_account SET floor = -1 WHERE kind = 'custody'",
    "UPDATE ledger_asset SET scale = scale - 1 WHERE code = 'USDT'",
    "UPDATE orders_market SET created_at = created_at - interval '1 day'",
    f"UPDATE orders_command SET price = price + 1 WHERE id = {COMMAND}",
    # Nothing is not the same as an empty text.
    f"UPDATE orders_command SET client_order_id = '' WHERE id = {COMMAND}",
    f"UPDATE orders_trade SET maker_fee = 0 WHERE id = {TRADE}",
    f"DELETE FROM orders_trade WHERE id = {TRADE}",
    # A trade of a market that is not there.
    "UPDATE orders_trade SET id = (99::bigint << 40) + 1, market_id = 99 "
    f"WHERE id = {TRADE}",
    "UPDATE ledger_seal SET content = repeat('a', 64) WHERE log = 'accounts'",
    "UPDATE ledger_seal SET latest = latest + interval '1 second' WHERE log = 'transfers'",
    "DELETE FROM ledger_seal WHERE log = 'transfers' AND number = 2",
    "DELETE FROM ledger_seal WHERE log = 'transfers' AND number = 1",
]


def test_what_was_altered_deleted_inserted_or_swapped_is_found(a_sealed_day):
    missed = [tampering for tampering in TAMPERINGS if not found_after(tampering)]

    assert missed == []
    assert found() == []


def found_after(tampering: str) -> list[str]:
    with transaction.atomic():
        with no_guards():
            run(tampering)
        lines = found()
        transaction.set_rollback(True)
        return lines


def test_it_is_said_where(a_sealed_day):
    seal = Seal.objects.get(log="transfers", number=2)

    with no_guards():
        run("UPDATE ledger_transfer SET amount = amount + 1 WHERE id = %s", seal.first)

    where = f"seal 2 of transfers: rows {seal.first} to {seal.last}"
    assert found() == [f"{where} are not what was sealed"]


def test_a_row_into_a_gap_of_the_ids_is_found(db):
    """Ids are drawn and not used; somebody uses one long afterwards."""
    fund(person("alice"), "BTC", "1")
    run("SELECT nextval('ledger_transfer_id_seq')")
    fund(person("alice"), "BTC", "1")
    seal_everything()
    first, last = Transfer.objects.order_by("id").values_list("id", flat=True)
    assert last == first + 2

    with no_guards():
        run(
            f"INSERT INTO ledger_transfer (id, {REST}) SELECT %s, {REST} "
            "FROM ledger_transfer LIMIT 1",
            first + 1,
        )

    assert found() == [f"seal 1 of transfers: rows 1 to {last} were 2, and are 3"]


def test_each_minute_looks_at_the_newest_and_at_another_part_of_the_old(
    a_sealed_day, monkeypatch
):
    monkeypatch.setattr("exchange.seals.LOGS", LOGS[:1])
    monkeypatch.setattr("exchange.seals.MOST_SEALS", 1)
    monkeypatch.setattr("exchange.seals.NEWEST", 1)
    with no_guards():
        run(f"UPDATE ledger_transfer SET amount = amount + 1 WHERE id = {MIDDLE}")

    minutes = []
    for minute in range(seal_head().number):
        monkeypatch.setattr("exchange.seals._minute", lambda at=minute: at)
        minutes.append(bool(found(A_MINUTE)))

    assert True in minutes, "an old row is looked at within so many minutes"
    assert False in minutes, "not every minute looks at all"


# Who seals dies --------------------------------------------------------------------------

SEALING = """
import django; django.setup()
from django.db import connection
connection.settings_dict["NAME"] = "{name}"
from datetime import timedelta
from exchange.seals import streams
from kernel import clock
from ledger.services import seal_stream, take_snapshot
seal_stream(stream=streams()[0], now=clock.now() + timedelta(days=1), least=1)
take_snapshot(now=clock.now(), every=1)
"""


@pytest.mark.parametrize("where", ["after_seal", "before_snapshot"])
def test_a_sealer_that_is_killed_leaves_nothing_half(committed_db, where):
    fund(person("alice"), "BTC", "1")

    killed = subprocess.run(
        [sys.executable, "-c", SEALING.format(name=connection.settings_dict["NAME"])],
        env=os.environ
        | {"FAIRBOOK_FAILPOINT": where, "DJANGO_SETTINGS_MODULE": "exchange.settings"},
        check=False,
        capture_output=True,
    )

    assert killed.returncode == -9, killed.stderr.decode()
    assert Seal.objects.count() == (1 if where == "before_snapshot" else 0)
    assert run("SELECT count(*) FROM ledger_snapshotbalance") == [(0,)]
    seal_everything()
    take_snapshot(now=LATE, every=1)
    assert found() == []
    assert list(broken_snapshots(EVERYTHING)) == []
    assert run("SELECT count(*) FROM ledger_snapshotbalance") == [(2,)]


# Without us ------------------------------------------------------------------------------


def test_an_auditor_needs_psql_and_sha256sum_alone(committed_db):
    a_day()
    seal = Seal.objects.get(log="transfers", number=2)
    told = connection.settings_dict
    dsn = make_conninfo(
        dbname=told["NAME"],
        user=told["USER"],
        password=told["PASSWORD"],
        host=told["HOST"] or connection.connection.info.host,
        port=told["PORT"] or str(connection.connection.info.port),
    )

    copies = "; ".join(
        f'psql -X -q -c "COPY ({query}) TO STDOUT" "$DSN"'
        for query in content_queries(LOGS[0], first=seal.first, last=seal.last)
    )
    fields = (
        seal.log, seal.number, seal.first, seal.last, seal.rows,
        instant_text(seal.earliest), instant_text(seal.latest), seal.content, seal.previous,
    )  # fmt: skip
    text = "|".join(map(str, fields))
    environment = os.environ | {
        "DSN": dsn, "PGTZ": "UTC", "PGDATESTYLE": "ISO", "TEXT": text,
        "PATH": f"{binaries(places())}:{os.environ['PATH']}",
    }  # fmt: skip

    content = shell(f"({copies}) | sha256sum", environment)
    link = shell('printf %s "$TEXT" | sha256sum', environment)

    assert (content, link) == (seal.content, seal.sha256)
    before = Seal.objects.get(log="transfers", number=1)
    assert seal.previous == before.sha256


def shell(command: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, check=True, capture_output=True
    )
    return done.stdout.decode().split()[0]


def test_each_snapshot_has_its_minute(a_sealed_day, monkeypatch):
    with no_guards():
        run(
            "UPDATE ledger_snapshotbalance SET credits = credits + 1 "
            "WHERE last = (SELECT max(last) FROM ledger_snapshot)"
        )

    minutes = []
    for minute in range(60):
        monkeypatch.setattr("exchange.seals._minute", lambda at=minute: at)
        minutes.append(bool(list(broken_snapshots(A_MINUTE))))

    assert minutes.count(True) == 1


def test_the_tasks_of_beat_seal_and_export(db, outside):
    fund(person("alice"), "BTC", "1")
    tasks.seal_logs()
    tasks.export_seals()

    assert (outside / "heads.jsonl").exists()
    assert found() == []


# The command -----------------------------------------------------------------------------


def told(*options: str) -> list[str]:
    out = io.StringIO()
    call_command("seals", *options, stdout=out, stderr=out, no_color=True)
    return out.getvalue().splitlines()


def test_the_command_seals_shows_exports_and_verifies(db, outside):
    fund(person("alice"), "BTC", "1")

    assert told()[0].startswith("transfers                  1 waiting  -")
    # The transfer, its two accounts and their asset.
    assert told()[-1].endswith("heads were exported never.")
    assert told("--seal") == ["seals: 3 seals over 4 rows."]
    assert told("--export") == [f"seals: the heads are in {outside}/{today()}.json."]
    assert told("--verify") == ["seals: all 3 seals are as they were."]
    assert f"heads were exported {today()}T" in told()[-1]
    seal = seal_head()
    assert f"sha256    {seal.sha256}" in told("--show", "transfers:1")
    assert f"printf %s '{seal.own_text()}' | sha256sum" in told("--show", "transfers:1")


def today() -> str:
    return f"{clock.now():%Y-%m-%d}"


def test_the_command_ends_with_1_when_something_was_altered(a_sealed_day):
    with no_guards():
        run(f"UPDATE ledger_transfer SET amount = amount + 1 WHERE id = {MIDDLE}")

    with pytest.raises(SystemExit) as end:
        told("--verify")

    assert end.value.code == 1


@pytest.mark.parametrize("name", ["transfers:9", "nothing:1", "transfers", "", "x:y:-1"])
def test_the_command_knows_no_such_seal(db, name):
    with pytest.raises(CommandError, match="There is no seal"):
        told("--show", name)
