"""A picture that follows the log shows what the database shows, after every batch."""

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import clock
from marketdata import feed
from marketdata.feed import Picture
from marketdata.selectors import Depth, best_levels, news_after, picture_of
from matching.worker import Worker
from orders.models import Command, Market
from orders.services import request_cancel
from tests.stories import fund, make_market, person, place

ACTS = st.one_of(
    st.tuples(
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["buy", "sell"]),
        st.integers(95, 105),
        st.integers(1, 30),
    ),
    st.integers(0, 30),
)


@given(acts=st.lists(ACTS, min_size=1, max_size=25), limit=st.sampled_from([1, 4, 100]))
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


def ask(act, market: Market) -> None:
    """Place an order, or cancel the n-th of those that are there."""
    if isinstance(act, tuple):
        name, side, price, lots = act
        place(person(name), market, side, f"0.{lots:05}", at=f"{price}00.00")
        return
    orders = list(Command.objects.filter(kind=1, market_id=market.pk).order_by("id"))
    if orders:
        order = orders[act % len(orders)]
        request_cancel(user_id=order.user_id, order_id=order.pk, now=clock.now())


def follow(seen: Picture, market: Market) -> None:
    news, _ = news_after(positions={market.pk: seen.sequence}, user_ids=[])
    for item in news:
        seen.apply(item.batch)


def shown(seen: Picture) -> tuple[feed.Body, feed.Body]:
    return seen.depth(), seen.last_trades()
