"""Fee tiers: what counts as volume, which tier applies, what an order is stamped with."""

from datetime import timedelta

import pytest

from kernel.units import Atoms, Ppm
from orders.commands import SEQUENCE_BITS, OrderSide
from orders.models import Command, FeeTier, Market, Trade, UserVolume
from orders.selectors import FeeStanding, fee_standings, first_trade_since, rates_of
from orders.services import count_volumes, set_fee_tier
from tests.attempts import run
from tests.stories import NOON, make_market, person, place

pytestmark = pytest.mark.django_db
DAY, MONTH = timedelta(days=1), timedelta(days=30)


def traded(market: Market, maker: str, taker: str, quote_amount: int, at=NOON) -> Trade:
    """Record a trade, as the engine does; its amount is all that matters here."""
    first = market.pk << SEQUENCE_BITS
    number = Trade.objects.filter(market_id=market.pk).count() + 1
    return Trade.objects.create(
        id=first + number, market_id=market.pk, price=1, quantity=1,
        quote_amount=quote_amount, taker_side=OrderSide.BUY, maker_order_id=1,
        taker_order_id=2, maker_user_id=person(maker).pk, taker_user_id=person(taker).pk,
        maker_fee=0, taker_fee=0, created_at=at,
    )  # fmt: skip


def tier(market: Market, volume_from: int, maker_ppm: int, taker_ppm: int) -> FeeTier:
    return FeeTier.objects.create(
        market=market, volume_from=volume_from, maker_ppm=maker_ppm, taker_ppm=taker_ppm
    )


def volumes() -> dict[tuple[str, str], int]:
    return {
        (it.user.email.split("@")[0], it.asset.code): it.volume
        for it in UserVolume.objects.select_related("user", "asset")
    }


def rates(name: str, market: Market) -> tuple[int, int]:
    return rates_of(user_id=person(name).pk, market=market.rules)


# Volume ---------------------------------------------------------------------------------


def test_makers_and_takers_volumes_add_up_over_all_markets_of_a_quote_asset():
    bitcoin, ether = make_market("BTC-USDT"), make_market("ETH-USDT")
    pair = make_market("ETH-BTC")
    traded(bitcoin, "alice", "bob", 100)
    traded(ether, "bob", "alice", 20)
    traded(pair, "alice", "carol", 3)

    assert count_volumes(now=NOON) == 4

    assert volumes() == {
        ("alice", "USDT"): 120,
        ("bob", "USDT"): 120,
        ("alice", "BTC"): 3,
        ("carol", "BTC"): 3,
    }


def test_who_trades_with_himself_has_traded_once():
    traded(make_market(), "alice", "alice", 100)

    count_volumes(now=NOON)

    assert volumes() == {("alice", "USDT"): 100}


def test_only_the_last_thirty_days_count():
    market = make_market()
    traded(market, "alice", "bob", 1, at=NOON - MONTH - timedelta(microseconds=1))
    traded(market, "alice", "bob", 20, at=NOON - MONTH)
    traded(market, "alice", "bob", 300, at=NOON)

    count_volumes(now=NOON)
    then = volumes()
    count_volumes(now=NOON + DAY)

    assert then == {("alice", "USDT"): 320, ("bob", "USDT"): 320}
    assert volumes() == {("alice", "USDT"): 300, ("bob", "USDT"): 300}


def test_counting_again_gives_the_same():
    traded(make_market(), "alice", "bob", 100)

    count_volumes(now=NOON)
    first = run("SELECT * FROM orders_uservolume ORDER BY id")
    count_volumes(now=NOON)

    assert run("SELECT * FROM orders_uservolume ORDER BY id") == first


def test_a_volume_that_has_passed_away_is_gone():
    traded(make_market(), "alice", "bob", 100)
    count_volumes(now=NOON)

    assert count_volumes(now=NOON + MONTH + DAY) == 0

    assert volumes() == {}


def test_a_volume_beyond_what_a_column_holds_is_the_most_that_it_holds():
    market = make_market()
    for _ in range(3):
        traded(market, "alice", "alice", 2**62)

    count_volumes(now=NOON)

    assert volumes() == {("alice", "USDT"): 2**63 - 1}


