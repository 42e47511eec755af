"""A picture that follows the log shows what the database shows, after every batch."""

from contextlib import suppress

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import ExchangeError
from kernel.units import Lots
from marketdata import feed
from marketdata.feed import Picture
from marketdata.selectors import Depth, best_levels, news_after, picture_of
from matching.worker import Worker
from orders.commands import CommandKind, MarketState
from orders.models import Command, Market
from orders.services import amend_order, configure_market, request_cancel
from tests.stories import fund, make_market, person, place

PRICES = st.integers(95, 105)
PEOPLE = {
    "name": st.sampled_from(["alice", "bob"]),
    "side": st.sampled_from(["buy", "sell"]),
    "price": PRICES,
    "lots": st.integers(1, 30),
}
NUMBERS = st.integers(0, 30)
#: The name of a function below, and what it is given beside the market.
ICEBERGS = PEOPLE | {"display": st.integers(1, 9)}
ACTS = st.one_of(
    st.tuples(st.just("limit"), st.fixed_dictionaries(PEOPLE)),
    st.tuples(st.just("limit"), st.fixed_dictionaries(ICEBERGS)),
    st.tuples(st.just("stop"), st.fixed_dictionaries(PEOPLE | {"trigger": PRICES})),
    st.tuples(st.just("cancel"), st.fixed_dictionaries({"number": NUMBERS})),
    st.tuples(
        st.just("amend"),
        st.fixed_dictionaries({"number": NUMBERS, "price": PRICES, "lots": NUMBERS}),
    ),
    st.tuples(
        st.just("state"),
        st.fixed_dictionaries(
            {"state": st.sampled_from([MarketState.AUCTION, MarketState.OPEN])}
        ),
    ),
)


@given(acts=st.lists(ACTS, min_size=5, max_size=25), limit=st.sampled_from([1, 4, 100]))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_picture_moved_by_the_log_is_the_book_of_the_database(db, acts, limit):
    with transaction.atomic():
        market = make_market()
        for name in ("alice", "bob"):
            fund(person(name), "BTC", "1")
            fund(person(name), "USDT", "1000")
        for act in acts:
            ask(act, market)
        seen = picture_of(market)
        worker = Worker(shard=market.shard)

        while worker.step(limit=limit):
            follow(seen, market)

            assert shown(seen) == shown(picture_of(market))
            assert best_levels(market_id=market.pk, limit=200) == Depth(
                seen.sequence, seen.standing.state, seen.book.bids(), seen.book.asks()
            )
        transaction.set_rollback(True)


def ask(act: tuple[str, dict], market: Market) -> None:
    """Append what an act asks for; some of it the intake or the engine refuses."""
    name, given = act
    with suppress(ExchangeError):
        ASKED[name](market, **given)


def limit(market: Market, *, name, side, price, lots, display=0) -> None:
    place(
        person(name), market, side, f"0.{lots:05}", at=f"{price}00.00",
        display=f"0.{display if display < lots else 0:05}",
    )  # fmt: skip


def stop(market: Market, *, name, side, price, lots, trigger) -> None:
    place(
        person(name), market, side, f"0.{lots:05}", at=f"{price}00.00",
        type="stop_limit", trigger=f"{trigger}00.00",
    )  # fmt: skip


def cancel(market: Market, *, number: int) -> None:
    for order in nth_order(market, number):
        request_cancel(user_id=order.user_id, order_id=order.pk, now=clock.now())


def amend(market: Market, *, number: int, price: int, lots: int) -> None:
    """To another price, and to another quantity if there are lots."""
    for order in nth_order(market, number):
        amend_order(
            user_id=order.user_id,
            order_id=order.pk,
            price=market.rules.read_price(f"{price}00.00"),
            quantity=Lots(lots) or None,
            trigger=None,
            now=clock.now(),
        )


def state(market: Market, *, state: MarketState) -> None:
    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={"state": state, "until": 0},
        reason="a test",
        now=clock.now(),
    )


ASKED = {"limit": limit, "stop": stop, "cancel": cancel, "amend": amend, "state": state}


def nth_order(market: Market, number: int) -> list[Command]:
    """One of the orders that are there, in a list; none when there are none."""
    orders = Command.objects.filter(kind=CommandKind.PLACE, market_id=market.pk)
    found = list(orders.order_by("id"))
    return [found[number % len(found)]] if found else []


def follow(seen: Picture, market: Market) -> None:
    news, _ = news_after(positions={market.pk: seen.sequence}, user_ids=[])
    for item in news:
        seen.apply(item.batch)


def shown(seen: Picture) -> tuple[feed.Body, feed.Body]:
    return seen.depth(), seen.last_trades()
