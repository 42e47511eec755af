"""What one's next order costs, by API."""

import pytest

from orders.models import FeeTier, UserVolume
from tests.stories import NOON, caller, make_market, person

pytestmark = pytest.mark.django_db
FEES = "/api/v1/fees"


def test_who_has_not_traded_pays_the_markets_own_fees():
    make_market()

    assert caller(person("alice")).get(FEES).json() == [
        {
            "market": "BTC-USDT",
            "maker_fee": "0.001000",
            "taker_fee": "0.002000",
            "volume": "0.00000000",
            "volume_asset": "USDT",
            "counted_at": None,
            "tier": None,
            "next_tier": None,
        }
    ]


def test_a_tier_tells_its_fees_and_the_next_one():
    market, alice = make_market(), person("alice")
    UserVolume.objects.create(
        user=alice, asset=market.quote, volume=150 * 10**8, counted_at=NOON
    )
    for volume, maker, taker in ((100, 800, 1_800), (1_000, 500, 1_500)):
        FeeTier.objects.create(
            market=market, volume_from=volume * 10**8, maker_ppm=maker, taker_ppm=taker
        )

    [told] = caller(alice).get(FEES).json()

    assert told == {
        "market": "BTC-USDT",
        "maker_fee": "0.000800",
        "taker_fee": "0.001800",
        "volume": "150.00000000",
        "volume_asset": "USDT",
        "counted_at": "2026-11-21T12:00:00Z",
        "tier": {
            "volume_from": "100.00000000",
            "maker_fee": "0.000800",
            "taker_fee": "0.001800",
        },
        "next_tier": {
            "volume_from": "1000.00000000",
            "maker_fee": "0.000500",
            "taker_fee": "0.001500",
        },
    }
