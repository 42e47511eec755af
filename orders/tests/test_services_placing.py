"""Placing orders and lists: what is asked goes into the log once, or nothing does."""

from datetime import timedelta
from typing import Any

import pytest

from orders import errors
from orders.commands import CommandKind, MarketState, SelfTrade, UnitKind
from orders.models import Command, FeeTier, Market, UserVolume
from orders.services import append_commands, place_order
from tests.stories import NOON, make_market, person, place, place_together, terms

pytestmark = pytest.mark.django_db

#: What a place command has that only special orders have, when it has nothing.
PLAIN: dict[str, Any] = dict.fromkeys(
    (
        "post_only", "trigger_price", "trail", "trail_ppm", "display", "slippage_ppm",
        "expires_at", "unit", "position", "follow", "settings",
    )
)  # fmt: skip


def log() -> list[Command]:
    return list(Command.objects.order_by("id"))


def special(command: Command) -> dict[str, Any]:
    """The special columns of a command that have a value, as they are in the database."""
    stored = Command.objects.get(pk=command.pk)
    return {it: value for it in PLAIN if (value := getattr(stored, it)) is not None}


def halt(market: Market) -> None:
    Market.objects.filter(pk=market.pk).update(state=Market.State.HALTED)
    market.refresh_from_db()


# One order ------------------------------------------------------------------------------


def test_a_plain_limit_order_is_written_as_it_was_asked():
    market, alice = make_market(), person("alice")

    command = place(alice, market, "buy", "0.5", at="60000", client_order_id="mine")

    [stored] = log()
    assert special(command) == {}
    columns = {f.attname: getattr(stored, f.attname) for f in Command._meta.fields}
    assert columns == PLAIN | {
        "id": command.pk,
        "market_id": market.pk,
        "shard": 0,
        "kind": CommandKind.PLACE,
        "user_id": alice.pk,
        "side": 1,
        "type": 2,
        "time_in_force": 1,
        "price": 6_000_000,
        "quantity": 50_000,
        "budget": 0,
        "order_id": 0,
        "client_order_id": "mine",
        "maker_ppm": 1_000,
        "taker_ppm": 2_000,
        "self_trade": SelfTrade.CANCEL_TAKER,
        "created_at": command.created_at,
    }


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        (
            {"at": "60000", "display": "0.1", "post_only": "slide"},
            {"display": 10_000, "post_only": 2},
        ),
        ({"type": "stop", "trigger": "61000"}, {"trigger_price": 6_100_000}),
        (
            {"type": "take_profit_limit", "trigger": "61000", "at": "60000"},
            {"trigger_price": 6_100_000},
        ),
        ({"type": "trailing_stop", "trail": "100"}, {"trail": 10_000}),
        ({"type": "trailing_stop", "trail_ppm": 5_000}, {"trail_ppm": 5_000}),
        ({"slippage_ppm": 70}, {"slippage_ppm": 70}),
    ],
)
def test_a_special_order_is_written_as_it_was_asked(asked, stored):
    market, alice = make_market(), person("alice")
    is_market_type = "at" not in asked
    default = {"slippage_ppm": market.slippage_ppm} if is_market_type else {}

    command = place(alice, market, "buy", "0.5", **asked)

    assert special(command) == default | stored


def test_an_order_expires_at_the_microsecond_that_it_says():
    market, alice = make_market(), person("alice")
    # The stories place at the present moment.
    now = place(alice, market, "buy", "0.5", at="60000").created_at
    at = now + timedelta(days=30, microseconds=7)

    command = place(
        alice, market, "buy", "0.5", at="60000", time_in_force="gtd", expires_at=at
    )

    assert special(command) == {"expires_at": at}