@pytest.mark.parametrize("days", range(8))
def test_the_first_trade_since_a_moment_is_found_by_halving(days):
    market = make_market()
    trades = [traded(market, "alice", "bob", 1, at=NOON + DAY * n) for n in (1, 2, 2, 5, 6)]
    since = NOON + DAY * days

    found = first_trade_since(market_id=market.pk, since=since)

    assert found == next((it.pk for it in trades if it.created_at >= since), None)


# Tiers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (0, (1_000, 2_000)),
        (999, (1_000, 2_000)),
        (1_000, (500, 1_500)),
        (4_999, (500, 1_500)),
        (5_000, (0, 900)),
        (10**15, (0, 900)),
    ],
)
def test_a_tier_begins_exactly_at_its_volume(volume, expected):
    market = make_market(maker_ppm=1_000, taker_ppm=2_000)
    tier(market, 1_000, 500, 1_500)
    tier(market, 5_000, 0, 900)
    if volume:
        traded(market, "alice", "bob", volume)
    count_volumes(now=NOON)

    assert rates("alice", market) == expected
    assert rates("nobody", market) == (1_000, 2_000)


def test_a_tier_that_is_set_again_is_changed():
    market = make_market()
    for maker, taker in ((500, 1_500), (400, 1_400)):
        set_fee_tier(
            market_id=market.pk,
            volume_from=Atoms(1_000),
            maker_ppm=Ppm(maker),
            taker_ppm=Ppm(taker),
        )

    assert [*FeeTier.objects.values_list("volume_from", "maker_ppm", "taker_ppm")] == [
        (1_000, 400, 1_400)
    ]


def test_volume_in_one_market_earns_the_tier_of_another_with_the_same_quote_asset():
    bitcoin, ether = make_market("BTC-USDT"), make_market("ETH-USDT")
    pair = make_market("ETH-BTC")
    tier(bitcoin, 1_000, 500, 1_500)
    tier(pair, 1_000, 1, 2)
    traded(ether, "alice", "bob", 1_000)
    count_volumes(now=NOON)

    assert rates("alice", bitcoin) == (500, 1_500)
    assert rates("alice", ether) == (1_000, 2_000)  # it has no tiers
    assert rates("alice", pair) == (1_000, 2_000)  # its volume is counted in BTC


def test_an_order_keeps_the_rates_that_were_stamped_on_it_when_the_tier_changes():
    market, alice = make_market(), person("alice")
    first = tier(market, 1_000, 500, 1_500)
    traded(market, "alice", "bob", 1_000)
    count_volumes(now=NOON)

    order = place(alice, market, "sell", "0.1", at="60000")
    first.maker_ppm, first.taker_ppm = 7, 8
    first.save()
    later = place(alice, market, "sell", "0.1", at="60000")

    stamped = Command.objects.in_bulk([order.pk, later.pk])
    assert [
        (it.maker_ppm, it.taker_ppm) for it in (stamped[order.pk], stamped[later.pk])
    ] == [(500, 1_500), (7, 8)]


def test_a_standing_tells_the_tier_and_what_the_next_one_asks():
    market, pair = make_market(), make_market("ETH-BTC")
    first, second = tier(market, 1_000, 500, 1_500), tier(market, 5_000, 0, 900)
    traded(market, "alice", "bob", 1_200)
    count_volumes(now=NOON)

    standings = fee_standings(user_id=person("alice").pk)

    assert standings == [
        FeeStanding(market, 1_200, NOON, tier=first, next_tier=second),
        FeeStanding(pair, 0, None, tier=None, next_tier=None),
    ]
    assert [it.rates for it in standings] == [(500, 1_500), (1_000, 2_000)]


def test_at_the_top_there_is_no_next_tier():
    market = make_market()
    top = tier(market, 1_000, 500, 1_500)
    traded(market, "alice", "bob", 1_000)
    count_volumes(now=NOON)

    assert fee_standings(user_id=person("alice").pk) == [
        FeeStanding(market, 1_000, NOON, tier=top, next_tier=None)
    ]
