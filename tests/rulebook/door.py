"""What the intake says of an order, before it reaches the engine."""

from kernel import pgcopy
from kernel.errors import ExchangeError
from kernel.units import Atoms, Lots, Ppm, Ticks
from orders.commands import PostOnly
from orders.rules import MarketRules, OrderTerms, check_order
from tests.rulebook.sayings import Placing


def knock(rules: MarketRules, placing: Placing, now: int) -> str:
    """`accepted`, or with which error the order is refused."""
    try:
        check_order(market=rules, terms=terms_of(placing), now=pgcopy.moment(now))
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