def test_an_order_is_stamped_with_the_rates_that_its_user_has_earned():
    market, alice, bob = make_market(), person("alice"), person("bob")
    FeeTier.objects.create(market=market, volume_from=10, maker_ppm=300, taker_ppm=400)
    UserVolume.objects.create(user=alice, asset=market.quote, volume=10, counted_at=NOON)

    alices = place(alice, market, "buy", "0.5", at="60000")
    bobs = place(bob, market, "buy", "0.5", at="60000")

    assert (alices.maker_ppm, alices.taker_ppm) == (300, 400)
    assert (bobs.maker_ppm, bobs.taker_ppm) == (1_000, 2_000)


def test_an_order_that_the_market_does_not_take_is_not_written():
    market, alice = make_market(), person("alice")

    with pytest.raises(errors.OrderShapeInvalid):
        place(alice, market, "buy", "0.5", type="stop")
    with pytest.raises(errors.ExpiryOutOfRange):
        place_order(
            user_id=alice.pk,
            market=market.rules,
            shard=0,
            terms=terms(market, "buy", "1", at="9", time_in_force="gtd", expires_at=NOON),
            client_order_id=None,
            now=NOON,
        )

    assert log() == []


# Resends --------------------------------------------------------------------------------


def test_a_resend_returns_the_first_order_whatever_happened_to_the_market_since():
    market, alice = make_market(), person("alice")
    asked = {"at": "60000", "display": "0.1", "client_order_id": "mine"}
    first = place(alice, market, "buy", "0.5", **asked)
    halt(market)

    again = place(alice, market, "buy", "0.5", **asked)

    assert again.pk == first.pk
    assert len(log()) == 1


def test_a_resend_of_a_market_order_does_not_mind_that_the_default_slippage_changed():
    market, alice = make_market(), person("alice")
    first = place(alice, market, "buy", "0.5", client_order_id="mine")
    Market.objects.update(slippage_ppm=5, maker_ppm=7)
    market.refresh_from_db()

    again = place(alice, market, "buy", "0.5", client_order_id="mine")

    assert again.pk == first.pk
    assert len(log()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"at": "60001"},
        {"quantity": "0.6"},
        {"side": "sell"},
        {"post_only": "reject"},
        {"display": "0.2"},
        {"self_trade": "cancel_both"},
        {"time_in_force": "ioc"},
        {"type": "stop_limit", "trigger": "61000"},
    ],
)
def test_a_client_order_id_is_used_up_by_its_first_order(changed):
    market, alice = make_market(), person("alice")
    asked = {"side": "buy", "quantity": "0.5", "at": "60000", "client_order_id": "mine"}
    place(alice, market, **asked)

    with pytest.raises(errors.ClientOrderIdReused) as told:
        place(alice, market, **asked | changed)

    assert told.value.extra == {"client_order_id": "mine"}
    assert len(log()) == 1


def test_a_named_slippage_is_part_of_what_was_asked():
    market, alice = make_market(), person("alice")
    place(alice, market, "buy", "0.5", slippage_ppm=9, client_order_id="mine")

    with pytest.raises(errors.ClientOrderIdReused):
        place(alice, market, "buy", "0.5", slippage_ppm=10, client_order_id="mine")

    assert len(log()) == 1


def test_a_client_order_id_is_its_users_own():
    market, alice, bob = make_market(), person("alice"), person("bob")

    alices = place(alice, market, "buy", "0.5", at="60000", client_order_id="mine")
    bobs = place(bob, market, "buy", "0.6", at="60000", client_order_id="mine")

    assert [command.pk for command in log()] == [alices.pk, bobs.pk]


# Lists ----------------------------------------------------------------------------------


def oco(market: Market, **limit: Any) -> tuple:
    return (
        terms(market, "sell", "0.5", **{"at": "61000"} | limit),
        terms(market, "sell", "0.5", type="stop", trigger="59000"),
    )


def bracket(market: Market) -> tuple:
    return (terms(market, "buy", "0.5", at="60000"), *oco(market))


