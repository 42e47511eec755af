"""What the intake says of an order, before it reaches the engine."""

from collections.abc import Sequence

from kernel import pgcopy
from kernel.errors import ExchangeError
from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import PostOnly, UnitKind
from orders.rules import MarketRules, OrderTerms, check_list, check_order
from orders.terms import check_stands_with_others
from tests.rulebook.sayings import Placing


def knock(
    rules: MarketRules, group: UnitKind, placings: Sequence[Placing], now: int
) -> str:
    """`accepted`, or with which error these orders are refused."""
    legs, moment = [terms_of(placing) for placing in placings], pgcopy.moment(now)
    try:
        if group in (UnitKind.OCO, UnitKind.BRACKET):
            check_list(market=rules, kind=group, legs=legs, now=moment)
        for leg in legs:
            check_order(market=rules, terms=leg, now=moment)
            if group is UnitKind.ALL_OR_NONE:
                check_stands_with_others(terms=leg)
    except ExchangeError as error:
        numbers = {
            key: error.extra[key] for key in ("limit", "actual") if key in error.extra
        }
        aside = ", ".join(f"{key} {_short(str(value))}" for key, value in numbers.items())
        return f"refused: {error.code}" + (f" ({aside})" if aside else "")
    return "accepted"


def terms_of(it: Placing) -> OrderTerms:
    post_only, trigger, trail, trail_ppm, display, slippage_ppm, expires = it.extra
    return OrderTerms(
        side=it.side,
        type=it.type,
        time_in_force=it.time_in_force,
        price=Ticks(it.price),
        quantity=Lots(it.quantity),
        budget=Atoms(it.budget),
        self_trade=it.self_trade,
        post_only=PostOnly(post_only),
        trigger=Ticks(trigger),
        trail=Ticks(trail),
        trail_ppm=Ppm(trail_ppm),
        display=Lots(display),
        slippage_ppm=Ppm(slippage_ppm),
        expires_at=pgcopy.moment(expires) if expires else None,
    )


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
