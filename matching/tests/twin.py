"""A naive exchange, written for obviousness: the book is a list, the money a dictionary.

It knows nothing of the real engine; tests compare the two.
"""

from dataclasses import dataclass, field


@dataclass
class TwinOrder:
    id: int
    user: str
    side: str
    price: int | None
    quantity: int
    budget: int = 0
    filled: int = 0
    spent_or_got: int = 0
    status: str = "open"
    reason: str = "none"

    @property
    def left(self) -> int:
        return self.quantity - self.filled


@dataclass
class Twin:
    """One market; `tick_value` quote atoms per tick and lot, `lot` base atoms per lot."""

    tick_value: int
    lot: int
    maker_ppm: int
    taker_ppm: int
    money: dict[tuple[str, str, str], int] = field(default_factory=dict)
    orders: dict[int, TwinOrder] = field(default_factory=dict)
    trades: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)

    def fund(self, user: str, asset: str, amount: int) -> None:
        self._add(user, asset, "available", amount)

    def place(self, order: TwinOrder) -> None:
        self.orders[order.id] = order
        asset = "quote" if order.side == "buy" else "base"
        needed = self._needed(order)
        if self.money.get((order.user, asset, "available"), 0) < needed:
            order.status, order.reason = "rejected", "insufficient_funds"
            return
        self._add(order.user, asset, "available", -needed)
        self._add(order.user, asset, "held", needed)
        held = needed
        while maker := self._best_maker(order):
            quantity = self._matched(order, maker, held)
            if not quantity:
                break
            held -= self._trade(order, maker, quantity)
        self._finish(order)
        still_needed = self._needed(order) if order.status == "open" else 0
        self._add(order.user, asset, "held", still_needed - held)
        self._add(order.user, asset, "available", held - still_needed)

    def cancel(self, user: str, order_id: int) -> None:
        order = self.orders.get(order_id)
        if order is None or order.status != "open" or order.user != user:
            return
        asset = "quote" if order.side == "buy" else "base"
        needed = self._needed(order)
        self._add(user, asset, "held", -needed)
        self._add(user, asset, "available", needed)
        order.status, order.reason = "cancelled", "cancelled_by_user"

    def _needed(self, order: TwinOrder) -> int:
        if order.side == "sell":
            return order.left * self.lot
        if order.budget:
            return order.budget
        assert order.price is not None
        return order.left * order.price * self.tick_value

    def _best_maker(self, taker: TwinOrder) -> TwinOrder | None:
        if not taker.budget and not taker.left:
            return None
        makers = [
            order
            for order in self.orders.values()
            if order.status == "open" and order.side != taker.side and order is not taker
        ]
        if taker.side == "buy":
            makers.sort(key=lambda maker: (maker.price, maker.id))
            crossing = [m for m in makers if taker.price is None or m.price <= taker.price]
        else:
            makers.sort(key=lambda maker: (-(maker.price or 0), maker.id))
            crossing = [m for m in makers if taker.price is None or m.price >= taker.price]
        return crossing[0] if crossing else None

    def _matched(self, taker: TwinOrder, maker: TwinOrder, held: int) -> int:
        if taker.budget:
            assert maker.price is not None
            return min(maker.left, held // (maker.price * self.tick_value))
        return min(maker.left, taker.left)

    def _trade(self, taker: TwinOrder, maker: TwinOrder, quantity: int) -> int:
        """Move the money of one trade; what it took of the taker's hold."""
        assert maker.price is not None
        quote, base = quantity * maker.price * self.tick_value, quantity * self.lot
        buyer, seller = (taker, maker) if taker.side == "buy" else (maker, taker)
        rates = {taker.id: self.taker_ppm, maker.id: self.maker_ppm}
        buyer_fee = self._rounded_up(base, rates[buyer.id])
        seller_fee = self._rounded_up(quote, rates[seller.id])
        self._add(buyer.user, "quote", "held", -quote)
        self._add(seller.user, "quote", "available", quote - seller_fee)
        self._add(seller.user, "base", "held", -base)
        self._add(buyer.user, "base", "available", base - buyer_fee)
        self._add("house", "quote", "fees", seller_fee)
        self._add("house", "base", "fees", buyer_fee)
        for order in (taker, maker):
            order.filled += quantity
            order.spent_or_got += quote
        if taker.budget:
            taker.quantity += quantity
        if not maker.left:
            maker.status = "filled"
        fees = (
            (seller_fee, buyer_fee) if maker is seller else (buyer_fee, seller_fee)
        )  # maker's, taker's
        self.trades.append((maker.id, taker.id, maker.price, quantity, *fees))
        return quote if taker.side == "buy" else base

    def _finish(self, order: TwinOrder) -> None:
        if order.budget:
            if self._best_maker(order) is None:
                order.status, order.reason = "cancelled", "no_liquidity"
            elif order.filled:
                order.status = "filled"
            else:
                order.status, order.reason = "cancelled", "budget_too_small"
        elif not order.left:
            order.status = "filled"
        elif order.price is None:
            order.status, order.reason = "cancelled", "no_liquidity"

    @staticmethod
    def _rounded_up(amount: int, ppm: int) -> int:
        whole, rest = divmod(amount * ppm, 1_000_000)
        return whole + (1 if rest else 0)

    def _add(self, user: str, asset: str, kind: str, amount: int) -> None:
        key = (user, asset, kind)
        self.money[key] = self.money.get(key, 0) + amount
        assert self.money[key] >= 0, key
