"""Several requests at once: each for itself, or all or none."""

import pytest

from accounts.models import User
from orders import errors
from orders.commands import UNIT_MAX, CommandKind, UnitKind
from orders.models import Command, Market
from orders.services import (
    AmendItem,
    BatchItem,
    CancelItem,
    PlaceItem,
    Refusal,
    request_cancel,
    submit_batch,
)
from tests.stories import NOON, fund, make_market, person, place, settle, terms

pytestmark = pytest.mark.django_db
PLACE, CANCEL, AMEND = CommandKind.PLACE, CommandKind.CANCEL, CommandKind.AMEND


def placing(
    market: Market, side: str = "sell", quantity: str = "0.1", **more: object
) -> PlaceItem:
    name = more.pop("client_order_id", None)
    asked = terms(market, side, quantity, **{"at": "61000"} | more)
    return PlaceItem(market.rules, market.shard, asked, name)


def submit(user: User, *items: BatchItem, all_or_none: bool = False) -> list[object]:
    """For each item the id of its command, or its error."""
    answers = submit_batch(user_id=user.pk, items=items, all_or_none=all_or_none, now=NOON)
    return [it.error if isinstance(it, Refusal) else it.pk for it in answers]


def together(user: User, *items: BatchItem) -> list[object]:
    return submit(user, *items, all_or_none=True)


def log(after: int = 0) -> list[tuple]:
    """(id, kind, order, unit, position, follow) of what was asked after a command."""
    columns = ("id", "kind", "order_id", "unit", "position", "follow")
    return list(Command.objects.filter(pk__gt=after).order_by("id").values_list(*columns))


def two_orders() -> tuple[Market, User, int, int]:
    """Alice's two offers, which stand in the book."""
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    first, second = (place(alice, market, "sell", "0.1", at="61000").pk for _ in "12")
    settle()
    return market, alice, first, second


# Each for itself ------------------------------------------------------------------------


def test_each_item_of_a_batch_stands_alone():
    market, alice, first, second = two_orders()

    ids = submit(
        alice, CancelItem(first), placing(market), AmendItem(second, price=6_200_000)
    )

    alone = (None, None, None)
    assert log(after=second) == [
        (ids[0], CANCEL, first, *alone),
        (ids[1], PLACE, 0, *alone),
        (ids[2], AMEND, second, *alone),
    ]


def test_an_item_is_refused_for_itself():
    market, alice, first, second = two_orders()
    request_cancel(user_id=alice.pk, order_id=first, now=NOON)
    settle()
    last = log()[-1][0]

    answers = submit(
        alice,
        placing(market, at="20000000"),
        CancelItem(first),
        placing(market),
        CancelItem(999),
        AmendItem(second, trigger=5),
        AmendItem(second),
    )

    assert [type(it) for it in answers] == [
        errors.PriceOutOfRange,
        errors.OrderNotOpen,
        int,
        errors.UnknownOrder,
        errors.OrderNotAmendable,
        errors.OrderShapeInvalid,
    ]
    assert [row[:2] for row in log(after=last)] == [(answers[2], PLACE)]


def test_nobody_reaches_somebody_elses_orders_by_a_batch():
    _, _, first, second = two_orders()

    answers = submit(person("mallory"), CancelItem(first), AmendItem(second, quantity=5))

    assert [type(it) for it in answers] == [errors.UnknownOrder] * 2
    assert log(after=second) == []


def test_a_batch_that_is_sent_again_places_nothing_twice():
    market, alice = make_market(), person("alice")
    items = [placing(market, client_order_id=name) for name in ("a", "b")]
    first = submit(alice, *items)
    Market.objects.update(state=Market.State.HALTED)

    again = submit(alice, *items, placing(market, client_order_id="c", at="20000000"))

    assert again[:2] == first
    assert isinstance(again[2], errors.PriceOutOfRange)
    assert len(log()) == 2


