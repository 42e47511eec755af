"""Taking orders back, changing and replacing them."""

from typing import Any

import pytest

from accounts.models import User
from kernel.errors import ExchangeError
from orders import errors
from orders.commands import CommandKind, OrderSide, UnitKind
from orders.models import Command, Market
from orders.services import amend_order, cancel_all, replace_order, request_cancel
from tests.stories import NOON, fund, make_market, person, place, settle, terms

pytestmark = pytest.mark.django_db


def told(*names: str) -> list[tuple]:
    """The last commands of the log: these columns of those that place nothing."""
    rows = Command.objects.exclude(kind=CommandKind.PLACE).order_by("id")
    return list(rows.values_list(*names))


def amend(user: User, order: Command, **new: int) -> Command:
    named: dict[str, Any] = dict.fromkeys(("price", "quantity", "trigger"))
    return amend_order(user_id=user.pk, order_id=order.pk, now=NOON, **named | new)


def replace_by(user: User, order: Command, market: Market, *asked: str, **more: Any):
    client_order_id = more.pop("client_order_id", None)
    return replace_order(
        user_id=user.pk,
        order_id=order.pk,
        terms=terms(market, *asked, **more),
        client_order_id=client_order_id,
        now=NOON,
    )


def set_state(market: Market, state: str) -> None:
    Market.objects.filter(pk=market.pk).update(state=state)


def an_order() -> tuple[Market, User, Command]:
    """Alice's offer of 0.5 at 61,000, which stands in the book."""
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    order = place(alice, market, "sell", "0.5", at="61000")
    settle()
    return market, alice, order


def an_ended_order() -> tuple[Market, User, Command]:
    market, alice, order = an_order()
    request_cancel(user_id=alice.pk, order_id=order.pk, now=NOON)
    settle()
    return market, alice, order


# Cancel ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_decided", [True, False])
def test_an_order_is_taken_back_whether_the_engine_has_decided_or_not(is_decided):
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    order = place(alice, market, "sell", "0.5", at="61000")
    if is_decided:
        settle()

    request_cancel(user_id=alice.pk, order_id=order.pk, now=NOON)

    assert told("kind", "market_id", "user_id", "order_id", "unit") == [
        (CommandKind.CANCEL, market.pk, alice.pk, order.pk, None)
    ]


@pytest.mark.parametrize("state", ["post_only", "cancel_only", "auction"])
def test_an_order_is_taken_back_in_every_state_but_halted(state):
    market, alice, order = an_order()
    set_state(market, state)

    request_cancel(user_id=alice.pk, order_id=order.pk, now=NOON)

    assert told("kind") == [(CommandKind.CANCEL,)]


def refusals_of(verb, market: Market, user: User, order: Command) -> list[type]:
    """How a verb is refused for a stranger, and in a halted market."""
    kinds = []
    for asker, state in ((person("mallory"), "open"), (user, "halted")):
        set_state(market, state)
        with pytest.raises(ExchangeError) as refusal:
            verb(asker, order)
        kinds.append(refusal.type)
    set_state(market, "open")
    return kinds


VERBS = {
    "cancel": lambda user, order: request_cancel(
        user_id=user.pk, order_id=order.pk, now=NOON
    ),
    "amend": lambda user, order: amend(user, order, quantity=10_000),
    "replace": lambda user, order: replace_by(
        user, order, Market.objects.get(), "sell", "0.5", at="62000"
    ),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_nobody_touches_an_order_of_somebody_else_or_one_in_a_halted_market(verb):
    market, alice, order = an_order()

    assert refusals_of(verb, market, alice, order) == [
        errors.UnknownOrder,
        errors.MarketNotOpen,
    ]
    assert told("kind") == []


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_an_order_that_has_ended_is_left_alone(verb):
    _, alice, order = an_ended_order()

    with pytest.raises(errors.OrderNotOpen) as refusal:
        verb(alice, order)

    assert refusal.value.extra == {"order_id": str(order.pk)}
    assert told("kind") == [(CommandKind.CANCEL,)]


# Amend ----------------------------------------------------------------------------------


def test_an_amendment_says_what_becomes_new():
    market, alice, order = an_order()

    amend(alice, order, price=6_200_000)
    amend(alice, order, quantity=10_000)

    columns = ("kind", "market_id", "order_id", "price", "quantity", "trigger_price")
    kept = (CommandKind.AMEND, market.pk, order.pk)
    assert told(*columns) == [(*kept, 6_200_000, 0, None), (*kept, 0, 10_000, None)]


def test_a_trigger_is_amended():
    market, alice = make_market(), person("alice")
    order = place(alice, market, "sell", "0.5", type="stop", trigger="59000")

    amend(alice, order, trigger=5_800_000)

    assert told("price", "quantity", "trigger_price") == [(0, 0, 5_800_000)]


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ({}, errors.OrderShapeInvalid),
        ({"trigger": 5}, errors.OrderNotAmendable),
        ({"price": 2_000_000_000}, errors.PriceOutOfRange),
        ({"quantity": 200_000_000}, errors.QuantityOutOfRange),
    ],
)
def test_an_amendment_that_no_such_order_takes_is_not_written(new, why):
    _, alice, order = an_order()

    with pytest.raises(why):
        amend(alice, order, **new)

    assert told("kind") == []


