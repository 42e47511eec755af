"""One order's way through the whole house."""

import pytest

from ledger.models import AccountKind
from tests.stories import balances, fund, house, make_market, person, place, settle

pytestmark = pytest.mark.django_db


def test_a_crossing_order_pays_both_sides_at_the_makers_price():
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "100000")
    place(alice, market, "sell", "0.5", at="60000")
    place(bob, market, "buy", "0.2", at="61000")

    assert settle() == 2

    assert balances(alice) == {"BTC": ("0.5", "0.3"), "USDT": ("11988", "0")}
    assert balances(bob) == {"BTC": ("0.1996", "0"), "USDT": ("88000", "0")}
    assert house("BTC", AccountKind.FEES, "BTC-USDT") == "0.0004"
    assert house("USDT", AccountKind.FEES, "BTC-USDT") == "12"