@pytest.mark.parametrize(
    ("kind", "legs", "units"),
    [
        ("oco", oco, [(UnitKind.OCO, 0, 1), (UnitKind.OCO, 1, 0)]),
        (
            "bracket",
            bracket,
            [
                (UnitKind.BRACKET, 0, 2),
                (UnitKind.BRACKET, 1, 1),
                (UnitKind.BRACKET, 2, 0),
            ],
        ),
    ],
)
def test_the_orders_of_a_list_stand_together(kind, legs, units):
    market, alice = make_market(), person("alice")

    commands = place_together(alice, market, kind, *legs(market), client_order_id="mine")

    stored = log()
    assert [it.pk for it in commands] == [it.pk for it in stored]
    assert [(it.unit, it.position, it.follow) for it in stored] == units
    assert [it.client_order_id for it in stored] == ["mine", *[None] * (len(units) - 1)]
    assert (stored[-1].trigger_price, stored[-1].slippage_ppm) == (5_900_000, 100_000)


def test_a_list_that_is_sent_again_is_the_first_list():
    market, alice = make_market(), person("alice")
    first = place_together(alice, market, "oco", *oco(market), client_order_id="mine")
    place(alice, market, "buy", "0.5", at="60000")
    halt(market)

    again = place_together(alice, market, "oco", *oco(market), client_order_id="mine")

    assert [it.pk for it in again] == [it.pk for it in first]
    assert len(log()) == 3


def test_a_list_with_another_leg_is_another_list():
    market, alice = make_market(), person("alice")
    limit, stop = oco(market)
    place_together(alice, market, "oco", limit, stop, client_order_id="mine")
    other = terms(market, "sell", "0.5", type="stop", trigger="58000")

    for asked in (("oco", limit, other), ("bracket", *bracket(market))):
        with pytest.raises(errors.ClientOrderIdReused):
            place_together(alice, market, *asked, client_order_id="mine")
    with pytest.raises(errors.ClientOrderIdReused):
        place(alice, market, "sell", "0.5", at="61000", client_order_id="mine")

    assert len(log()) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"at": "59000"}, errors.ListPricesCrossed),
        ({"side": "buy"}, errors.ListShapeInvalid),
        ({"at": "20000000"}, errors.PriceOutOfRange),
    ],
)
def test_a_list_that_the_market_does_not_take_is_not_written(change, why):
    market, alice = make_market(), person("alice")
    limit = terms(market, **{"side": "sell", "quantity": "0.5", "at": "61000"} | change)
    _, stop = oco(market)

    with pytest.raises(why):
        place_together(alice, market, "oco", limit, stop)

    assert log() == []


# The log --------------------------------------------------------------------------------


def test_plain_and_special_commands_are_appended_in_their_order():
    market, alice = make_market(), person("alice")
    template = place(alice, market, "buy", "0.5", at="60000")

    def another(**columns: Any) -> Command:
        same = {f.attname: getattr(template, f.attname) for f in Command._meta.fields}
        return Command(**same | {"id": None} | columns)

    settings = {"state": int(MarketState.POST_ONLY), "reason": "Überlast"}
    commands = [
        another(),
        another(display=7, expires_at=NOON, time_in_force=6),
        another(kind=CommandKind.CONFIGURE, settings=settings),
        another(client_order_id="fünf"),
    ]

    ids = append_commands(commands=commands)

    assert ids == [template.pk + number for number in (1, 2, 3, 4)]
    assert [it.pk for it in commands] == ids
    assert [special(it) for it in commands] == [
        {},
        {"display": 7, "expires_at": NOON},
        {"settings": settings},
        {},
    ]
    assert log()[-1].client_order_id == "fünf"


def test_a_taken_client_order_id_lets_nothing_of_a_commit_through():
    market, alice = make_market(), person("alice")
    first = place(alice, market, "buy", "0.5", at="60000", client_order_id="mine")
    rows = [Command.objects.get(pk=first.pk) for _ in range(2)]
    rows[0].client_order_id = "other"
    rows[0].display = 7

    with pytest.raises(Exception, match="client_order_id_is_unique"):
        append_commands(commands=rows)

    assert [it.pk for it in log()] == [first.pk]