# Replace --------------------------------------------------------------------------------


def test_a_replacement_is_a_cancel_and_a_place_of_which_both_happen_or_none():
    market, alice, order = an_order()

    commands = replace_by(alice, order, market, "sell", "0.4", at="62000")

    stored = list(Command.objects.filter(pk__gt=order.pk).order_by("id"))
    assert [it.pk for it in commands] == [it.pk for it in stored]
    assert [
        (it.kind, it.unit, it.position, it.follow, it.order_id, it.price, it.quantity)
        for it in stored
    ] == [
        (CommandKind.CANCEL, UnitKind.ALL_OR_NONE, 0, 1, order.pk, 0, 0),
        (CommandKind.PLACE, UnitKind.ALL_OR_NONE, 1, 0, 0, 6_200_000, 40_000),
    ]


def test_a_replacement_that_is_sent_again_is_the_first_although_the_old_order_has_ended():
    market, alice, order = an_order()
    asked = ("sell", "0.4"), {"at": "62000", "client_order_id": "mine"}
    first = replace_by(alice, order, market, *asked[0], **asked[1])
    settle()

    again = replace_by(alice, order, market, *asked[0], **asked[1])

    assert [it.pk for it in again] == [it.pk for it in first]
    assert len(told("kind")) == 1


def test_a_replacement_of_another_order_is_not_the_first():
    market, alice, order = an_order()
    other = place(alice, market, "sell", "0.1", at="63000")
    replace_by(alice, order, market, "sell", "0.4", at="62000", client_order_id="mine")

    with pytest.raises(errors.ClientOrderIdReused):
        replace_by(alice, other, market, "sell", "0.4", at="62000", client_order_id="mine")

    assert len(told("kind")) == 1


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, errors.ListShapeInvalid),
        ({"at": "62000", "time_in_force": "ioc"}, errors.ListShapeInvalid),
        ({"at": "62000", "post_only": "slide"}, errors.ListShapeInvalid),
        ({"at": "20000000"}, errors.PriceOutOfRange),
    ],
)
def test_an_order_is_replaced_by_a_limit_order_that_stays(more, why):
    market, alice, order = an_order()

    with pytest.raises(why):
        replace_by(alice, order, market, "sell", "0.4", **more)

    assert told("kind") == []


# Cancel all -----------------------------------------------------------------------------


def test_all_orders_are_cancelled_by_one_command_to_each_market():
    btc, eth = make_market("BTC-USDT"), make_market("ETH-USDT")
    alice = person("alice")

    cancel_all(user_id=alice.pk, market_id=None, side=None, now=NOON)
    cancel_all(user_id=alice.pk, market_id=eth.pk, side=OrderSide.SELL, now=NOON)

    every = (CommandKind.CANCEL_ALL, alice.pk)
    assert told("kind", "user_id", "market_id", "side") == [
        (*every, btc.pk, 0),
        (*every, eth.pk, 0),
        (*every, eth.pk, OrderSide.SELL),
    ]


def test_a_halted_market_cancels_nothing():
    btc = make_market("BTC-USDT")
    set_state(btc, "halted")

    with pytest.raises(errors.MarketNotOpen):
        cancel_all(user_id=person("alice").pk, market_id=btc.pk, side=None, now=NOON)
    with pytest.raises(errors.UnknownMarket):
        cancel_all(user_id=person("alice").pk, market_id=btc.pk + 1, side=None, now=NOON)

    assert told("kind") == []
