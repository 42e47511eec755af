"""The staff's desk for markets: each with its state, its settings and its story."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.staff import (
    Button,
    CaseAdmin,
    CasePage,
    Moment,
    Table,
    badge,
    instant,
    staff_of,
)
from kernel import pgcopy
from orders.admin.forms import (
    AuctionForm,
    ReasonForm,
    SettingsForm,
    percent,
    setting_text,
    setting_value,
    short,
)
from orders.commands import MarketState
from orders.models import Market, MarketChange
from orders.selectors import MarketCase, market_case
from orders.services import configure_market

RIGHT_TO_CONFIGURE = "orders.configure_market"


def change_state(
    *,
    market_id: int,
    actor: User,
    now: datetime,
    reason: str,
    state: MarketState,
    minutes: int | None = None,
) -> None:
    """Ask for a state; `minutes` until an auction ends by itself."""
    ends = pgcopy.timestamp(now + timedelta(minutes=minutes)) if minutes else 0
    configure_market(
        market_id=market_id,
        user_id=actor.pk,
        settings={"state": state, "until": ends},
        reason=reason,
        now=now,
    )


def change_settings(
    *, market_id: int, actor: User, now: datetime, reason: str, **changed: Any
) -> None:
    """Translate what the form says into what the log takes."""
    rules = market_case(market_id=market_id).market.rules
    configure_market(
        market_id=market_id,
        user_id=actor.pk,
        settings={
            name: setting_value(name, value, rules) for name, value in changed.items()
        },
        reason=reason,
        now=now,
    )


_DONE = "Asked for. The engine does it in its turn; the story below tells when it has."
BUTTONS = (
    Button(
        step="open",
        promise="{what} takes all orders and matches them. What has been collected in an "
        "auction is matched at one price first.",
        form=ReasonForm,
        take=partial(change_state, state=MarketState.OPEN),
        done=_DONE,
    ),
    Button(
        step="post only",
        promise="{what} takes only orders that add to the book, and cancels. Nothing is "
        "matched.",
        form=ReasonForm,
        take=partial(change_state, state=MarketState.POST_ONLY),
        done=_DONE,
    ),
    Button(
        step="auction",
        promise="{what} collects orders and matches none, until it opens at the one price "
        "at which the most is traded.",
        form=AuctionForm,
        take=partial(change_state, state=MarketState.AUCTION),
        done=_DONE,
    ),
    Button(
        step="cancel only",
        promise="{what} takes no orders any more. Users can cancel those that they have; "
        "nothing is matched.",
        form=ReasonForm,
        take=partial(change_state, state=MarketState.CANCEL_ONLY),
        done=_DONE,
        is_harmful=True,
    ),
    Button(
        step="halt",
        promise="Nothing moves in {what} any more: no orders, no matches, and no cancels "
        "either. Orders that expire still end.",
        form=ReasonForm,
        take=partial(change_state, state=MarketState.HALTED),
        done=_DONE,
        is_harmful=True,
    ),
    Button(
        step="change settings",
        promise="{what} changes its settings, for the orders that come after it. Those "
        "that are open stay as they are. What you leave alone stays alone.",
        form=SettingsForm,
        take=change_settings,
        done=_DONE,
    ),
)
#: Which step is none, because the market is there already.
ARRIVED = {"open": "open", "post_only": "post only", "cancel_only": "cancel only",
           "halted": "halt"}  # fmt: skip


@admin.register(Market)
class MarketAdmin(CaseAdmin):
    id_argument = "market_id"
    buttons = BUTTONS
    ordering = ["symbol"]
    list_display = ["symbol", "state_badge", "band", "halt", "orders", "fees", "shard"]
    list_filter = ["state"]
    list_select_related = ["base", "quote"]
    search_fields = ["symbol"]

    @admin.display(description="state", ordering="state")
    def state_badge(self, market: Market) -> SafeString:
        return badge(_word(market.state))

    @admin.display(description="price band", ordering="band_ppm")
    def band(self, market: Market) -> str:
        return _said("band_ppm", market.band_ppm, market)

    @admin.display(description="volatility halt", ordering="halt_ppm")
    def halt(self, market: Market) -> str:
        return _said("halt_ppm", market.halt_ppm, market)

    @admin.display(description="open orders of a user", ordering="max_open_orders")
    def orders(self, market: Market) -> str:
        return _said("max_open_orders", market.max_open_orders, market)

    @admin.display(description="maker and taker fee")
    def fees(self, market: Market) -> str:
        return f"{percent(market.maker_ppm)} %, {percent(market.taker_ppm)} %"

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        case = market_case(market_id=case_id)
        may = staff_of(request).has_perm(RIGHT_TO_CONFIGURE)
        here = ARRIVED.get(case.market.state)
        return CasePage(
            heading=f"market {case.market.symbol}",
            state=_word(case.market.state),
            facts=_facts(case.market),
            tables=[_settings(case.market), _tiers(case)],
            story=_story(case),
            steps=[it.step for it in BUTTONS if it.step != here],
            objection="" if may else "You have no right to change markets.",
            asked=_asked(case.market),
        )


def _facts(market: Market) -> list[tuple[str, object]]:
    rules = market.rules
    facts: list[tuple[str, object]] = [
        ("Tick", f"{short(rules.quote_text(market.tick_size))} {market.quote.code}"),
        ("Lot", f"{short(rules.quantity_text(1))} {market.base.code}"),
        (
            "Highest price",
            f"{short(rules.price_text(market.price_max))} {market.quote.code}",
        ),
        ("Shard", market.shard),
        ("Opened", instant(market.created_at)),
    ]
    if market.until:
        facts.insert(0, ("Auction ends", instant(market.until)))
    return facts


#: (name, what it is called, its unit) of each setting.
SETTING_WORDS = (
    ("band_ppm", "Price band", "%"),
    ("band_caps", "Beyond the band", ""),
    ("halt_ppm", "Volatility halt", "%"),
    ("halt_seconds", "Its auction", "s"),
    ("max_open_orders", "Open orders of one user", ""),
    ("slippage_ppm", "Slippage, if none is named", "%"),
    ("self_trade_allowed", "Self-trade", ""),
    ("quantity_min", "Least quantity", "base"),
    ("quantity_max", "Largest quantity", "base"),
    ("notional_min", "Least value", "quote"),
    ("maker_ppm", "Maker fee", "%"),
    ("taker_ppm", "Taker fee", "%"),
)
#: What 0 or a switch says in words.
SETTING_VALUES = {
    ("band_ppm", 0): "none",
    ("band_caps", 0): "refused",
    ("band_caps", 1): "capped",
    ("halt_ppm", 0): "none",
    ("max_open_orders", 0): "any number",
    ("self_trade_allowed", 0): "always prevented",
    ("self_trade_allowed", 1): "prevented unless the order says otherwise",
}


def _said(name: str, value: Any, market: Market) -> str:
    """A setting's value as a person says it."""
    words = SETTING_VALUES.get((name, value))
    units = {word: unit for word, _, unit in SETTING_WORDS}
    unit = {"base": market.base.code, "quote": market.quote.code}.get(
        units[name], units[name]
    )
    return words or f"{setting_text(name, value, market.rules)} {unit}".rstrip()


