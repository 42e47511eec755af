"""Deposits, withdrawals and trades, as they stood at the end of a period."""

import pytest

from reports.tests.stories import Story, atoms, column, table, tell, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def test_the_register_says_by_which_transaction_and_who_decided(story):
    assert told("deposits_withdrawals") == [
        "BTC | 08:00 | deposit tx-bob | bob | bob@example.com | credited | 1 | 1 |  "
        "| tx-bob |  | carol | carol@example.com "
        "| 09:00 | dave | dave@example.com | 09:00 | dave | dave@example.com",
        "USDT | 08:00 | deposit tx-alice | alice | alice@example.com "
        "| credited | 10000 | 10000 |  "
        "| tx-alice |  | carol | carol@example.com "
        "| 09:00 | dave | dave@example.com | 09:00 | dave | dave@example.com",
        "USDT | 13:00 | withdrawal of 100 | alice | alice@example.com "
        "| paid | 100 |  | 100 "
        "| tx-paid | addr-alice | alice | alice@example.com "
        "| 13:30 | carol | carol@example.com | 14:00 | carol | carol@example.com",
        "USDT | 15:00 | withdrawal of 50 | alice | alice@example.com "
        "| requested | 50 |  |  "
        "|  | addr-alice | alice | alice@example.com |  |  |  |  |  | ",
    ]


def test_the_register_tells_the_state_of_then(story):
    of_100 = {
        hour: told("deposits_withdrawals", to=hour, user="alice@example.com")[1:]
        for hour in ("2026-11-21T13:30Z", "2026-11-21T14:00Z")
    }

    assert of_100 == {
        "2026-11-21T13:30Z": [
            "USDT | 13:00 | withdrawal of 100 | alice | alice@example.com "
            "| requested | 100 |  |  "
            "|  | addr-alice | alice | alice@example.com |  |  |  |  |  | "
        ],
        "2026-11-21T14:00Z": [
            "USDT | 13:00 | withdrawal of 100 | alice | alice@example.com "
            "| approved | 100 |  |  "
            "|  | addr-alice | alice | alice@example.com "
            "| 13:30 | carol | carol@example.com |  |  | "
        ],
    }


def test_what_moved_on_in_a_period_is_told_in_it(story):
    rows = table("deposits_withdrawals", from_="2026-11-21T14:00Z")

    assert column(rows, "state", "amount", "withdrawn") == [
        ("paid", "100.00000000", "100.00000000"),
        ("requested", "50.00000000", ""),
    ]


def test_what_came_and_went_is_the_turnover_of_custody(story):
    came = {"BTC": 0, "USDT": 0}
    went = {"BTC": 0, "USDT": 0}
    for row in table("deposits_withdrawals"):
        came[row["asset"]] += atoms(row["deposited"])
        went[row["asset"]] += atoms(row["withdrawn"])

    custody = table("accounts", kind="custody")
    assert came == {row["asset"]: atoms(row["debits"]) for row in custody}
    assert went == {row["asset"]: atoms(row["credits"]) for row in custody}


def test_the_register_of_trades_says_who_traded_with_whom_at_which_fees(story):
    assert told("trades") == [
        "BTC-USDT | 12:00 | trade 1 | 1 | BTC | 0.20000000 | 30000 | USDT | 6000 "
        "| alice | bob | 0.00040000 | 6 | buyer | order a-1 | order b-1 | book"
    ]


def test_trades_are_found_by_market_user_and_period(story):
    assert len(told("trades", market="BTC-USDT", user="bob@example.com")) == 1
    assert told("trades", user="carol@example.com") == []
    assert told("trades", to="2026-11-21T12:00Z") == []
    assert told("trades", from_="2026-11-21T12:00:00.000001Z") == []
