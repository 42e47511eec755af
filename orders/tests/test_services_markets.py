"""Opening a market and changing it: what is asked goes into the log, or nothing does."""

from datetime import timedelta

import pytest

from kernel import pgcopy
from kernel.errors import ExchangeError
from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import CommandKind, MarketState
from orders.errors import MarketReasonMissing, MarketSettingInvalid, UnknownMarket
from orders.models import Command, Market, MarketChange
from orders.services import configure_market, open_market
from tests.attempts import run
from tests.stories import NOON, asset, make_market, person, settle

pytestmark = pytest.mark.django_db
LATER = pgcopy.timestamp(NOON + timedelta(minutes=5))


def opened(**settings: int) -> Market:
    return open_market(
        base=asset("BTC"),
        quote=asset("USDT"),
        tick_size=Atoms(1_000_000),
        lot_size=Atoms(1_000),
        price_max=Ticks(1_000_000_000),
        quantity_min=Lots(1),
        quantity_max=Lots(100_000_000),
        notional_min=Atoms(1_000_000),
        maker_ppm=Ppm(1_000),
        taker_ppm=Ppm(2_000),
        **settings,
    )


def configure(market: Market, settings: dict, reason: str = "because") -> Command:
    return configure_market(
        market_id=market.pk,
        user_id=person("carol").pk,
        settings=settings,
        reason=reason,
        now=NOON,
    )


def log() -> list[tuple]:
    return [
        (it.kind, it.market_id, it.user_id, it.settings) for it in Command.objects.all()
    ]


def written() -> list[list[tuple]]:
    return [run("SELECT * FROM orders_market"), run("SELECT * FROM orders_command")]


# Opening --------------------------------------------------------------------------------


def test_a_market_with_the_default_settings_opens_without_a_word():
    market = opened()

    assert log() == []
    assert (market.state, market.band_ppm, market.slippage_ppm) == ("open", 0, 100_000)


def test_what_the_engine_must_know_is_the_first_command_of_the_market():
    market = opened(band_ppm=100_000, band_caps=1, halt_seconds=30, slippage_ppm=50_000)

    told = {"band_ppm": 100_000, "band_caps": True, "halt_seconds": 30}
    reason = "The market opens with these settings."
    assert log() == [(CommandKind.CONFIGURE, market.pk, 0, {**told, "reason": reason})]
    stored = Market.objects.get(pk=market.pk)
    assert (stored.band_ppm, stored.band_caps, stored.halt_seconds) == (100_000, True, 30)
    assert stored.slippage_ppm == 50_000


def test_what_the_intake_alone_reads_is_no_command():
    opened(slippage_ppm=50_000, self_trade_allowed=1)

    assert log() == []
    stored = Market.objects.get()
    assert (stored.slippage_ppm, stored.self_trade_allowed) == (50_000, True)


def test_a_market_may_open_halted():
    market = opened(state=MarketState.HALTED)

    assert Market.objects.get().state == "halted"
    [(_, _, _, settings)] = log()
    assert (settings["state"], settings["until"]) == (MarketState.HALTED, 0)
    assert market.state == "halted"


@pytest.mark.parametrize(
    "settings", [{"colour": 1}, {"band_ppm": 1_000_000}, {"halt_seconds": 0}]
)
def test_a_market_does_not_open_with_a_setting_that_cannot_be(settings):
    with pytest.raises(MarketSettingInvalid):
        opened(**settings)

    assert written() == [[], []]


# Changing -------------------------------------------------------------------------------


def test_a_change_is_a_command_and_the_row_is_the_engines_to_write():
    market = make_market()
    before = run("SELECT * FROM orders_market")

    command = configure(market, {"band_ppm": 50_000, "band_caps": 1}, "  wild prices ")

    said = {"band_ppm": 50_000, "band_caps": True, "reason": "wild prices"}
    assert log() == [(CommandKind.CONFIGURE, market.pk, person("carol").pk, said)]
    assert (command.pk, command.created_at) == (Command.objects.get().pk, NOON)
    assert run("SELECT * FROM orders_market") == before


def test_the_house_itself_is_user_0():
    market = make_market()

    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={"max_open_orders": 7},
        reason="because",
        now=NOON,
    )

    assert log() == [
        (CommandKind.CONFIGURE, market.pk, 0, {"max_open_orders": 7, "reason": "because"})
    ]