def _settings(market: Market) -> Table:
    rows = [
        (what, _said(name, getattr(market, name), market))
        for name, what, _ in SETTING_WORDS
    ]
    return Table("Settings", [], rows)


def _tiers(case: MarketCase) -> Table:
    rules, code = case.market.rules, case.market.quote.code
    rows = [("0", percent(rules.maker_ppm), percent(rules.taker_ppm))] + [
        (
            short(rules.quote_text(tier.volume_from)),
            percent(tier.maker_ppm),
            percent(tier.taker_ppm),
        )
        for tier in case.tiers
    ]
    columns = [f"From {code} in 30 days", "Maker fee, %", "Taker fee, %"]
    return Table("Fees", columns, rows, has_amounts=True)


def _story(case: MarketCase) -> list[Moment]:
    return [
        Moment(
            change.created_at,
            change.user.email if change.user else "the house",
            _word(change.state),
            _note(change, case.market),
        )
        for change in case.changes
    ]


def _note(change: MarketChange, market: Market) -> str:
    """Why, and below it what was set."""
    reason = change.reason
    if change.user is None and reason.isidentifier():  # the engine's own word
        reason = reason.capitalize().replace("_", " ")
    called = {name: what for name, what, _ in SETTING_WORDS}
    lines = [
        f"{called[name]}: {_said(name, value, market)}"
        for name, value in change.settings.items()
        if name in called
    ]
    if change.until:
        lines.append(f"Until {instant(change.until)}")
    return "\n".join([reason, *lines])


def _asked(market: Market) -> dict[str, str]:
    """What the form of the settings begins with."""
    rules = market.rules
    asked = {
        name: setting_text(name, getattr(market, name), rules)
        for name, _, _ in SETTING_WORDS
    }
    return asked | {
        name: "on" if getattr(market, name) else ""
        for name in ("band_caps", "self_trade_allowed")
    }


def _word(state: str) -> str:
    return state.replace("_", " ")
