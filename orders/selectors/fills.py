"""Reads about trades: each user's side of them, and all of a market."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import QuerySet

from kernel.units import BIGINT_MAX
from orders.commands import SEQUENCE_BITS, OrderSide
from orders.models import Order, Trade

_WALK: Final = 200


class FillKey(NamedTuple):
    """Where a fill stands among all fills of a user, compared from left to right."""

    taker_order: int
    trade: int
    taker: int


NEWEST_FILL: Final = FillKey(BIGINT_MAX, BIGINT_MAX, 1)


@dataclass(frozen=True, slots=True)
class Fill:
    """One user's side of a trade. Who trades with himself has two of one trade."""

    trade: Trade
    is_taker: bool

    @property
    def key(self) -> FillKey:
        return FillKey(self.trade.taker_order_id, self.trade.pk, int(self.is_taker))

    @property
    def order_id(self) -> int:
        trade = self.trade
        return trade.taker_order_id if self.is_taker else trade.maker_order_id

    @property
    def side(self) -> OrderSide:
        taker = OrderSide(self.trade.taker_side)
        return taker if self.is_taker else taker.other

    @property
    def fee(self) -> int:
        """Atoms of what this side received."""
        return self.trade.taker_fee if self.is_taker else self.trade.maker_fee


def fills_page(
    *, user_id: int, market_id: int | None, before: FillKey | None, limit: int
) -> list[Fill]:
    """The user's fills, the newest first.

    Trades are numbered within their market; across markets they are put in order by the
    arrival of the order that took.
    """
    rows = Trade.objects.raw(
        _FILLS,
        {
            "user": user_id,
            "market": market_id,
            "limit": limit,
            **(before or NEWEST_FILL)._asdict(),
        },
    )
    return [Fill(row, is_taker=bool(vars(row)["taker"])) for row in rows]


def fills_of_order(order: Order) -> list[Fill]:
    """What made up `order.filled`, the oldest first.

    The hot table has no index by order, so the user's trades in the market are walked
    back from the newest until they add up. A fill that came after `order` was read is not
    part of it.
    """
    found: list[Fill] = []
    missing, before = order.filled, None
    while missing > 0:
        page = fills_page(
            user_id=order.user_id,
            market_id=order.market_id,
            before=before,
            limit=_WALK,
        )
        for fill in page:
            if fill.order_id == order.pk and fill.trade.created_at <= order.updated_at:
                found.append(fill)
                missing -= fill.trade.quantity
        if len(page) < _WALK:
            break
        before = page[-1].key
    return found[::-1]


# One index scan per market and side, each ended by its own LIMIT; the page's own market
# starts at the page's own trade.
_SIDE = """
    SELECT t.*, {taker} AS taker FROM orders_trade t
    WHERE t.{role}_user_id = %(user)s AND t.id > m.id << 40
    AND t.id <= CASE WHEN m.id = %(trade)s::bigint >> 40 THEN %(trade)s
                     ELSE m.id + 1 << 40 END
    AND (t.taker_order_id, t.id, {taker}) < (%(taker_order)s, %(trade)s, %(taker)s)
    ORDER BY t.id DESC LIMIT %(limit)s
"""
_FILLS = f"""
    SELECT side.* FROM orders_market m CROSS JOIN LATERAL (
        ({_SIDE.format(role="maker", taker=0)})
        UNION ALL
        ({_SIDE.format(role="taker", taker=1)})
    ) AS side
    WHERE m.id = %(market)s OR %(market)s::bigint IS NULL
    ORDER BY side.taker_order_id DESC, side.id DESC, side.taker DESC LIMIT %(limit)s
"""  # noqa: S608  own words only


def trades_in(*, market_id: int) -> QuerySet[Trade]:
    """The newest first."""
    first = market_id << SEQUENCE_BITS
    return Trade.objects.filter(id__gt=first, id__lt=first + (1 << SEQUENCE_BITS)).order_by(
        "-id"
    )
