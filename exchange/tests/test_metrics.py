"""`/metrics` tells Prometheus and the staff how the exchange is doing, and nobody else."""

import re

import pytest
from django.test import Client

from exchange.audit_runs import run_audit
from orders.services import index_fills, index_orders
from tests.attempts import no_guards, run
from tests.staff import member, verified, with_password_only
from tests.stories import caller, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db

TOKEN = "a token that nobody guesses"
SAMPLE = re.compile(r'([a-z_]+)\{([a-z]+)="([^"]*)"\} (\S+)')


@pytest.fixture
def market():
    market = make_market()
    fund(person("alice"), "BTC", "1")
    fund(person("bob"), "USDT", "10000")
    return market


def trade(market) -> None:
    place(person("alice"), market, "sell", "0.01", at="20000")
    place(person("bob"), market, "buy", "0.01", at="20000")


def scrape(client: Client | None = None, token: str | None = None):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return (client or Client()).get("/metrics", headers=headers)


def told(settings) -> dict[str, dict[str, float]]:
    """{metric: {label's value: number}}; every line is of the format."""
    settings.METRICS_TOKEN = TOKEN
    found: dict[str, dict[str, float]] = {}
    for line in scrape(token=TOKEN).text.splitlines():
        if help_or_type := re.fullmatch(r"# (?:HELP|TYPE) ([a-z_]+) (.+)", line):
            found.setdefault(help_or_type[1], {})
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, f"no sample: {line}"
        found[sample[1]][sample[3]] = float(sample[4])
    return found


# What is told ---------------------------------------------------------------------------


def test_it_is_told_how_many_commands_wait_and_when_the_engine_was_last_seen(
    market, settings
):
    trade(market)
    before = told(settings)
    settle()

    after = told(settings)

    assert before["fairbook_commands_waiting"] == {"0": 2}
    assert before["fairbook_engine_lease_age_seconds"] == {}
    assert after["fairbook_commands_waiting"] == {"0": 0}
    assert after["fairbook_engine_lease_age_seconds"]["0"] < 60


def test_it_is_told_how_far_the_lists_of_history_are_behind(market, settings, monkeypatch):
    monkeypatch.setattr("orders.selectors.history.SLICE_MIN", 2)
    trade(market)
    settle()
    index_orders(least=1)
    index_fills(least=1)
    trade(market)
    trade(market)
    settle()

    found = told(settings)

    fills = f"fills:{market.pk}"
    rows = found["fairbook_history_lag_rows"]
    assert {log: rows[log] for log in ("orders", fills)} == {"orders": 4, fills: 2}
    assert rows["movements"] > 0
    seconds = found["fairbook_history_lag_seconds"]
    assert seconds.keys() == rows.keys()
    assert (seconds["orders"] > 0, seconds[fills] > 0) == (True, True)
    assert seconds["movements"] == 0  # fewer than are worth a slice


def test_an_exchange_without_markets_tells_what_there_is(settings):
    found = told(settings)

    assert found["fairbook_commands_waiting"] == {}
    assert found["fairbook_history_lag_rows"] == {"orders": 0, "movements": 0}
    sessions = found["fairbook_database_connections"]
    assert 0 < sessions["open"] <= sessions["allowed"]


def test_it_is_told_how_the_audits_and_the_seals_are_doing(market, settings):
    before = told(settings)
    run_audit(full=True)
    trade(market)
    with no_guards():
        run("UPDATE ledger_account SET balance = 5 WHERE kind = 'custody'")
    run_audit(full=False)

    found = told(settings)

    assert before["fairbook_audit_age_seconds"] == {}
    assert before["fairbook_audit_outcome"] == {"clean": 0, "broken": 0, "failed": 0}
    assert found["fairbook_audit_age_seconds"].keys() == {"any", "full"}
    assert found["fairbook_audit_age_seconds"]["any"] < 60
    assert found["fairbook_audit_duration_seconds"]["last"] > 0
    assert found["fairbook_audit_outcome"] == {"clean": 0, "broken": 1, "failed": 0}
    assert found["fairbook_breaks"]["open"] >= 2
    assert found["fairbook_breaks"]["acknowledged"] == 0
    assert found["fairbook_seal_lag_rows"]["transfers"] > 0
    assert found["fairbook_seal_lag_seconds"].keys() >= {"transfers", "commands"}


# Who is told ----------------------------------------------------------------------------


def test_prometheus_reads_it_with_the_token(settings):
    settings.METRICS_TOKEN = TOKEN

    answer = scrape(token=TOKEN)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"


def test_the_staff_read_it_with_their_session():
    assert scrape(verified(member("sue"))).status_code == 200


@pytest.mark.parametrize("token", ["", "another", TOKEN + "s", "é"])
def test_a_wrong_token_finds_nothing(settings, token):
    settings.METRICS_TOKEN = TOKEN

    assert scrape(token=token).status_code == 404


@pytest.mark.parametrize("token", [None, "", " "])
def test_no_token_in_the_settings_is_nobodys_token(settings, token):
    settings.METRICS_TOKEN = ""

    assert scrape(token=token).status_code == 404


def test_others_do_not_find_it():
    trader, half = Client(), with_password_only(member("sue"))
    trader.force_login(person("alice"))

    answers = [scrape(it).status_code for it in (trader, half, caller(person("alice")))]

    assert answers == [404, 404, 404]


def test_it_is_only_read(settings):
    settings.METRICS_TOKEN = TOKEN

    answer = Client().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 405
