"""Random command streams give what a naive exchange gives, after every batch."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.audit import audit
from kernel import clock
from ledger.models import Account
from matching.tests.twin import Twin, TwinOrder
from matching.verify import differences
from matching.worker import Worker
from orders.commands import CommandKind, OrderSide, OrderStatus, OrderType, Reason
from orders.models import Command, Market, Order, Trade
from orders.services import append_commands
from tests.stories import fund, make_market, person

pytestmark = pytest.mark.django_db

PEOPLE = ("alice", "bob", "carol", "dave")
SIDES = st.sampled_from(["buy", "sell"])
PEOPLE_OR_ANY = st.sampled_from(PEOPLE)
LIMITS = st.tuples(
    st.just("limit"), PEOPLE_OR_ANY, SIDES, st.integers(95, 105), st.integers(1, 30)
)
SELLS = st.tuples(st.just("sell"), PEOPLE_OR_ANY, st.integers(1, 60))
BUYS = st.tuples(st.just("buy"), PEOPLE_OR_ANY, st.integers(1, 60_000))
CANCELS = st.tuples(st.just("cancel"), PEOPLE_OR_ANY, st.integers(0, 40))
BATCHES = st.lists(
    st.lists(
        st.one_of(LIMITS, LIMITS, LIMITS, SELLS, BUYS, CANCELS), min_size=1, max_size=12
    ),
    min_size=1,
    max_size=6,
)


class House:
    """The real exchange and its twin, told the same things."""

    def __init__(self, *, maker_ppm: int, taker_ppm: int) -> None:
        self.market: Market = make_market(maker_ppm=maker_ppm, taker_ppm=taker_ppm)
        self.users = {name: person(name) for name in PEOPLE}
        self.twin = Twin(self.market.tick_value, self.market.lot_size, maker_ppm, taker_ppm)
        for number, name in enumerate(PEOPLE):
            # Just enough that some orders are refused for funds.
            for asset, amount in (("BTC", 40_000 + number), ("USDT", 70_000 + number)):
                fund(self.users[name], asset, f"0.{amount:08}")
                self.twin.fund(name, "base" if asset == "BTC" else "quote", amount)
        self.placed: list[int] = []
        self.worker = Worker(shard=self.market.shard)

    def tell(self, wishes: list[tuple[Any, ...]]) -> None:
        commands = [self._command(wish) for wish in wishes]
        append_commands(commands=commands)
        for wish, command in zip(wishes, commands, strict=True):
            self._tell_twin(wish, command)

    def _command(self, wish: tuple[Any, ...]) -> Command:
        kind, name, *details = wish
        fields: dict[str, Any] = {"kind": CommandKind.PLACE}
        if kind == "limit":
            side, price, quantity = details
            fields |= {
                "type": OrderType.LIMIT,
                "side": OrderSide[side.upper()],
                "price": price,
                "quantity": quantity,
            }
        elif kind == "sell":
            fields |= {
                "type": OrderType.MARKET,
                "side": OrderSide.SELL,
                "quantity": details[0],
            }
        elif kind == "buy":
            fields |= {
                "type": OrderType.MARKET,
                "side": OrderSide.BUY,
                "budget": details[0],
            }
        else:
            fields = {"kind": CommandKind.CANCEL, "order_id": self._order(details[0])}
        return Command(
            market_id=self.market.pk,
            shard=self.market.shard,
            user_id=self.users[name].pk,
            maker_ppm=self.market.maker_ppm,
            taker_ppm=self.market.taker_ppm,
            created_at=clock.now(),
            **fields,
        )

    def _order(self, number: int) -> int:
        return self.placed[number % len(self.placed)] if self.placed else 1

    def _tell_twin(self, wish: tuple[Any, ...], command: Command) -> None:
        kind, name, *details = wish
        if kind == "cancel":
            self.twin.cancel(name, command.order_id)
            return
        self.placed.append(command.pk)
        if kind == "limit":
            side, price, quantity = details
            order = TwinOrder(command.pk, name, side, price, quantity)
        elif kind == "sell":
            order = TwinOrder(command.pk, name, "sell", None, details[0])
        else:
            order = TwinOrder(command.pk, name, "buy", None, 0, budget=details[0])
        self.twin.place(order)

    def trades(self) -> list[tuple[int, ...]]:
        rows = Trade.objects.filter(market_id=self.market.pk).order_by("id")
        names = (
            "maker_order_id",
            "taker_order_id",
            "price",
            "quantity",
            "maker_fee",
            "taker_fee",
        )
        return list(rows.values_list(*names))

    def orders(self) -> dict[int, tuple[Any, ...]]:
        return {
            o.pk: (
                o.filled,
                o.filled_quote,
                OrderStatus(o.status).name.lower(),
                Reason(o.reason).name.lower(),
            )
            for o in Order.objects.filter(market_id=self.market.pk)
        }

    def money(self) -> dict[tuple[str, str, str], int]:
        names = {user.pk: name for name, user in self.users.items()} | {None: "house"}
        assets = {self.market.base_id: "base", self.market.quote_id: "quote"}
        rows = Account.objects.exclude(kind="custody").exclude(balance=0)
        return {(names[r.owner_id], assets[r.asset_id], r.kind): r.balance for r in rows}


@given(
    batches=BATCHES,
    limit=st.sampled_from([1, 3, 2_000]),
    fees=st.sampled_from([(0, 0), (1_000, 2_000), (333_333, 1)]),
    restarts=st.booleans(),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_streams_give_what_a_naive_exchange_gives(
    db, batches, limit, fees, restarts
):
    with transaction.atomic():
        house = House(maker_ppm=fees[0], taker_ppm=fees[1])

        for wishes in batches:
            house.tell(wishes)
            while house.worker.step(limit=limit):
                for book in house.worker.engine.books.values():
                    book.check()

            assert house.trades() == house.twin.trades
            assert house.orders() == {
                o.id: (o.filled, o.spent_or_got, o.status, o.reason)
                for o in house.twin.orders.values()
            }
            assert house.money() == {k: v for k, v in house.twin.money.items() if v}
            if restarts:
                house.worker.release()
                house.worker = Worker(shard=house.market.shard)

        assert [f for f in audit() if f.violations] == []
        assert list(differences(shard=house.market.shard)) == []
        transaction.set_rollback(True)