def test_a_state_is_told_with_its_end():
    market = make_market()

    configure(market, {"state": MarketState.AUCTION, "until": LATER})
    configure(market, {"state": MarketState.AUCTION})
    configure(market, {"state": MarketState.OPEN})

    assert [(it[3]["state"], it[3]["until"]) for it in log()] == [
        (MarketState.AUCTION, LATER),
        (MarketState.AUCTION, 0),  # opened by hand
        (MarketState.OPEN, 0),
    ]


def test_both_limits_of_the_quantity_are_told_together():
    market = make_market()

    configure(market, {"quantity_min": 10})
    configure(market, {"quantity_max": 500})

    limits = [(it[3]["quantity_min"], it[3]["quantity_max"]) for it in log()]
    assert limits == [(10, 100_000_000), (1, 500)]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "Name a setting"),
        ({"tick_size": 5}, "no setting tick_size"),
        ({"reason": "x"}, "no setting reason"),
        ({"state": 0}, "state is 1 to 5"),
        ({"state": 6}, "state is 1 to 5"),
        ({"state": "open"}, "state is 1 to 5"),
        ({"band_ppm": -1}, "band_ppm is 0 to 999999"),
        ({"halt_ppm": 1_000_000}, "halt_ppm is 0 to 999999"),
        ({"halt_seconds": 0}, "halt_seconds is 1 to 86400"),
        ({"max_open_orders": 2**31}, "max_open_orders is 0"),
        ({"slippage_ppm": 0}, "slippage_ppm is 1 to 1000000"),
        ({"band_caps": 2}, "band_caps is 0 to 1"),
        ({"taker_ppm": 1_000_000}, "taker_ppm is 0 to 999999"),
        ({"until": LATER}, "Only an auction"),
        ({"until": 0}, "Say which state"),
        ({"state": MarketState.HALTED, "until": LATER}, "Only an auction"),
        ({"state": MarketState.AUCTION, "until": pgcopy.timestamp(NOON)}, "in the future"),
        ({"quantity_min": 10, "quantity_max": 9}, "no more than quantity_max"),
        ({"quantity_min": 100_000_001}, "no more than quantity_max"),
        ({"quantity_max": 2**62}, "must fit a bigint"),
        ({"band_ppm": 1, "colour": 1}, "no setting colour"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_nothing_is_written(settings, says):
    market = make_market()
    before = written()

    with pytest.raises(MarketSettingInvalid, match=says):
        configure(market, settings)

    assert written() == before


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 201])
def test_a_change_without_a_reason_is_refused_and_nothing_is_written(reason):
    market = make_market()
    before = written()

    with pytest.raises(MarketReasonMissing):
        configure(market, {"state": MarketState.HALTED}, reason)

    assert written() == before


def test_an_unknown_market_is_not_changed():
    market = make_market()
    market.pk += 1

    with pytest.raises(UnknownMarket) as refused:
        configure(market, {"band_ppm": 1})

    assert isinstance(refused.value, ExchangeError)
    assert log() == []


# With the engine ------------------------------------------------------------------------


def test_the_engine_makes_the_change_and_writes_its_story():
    market = make_market()
    command = configure(
        market,
        {"state": MarketState.CANCEL_ONLY, "slippage_ppm": 7, "band_caps": 1},
        "wild prices",
    )

    settle()

    stored = Market.objects.get()
    assert (stored.state, stored.slippage_ppm, stored.band_caps) == ("cancel_only", 7, True)
    told = MarketChange.objects.get()
    assert (told.user, told.command_id, told.state, told.reason) == (
        person("carol"), command.pk, "cancel_only", "wild prices",
    )  # fmt: skip
    assert told.settings == {"slippage_ppm": 7, "band_caps": True}


def test_changes_come_in_the_order_in_which_they_were_asked_for():
    market = make_market()
    configure(market, {"quantity_min": 10})
    configure(market, {"quantity_max": 5_000})
    configure(market, {"state": MarketState.HALTED})
    configure(market, {"state": MarketState.OPEN})

    settle()

    states = MarketChange.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["open", "open", "halted", "open"]
    stored = Market.objects.get()
    assert (stored.state, stored.quantity_min, stored.quantity_max) == ("open", 1, 5_000)


def test_what_a_market_opens_with_is_the_first_line_of_its_story():
    opened(band_ppm=100_000, max_open_orders=5)

    settle()

    told = MarketChange.objects.get()
    assert (told.user, told.state, told.reason, told.settings) == (
        None,
        "open",
        "The market opens with these settings.",
        {"band_ppm": 100_000, "max_open_orders": 5},
    )