def test_an_order_that_stands_twice_in_a_batch_is_one_order():
    market, alice = make_market(), person("alice")
    same = placing(market, client_order_id="a")
    other = placing(market, client_order_id="a", at="62000")

    first, second, third = submit(alice, same, same, other)

    assert first == second
    assert isinstance(third, errors.ClientOrderIdReused)
    assert len(log()) == 1


def test_a_refused_order_does_not_use_up_its_client_order_id():
    market, alice = make_market(), person("alice")
    wrong = placing(market, client_order_id="a", at="20000000")

    refused, placed = submit(alice, wrong, placing(market, client_order_id="a"))

    assert isinstance(refused, errors.PriceOutOfRange)
    assert [row[0] for row in log()] == [placed]


def test_a_batch_speaks_to_several_markets():
    btc, eth, alice = make_market(), make_market("ETH-USDT"), person("alice")

    ids = submit(alice, placing(btc), placing(eth))

    stored = Command.objects.order_by("id").values_list("id", "market_id")
    assert list(stored) == list(zip(ids, (btc.pk, eth.pk), strict=True))


@pytest.mark.parametrize("all_or_none", [True, False])
@pytest.mark.parametrize("count", [0, UNIT_MAX + 1])
def test_a_batch_has_one_to_a_hundred_items(count, all_or_none):
    market, alice = make_market(), person("alice")

    with pytest.raises(errors.ListShapeInvalid) as told:
        submit(alice, *[placing(market)] * count, all_or_none=all_or_none)

    assert told.value.extra == {"limit": UNIT_MAX, "actual": count}
    assert log() == []


def test_a_batch_of_a_hundred_items_is_taken():
    market, alice = make_market(), person("alice")

    assert len(together(alice, *[placing(market)] * UNIT_MAX)) == UNIT_MAX
    assert log()[-1][3:] == (UnitKind.ALL_OR_NONE, UNIT_MAX - 1, 0)


# All or none ----------------------------------------------------------------------------


def test_all_or_none_is_one_unit():
    market, alice, first, second = two_orders()

    ids = together(
        alice,
        CancelItem(first),
        placing(market, post_only="reject"),
        AmendItem(second, price=6_200_000),
    )

    kind = UnitKind.ALL_OR_NONE
    assert log(after=second) == [
        (ids[0], CANCEL, first, kind, 0, 2),
        (ids[1], PLACE, 0, kind, 1, 1),
        (ids[2], AMEND, second, kind, 2, 0),
    ]


def test_one_item_that_cannot_be_is_the_end_of_all():
    market, alice, first, second = two_orders()
    cases = [
        (placing(market, at="20000000"), errors.PriceOutOfRange),
        (placing(market, time_in_force="ioc"), errors.ListShapeInvalid),
        (placing(market, post_only="slide"), errors.ListShapeInvalid),
        (placing(market, at=None), errors.ListShapeInvalid),
        (placing(make_market("ETH-USDT")), errors.ListShapeInvalid),
        (CancelItem(999), errors.UnknownOrder),
        (AmendItem(second, trigger=5), errors.OrderNotAmendable),
    ]

    for wrong, why in cases:
        with pytest.raises(why) as told:
            together(alice, CancelItem(first), wrong, placing(market))
        assert told.value.extra["index"] == 1

    assert log(after=second) == []


def test_a_unit_that_is_sent_again_is_the_first_unit():
    market, alice, first, _ = two_orders()
    items = [CancelItem(first), placing(market, client_order_id="a"), placing(market)]
    ids = together(alice, *items)
    settle()

    assert together(alice, *items) == ids
    assert log()[-1][0] == ids[-1]


def test_a_unit_is_the_same_only_with_all_of_its_items():
    market, alice, first, second = two_orders()
    named = placing(market, client_order_id="a")
    ids = together(alice, CancelItem(first), named)

    for items in ([named], [CancelItem(second), named], [CancelItem(first), named, named]):
        with pytest.raises(errors.ClientOrderIdReused):
            together(alice, *items)
    [alone] = submit(alice, named)

    assert isinstance(alone, errors.ClientOrderIdReused)
    assert log()[-1][0] == ids[-1]
