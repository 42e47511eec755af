"""The house states once an hour what was last paid in each market."""

from datetime import timedelta

import pytest

from bookkeeping.models import Rate
from reports.services import fix_rates
from reports.services.fixing import rate_of
from reports.tests.stories import Story, at, column, table, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def stated() -> list[tuple[str, str, str, str]]:
    rows = Rate.objects.select_related("asset", "currency").order_by("id")
    return [(str(it), f"{it.at:%H:%M}", it.source, str(it.entered_by)) for it in rows]


def test_a_market_is_fixed_by_its_last_trade_before_the_hour(story):
    assert fix_rates(now=at(15, 42)) == 1

    assert stated() == [
        (
            "30000.0000000000 USDT for 1 BTC",
            "15:00",
            "fixing: BTC-USDT trade 1 at 30000.00000000, 2026-11-21T12:00:00.000000Z",
            "None",
        )
    ]


def test_an_hour_is_fixed_once_and_the_next_one_again(story):
    fixed = [fix_rates(now=it) for it in (at(15, 1), at(15, 2), at(16, 1))]

    assert fixed == [1, 0, 1]
    assert [it[1] for it in stated()] == ["15:00", "16:00"]


def test_a_new_market_is_fixed_by_its_first_trade(story):
    assert fix_rates(now=at(12) + timedelta(seconds=30)) == 1
    assert [it[1] for it in stated()] == ["12:00"]


def test_where_nothing_was_traded_nothing_is_stated(story):
    assert fix_rates(now=at(11)) == 0
    assert stated() == []


def test_reports_are_valued_by_it(story):
    fix_rates(now=at(15))

    rows = table("positions", currency="USDT", asset="BTC")

    assert column(rows, "total", "value") == [
        ("0.19960000", "5988.00000000"),
        ("0.80000000", "24000.00000000"),
    ]


@pytest.mark.parametrize(
    ("price", "scale", "rate"),
    [
        (30_000, 0, 300_000_000_000_000),
        (3_000_000_000_000, 8, 300_000_000_000_000),
        (7, 10, 7),
        (5 * 10**7, 18, 1),
        (5 * 10**7 - 1, 18, 0),
        (15 * 10**7, 18, 2),
    ],
)
def test_a_price_becomes_a_rate_rounded_half_up(price, scale, rate):
    assert rate_of(price=price, scale=scale) == rate
