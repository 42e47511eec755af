"""Markets are opened, and their settings are changed by way of the command log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from kernel import pgcopy
from kernel.errors import Refused
from kernel.units import BIGINT_MAX, Atoms, Lots, Ppm, Ticks
from ledger.models import AccountKind, Asset
from ledger.selectors import break_of
from ledger.services import open_account
from orders.commands import CommandKind, MarketState
from orders.errors import (
    MarketBroken,
    MarketReasonMissing,
    MarketSettingInvalid,
    UnknownMarket,
)
from orders.models import Command, Market
from orders.rules import ENGINE_SETTINGS, MarketRules
from orders.selectors import markets
from orders.services.log import append_commands

_PPM, _INT_MAX, _DAY = 1_000_000, (1 << 31) - 1, 86_400
_REASON_MAX: Final = 200
#: The least and the greatest value of each setting; `until` is looked at with the state.
_RANGES: Final = {
    "state": (min(MarketState), max(MarketState)),
    "until": (0, BIGINT_MAX),
    "band_ppm": (0, _PPM - 1),
    "band_caps": (0, 1),
    "halt_ppm": (0, _PPM - 1),
    "halt_seconds": (1, _DAY),
    "max_open_orders": (0, _INT_MAX),
    "slippage_ppm": (1, _PPM),
    "self_trade_allowed": (0, 1),
    "quantity_min": (1, BIGINT_MAX),
    "quantity_max": (1, BIGINT_MAX),
    "notional_min": (0, BIGINT_MAX),
    "maker_ppm": (0, _PPM - 1),
    "taker_ppm": (0, _PPM - 1),
}
_SWITCHES: Final = frozenset({"band_caps", "self_trade_allowed"})


@transaction.atomic
def open_market(
    *,
    base: Asset,
    quote: Asset,
    tick_size: Atoms,
    lot_size: Atoms,
    price_max: Ticks,
    quantity_min: Lots,
    quantity_max: Lots,
    notional_min: Atoms,
    maker_ppm: Ppm,
    taker_ppm: Ppm,
    shard: int = 0,
    **settings: int,
) -> Market:
    """Open a market, and the house's fee accounts that it needs.

    What the engine must know beyond the defaults of MarketRules is its first command, so
    that a replay of the log alone finds the market as it was.

    tick_size     quote atoms per whole base unit, for one tick
    lot_size      base atoms in one lot
    notional_min  quote atoms
    settings      more of those that `configure_market` takes
    raises        MarketSettingInvalid; Refused when one tick times one lot is not a whole
                  number of quote atoms, or the limits could overflow a bigint; nothing is
                  written
    """
    base_unit = 10**base.scale
    tick_value, rest = divmod(tick_size * lot_size, base_unit)
    if rest or not tick_value:
        raise Refused("One tick times one lot must be a whole number of quote atoms.")
    market = Market(
        symbol=f"{base.code}-{quote.code}", base=base, quote=quote, base_unit=base_unit,
        tick_size=tick_size, lot_size=lot_size, tick_value=tick_value, price_max=price_max,
        quantity_min=quantity_min, quantity_max=quantity_max, notional_min=notional_min,
        maker_ppm=maker_ppm, taker_ppm=taker_ppm, shard=shard,
    )  # fmt: skip
    checked = _checked(market, settings, now=market.created_at) if settings else {}
    _create(market, checked)
    for asset in (base, quote):
        open_account(asset_id=asset.pk, kind=AccountKind.FEES, label=market.symbol)
    told = {name: value for name, value in checked.items() if name in ENGINE_SETTINGS}
    if any(value != _DEFAULTS[name] for name, value in told.items()):
        _append(market, 0, told, "The market opens with these settings.", market.created_at)
    return market


def configure_market(
    *,
    market_id: int,
    user_id: int | None,
    settings: Mapping[str, int],
    reason: str,
    now: datetime,
) -> Command:
    """Ask for a change of a market's state or settings; the engine makes it in its turn.

    user_id   who of the staff asks; None for the house itself
    settings  new values by name, of orders.rules.SETTINGS: `state` is a MarketState;
              `until`, a kernel.pgcopy.timestamp, ends an auction by itself (0: by hand)
    reason    in words, kept with the change for ever
    raises    UnknownMarket, MarketReasonMissing, MarketSettingInvalid; MarketBroken when
              somebody would open it while a break concerns it; nothing is written
    """
    market = markets().filter(pk=market_id).first()
    if market is None:
        raise UnknownMarket(market=str(market_id))
    why = reason.strip()
    if not why or len(why) > _REASON_MAX:
        raise MarketReasonMissing
    checked = _checked(market, settings, now=now)
    if checked.get("state", MarketState.HALTED) not in _CLOSED:
        _expect_no_break(market)
    return _append(market, user_id or 0, checked, why, now)


#: Where nothing is traded.
_CLOSED: Final = (MarketState.HALTED, MarketState.CANCEL_ONLY)


def _expect_no_break(market: Market) -> None:
    """raises  MarketBroken"""
    for asset in (market.base_id, market.quote_id):
        found = break_of(asset_id=asset)
        if found is not None:
            raise MarketBroken(break_id=str(found.pk))


_DEFAULTS: Final = {
    name: MarketRules.__dataclass_fields__[name].default for name in ENGINE_SETTINGS
}


def _create(market: Market, settings: Mapping[str, int]) -> None:
    for name, value in settings.items():
        setattr(market, name, value)
    if "state" in settings:
        market.state = MarketState(settings["state"]).name.lower()
    market.until = pgcopy.moment(settings["until"]) if settings.get("until") else None
    try:
        with transaction.atomic():
            market.save(force_insert=True)
    except IntegrityError as refused:
        raise Refused(f"The database refuses this market: {refused}") from refused


def _append(
    market: Market, user_id: int, settings: Mapping[str, int], reason: str, now: datetime
) -> Command:
    command = Command(
        market_id=market.pk,
        shard=market.shard,
        kind=CommandKind.CONFIGURE,
        user_id=user_id,
        settings={**settings, "reason": reason},
        created_at=now,
    )
    append_commands(commands=[command])
    return command


def _checked(
    market: Market, settings: Mapping[str, int], *, now: datetime
) -> dict[str, int]:
    """The settings as they may stand in the log: whatever comes before and after them
    there, the row that they make is one that the database takes.

    raises  MarketSettingInvalid
    """
    if not settings:
        raise MarketSettingInvalid("Name a setting and its new value.")
    for name, value in settings.items():
        _check_range(name, value)
    checked = {
        name: bool(value) if name in _SWITCHES else int(value)
        for name, value in settings.items()
    }
    checked |= _with_until(settings, pgcopy.timestamp(now))
    return checked | _with_both_limits(market, settings)


def _check_range(name: str, value: object) -> None:
    if name not in _RANGES:
        raise MarketSettingInvalid(f"There is no setting {name}.", setting=name)
    least, most = _RANGES[name]
    if not isinstance(value, int) or not least <= value <= most:
        raise MarketSettingInvalid(f"{name} is {least} to {most}.", setting=name)


def _with_until(settings: Mapping[str, int], now: int) -> dict[str, int]:
    """A state is told together with its end, lest it end with that of an earlier one."""
    until = settings.get("until", 0)
    if until and settings.get("state") != MarketState.AUCTION:
        raise MarketSettingInvalid("Only an auction ends by itself.", setting="until")
    if until and until <= now:
        raise MarketSettingInvalid("An auction ends in the future.", setting="until")
    if "until" in settings and "state" not in settings:
        raise MarketSettingInvalid("Say which state this is about.", setting="until")
    return {"until": until} if "state" in settings else {}


def _with_both_limits(market: Market, settings: Mapping[str, int]) -> dict[str, int]:
    """Both limits of the quantity, if one of them changes: a second command may be on its
    way, and the two must not cross."""
    names = ("quantity_min", "quantity_max")
    if not settings.keys() & set(names):
        return {}
    least, most = (settings.get(name, getattr(market, name)) for name in names)
    if least > most:
        raise MarketSettingInvalid(
            "quantity_min is no more than quantity_max.", setting="quantity_min"
        )
    if most * max(market.price_max * market.tick_value, market.lot_size) > BIGINT_MAX:
        raise MarketSettingInvalid(
            "The largest order must fit a bigint.", setting="quantity_max"
        )
    return {"quantity_min": least, "quantity_max": most}
