"""`manage.py refill_history` lists what is recorded, of however long a past."""

import io

import pytest
from django.core.management import call_command

from exchange.audit import audit
from kernel import clock
from ledger.models import MovementCursor, MovementsOfAccount, Transfer
from orders.commands import CommandKind, OrderSide, OrderType, TimeInForce
from orders.models import Command, FillsOfUser, HistoryCursor, OrdersOfUser, Trade
from orders.services import append_commands
from tests.stories import fund, make_market, person, settle

pytestmark = pytest.mark.django_db
TRADES = 2_100


@pytest.fixture
def past() -> None:
    """Alice sold something to Bob, again and again."""
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "100")
    fund(bob, "USDT", "1000000")
    append_commands(
        commands=[
            Command(
                market_id=market.pk, shard=0, kind=CommandKind.PLACE, user_id=user.pk,
                side=side, type=OrderType.LIMIT, time_in_force=TimeInForce.GTC,
                price=1_000_000, quantity=100, created_at=clock.now(),
                maker_ppm=1_000, taker_ppm=1_000,
            )
            for _ in range(TRADES)
            for user, side in ((alice, OrderSide.SELL), (bob, OrderSide.BUY))
        ]
    )  # fmt: skip
    settle()


def refill(*options: str) -> list[str]:
    out = io.StringIO()
    call_command("refill_history", *options, stdout=out)
    return out.getvalue().splitlines()


def listed(model) -> int:
    return sum(len(row.ids) for row in model.objects.all())


def test_all_that_is_recorded_is_listed_and_once(past):
    transfers = Transfer.objects.count()

    first, again = refill(), refill()

    assert first == [
        f"refill_history: {2 * TRADES:,} commands listed.",
        f"refill_history: {TRADES:,} trades listed.",
        f"refill_history: {transfers:,} transfers listed.",
    ]
    assert [line.split()[1] for line in again] == ["0", "0", "0"]
    assert listed(OrdersOfUser) == listed(FillsOfUser) == 2 * TRADES
    assert listed(MovementsOfAccount) == 2 * transfers
    assert [it for it in audit() if it.violations] == []


def test_from_scratch_begins_with_empty_lists(past):
    refill()
    OrdersOfUser.objects.all().delete()  # as if they had been damaged
    assert {it.invariant.id for it in audit() if it.violations} == {"O22"}

    refill("--from-scratch")

    assert [it for it in audit() if it.violations] == []
    assert Trade.objects.latest("id").pk in HistoryCursor.objects.values_list(
        "position", flat=True
    )
    assert MovementCursor.objects.get().position == Transfer.objects.latest("id").pk
