"""A market with everything in it, for those who look for what could be wrong there."""

from datetime import timedelta

from accounts.models import User
from kernel import clock
from orders.models import Command, Market
from orders.services import amend_order, configure_market
from tests.stories import fund, person, place, place_together, settle, terms


def everything_in(market: Market) -> dict[str, int]:
    """A setting, a trade, an OCO, a bracket, an iceberg, a trailing stop, an order that
    expires, a prevented match, a refusal, an amended order: ids of the orders by what
    they are."""
    alice, bob = person("alice"), person("bob")
    for user in (alice, bob):
        fund(user, "BTC", "10")
        fund(user, "USDT", "1000000")
    configure_market(
        market_id=market.pk,
        user_id=bob.pk,
        settings={"max_open_orders": 50},
        reason="Enough is enough.",
        now=clock.now(),
    )
    named = {
        "maker": place(alice, market, "sell", "0.5", at="60000"),
        "taker": place(bob, market, "buy", "0.2", at="61000"),
        **_lists(market, alice, bob),
        **_specials(market, alice, bob),
        "own": place(alice, market, "buy", "0.1", at="60000"),
        "poor": place(person("carol"), market, "buy", "0.1", at="50000"),
        "changed": place(bob, market, "buy", "0.2", at="41000"),
    }
    settle()
    amend_order(
        user_id=bob.pk,
        order_id=named["changed"].pk,
        price=None,
        quantity=15_000,
        trigger=None,
        now=clock.now(),
    )
    settle()
    return {name: command.pk for name, command in named.items()}


def _lists(market: Market, alice: User, bob: User) -> dict[str, Command]:
    limit, stop = place_together(
        alice,
        market,
        "oco",
        terms(market, "sell", "0.1", at="65000"),
        terms(market, "sell", "0.1", type="stop", trigger="55000"),
    )
    entry, target, guard = place_together(
        bob,
        market,
        "bracket",
        terms(market, "buy", "0.1", at="50000"),
        terms(market, "sell", "0.1", at="70000"),
        terms(market, "sell", "0.1", type="stop_limit", at="44000", trigger="45000"),
    )
    return {
        "limit": limit,
        "stop": stop,
        "entry": entry,
        "target": target,
        "guard": guard,
    }


def _specials(market: Market, alice: User, bob: User) -> dict[str, Command]:
    later = clock.now() + timedelta(hours=1)
    return {
        "iceberg": place(alice, market, "sell", "1", at="70000", display="0.1"),
        "trailing": place(alice, market, "sell", "0.1", type="trailing_stop", trail="1000"),
        "dated": place(
            bob, market, "buy", "0.1", at="40000", time_in_force="gtd", expires_at=later
        ),
    }
