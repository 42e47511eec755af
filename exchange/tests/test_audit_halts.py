"""What follows from a break: markets are halted, until people have looked."""

import pytest

from exchange.audit_halts import assets_of, halt_markets
from exchange.audit_runs import run_audit
from ledger.models import Account, AuditRun, Transfer
from ledger.selectors import open_breaks
from ledger.services import mend_break
from orders.commands import CommandKind, MarketState
from orders.errors import MarketBroken
from orders.models import Command, Market, MarketChange, Trade
from orders.services import append_commands, configure_market
from tests.attempts import no_guards, run
from tests.staff import member
from tests.stories import NOON, asset, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db

MONEY = "UPDATE ledger_account SET balance = balance + 5 WHERE kind = 'available'"
ONE = " AND id = (SELECT min(id) FROM ledger_account WHERE kind = 'available')"


@pytest.fixture
def market() -> Market:
    market = make_market()
    fund(person("alice"), "BTC", "10")
    fund(person("bob"), "USDT", "1000000")
    run_audit(full=True)
    return market


def trade(market: Market) -> None:
    place(person("alice"), market, "sell", "0.1", at="20000")
    place(person("bob"), market, "buy", "0.1", at="20000")
    settle()


def recent() -> AuditRun:
    return run_audit(full=False)


def test_a_break_halts_the_markets_of_its_asset_and_no_others(market):
    other = make_market("ETH-EUR")
    with no_guards():
        run(MONEY + ONE)
    recent()
    settle()

    states = dict(Market.objects.values_list("symbol", "state"))
    change = MarketChange.objects.get(market=market)
    assert states == {"BTC-USDT": "halted", "ETH-EUR": "open"}
    assert (change.user, change.reason[:9]) == (None, f"Break {open_breaks()[0].pk}, "[:9])
    assert other.changes.count() == 0


def test_a_break_of_nobody_knows_what_halts_all(market):
    make_market("ETH-EUR")
    with no_guards():
        run(
            "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
            "VALUES ('house', 'x', '', '', '', now())"
        )
    recent()
    settle()

    assert set(Market.objects.values_list("state", flat=True)) == {"halted"}


def set_state(market: Market, state: MarketState) -> str:
    """Ask for it, let the engine do it, and say how the market is."""
    configure_market(
        market_id=market.pk, user_id=None, settings={"state": state}, reason="x", now=NOON
    )
    settle()
    market.refresh_from_db()
    return market.state


def test_a_market_is_told_once_and_stays_closed_while_the_break_is_open(market):
    with no_guards():
        run(MONEY + ONE)
    recent()
    assert halt_markets(now=NOON) == []  # the engine has not heard it yet
    settle()
    assert halt_markets(now=NOON) == []

    for state in (MarketState.OPEN, MarketState.POST_ONLY, MarketState.AUCTION):
        with pytest.raises(MarketBroken) as refusal:
            set_state(market, state)
        assert refusal.value.extra == {"break_id": str(open_breaks()[0].pk)}
    assert set_state(market, MarketState.CANCEL_ONLY) == "cancel_only"
    assert halt_markets(now=NOON) == []  # customers may take their orders back
    assert set_state(market, MarketState.HALTED) == "halted"


def test_a_market_that_opens_all_the_same_is_halted_again(market):
    opens = Command(
        market_id=market.pk, shard=0, kind=CommandKind.CONFIGURE, user_id=0,
        settings={"state": 1, "until": 0, "reason": "x"}, created_at=NOON,
    )  # fmt: skip
    with no_guards():
        run(MONEY + ONE)
    recent()
    append_commands(commands=[opens])  # told before the break was found, say
    settle()
    market.refresh_from_db()
    assert market.state == "open"

    assert halt_markets(now=NOON) == ["BTC-USDT"]


def test_resolving_opens_nothing_and_lets_the_staff_open(market):
    with no_guards():
        run(MONEY + ONE)
    recent()
    settle()
    with no_guards():
        run(MONEY.replace("+", "-") + ONE)
    erin = member("erin", "ledger.resolve_break")
    for it in open_breaks():
        mend_break(break_id=it.pk, actor=erin, reason="mended", now=NOON)
    assert recent().outcome == "clean"
    settle()
    market.refresh_from_db()
    assert market.state == "halted"

    configure_market(
        market_id=market.pk, user_id=None, settings={"state": 1}, reason="x", now=NOON
    )
    settle()
    recent()
    settle()

    market.refresh_from_db()
    assert (market.state, recent().outcome) == ("open", "clean")


# Whom it concerns -----------------------------------------------------------------------


def test_a_violation_says_whom_it_concerns(market):
    trade(market)
    btc, usdt = asset("BTC").pk, asset("USDT").pk
    both, one = sorted([btc, usdt]), Trade.objects.get()
    account = Account.objects.filter(asset=btc).first()
    assert account

    assert assets_of(f"account {account.pk}: x") == [btc]
    assert assets_of(f"asset {usdt}: x") == [usdt]
    assert assets_of(f"user 5 asset {btc}: x") == [btc]
    assert assets_of(f"deposit:1 of user 5, asset {btc}, amount 5: x") == [btc]
    assert assets_of(f"trade {one.pk}: x") == both
    assert assets_of(f"market {market.pk}: x") == both
    assert assets_of(f"order {one.maker_order_id}: x") == both
    assert assets_of(f"command {one.maker_order_id}: x") == both
    assert assets_of(f"transfer {Transfer.objects.earliest('id').pk}: x") == [btc]


@pytest.mark.parametrize(
    "line",
    ["entry 5: x", "seal 3 of transfers: x", "trigger x of y: it is disabled", "",
     "order 99999999: x", "account 999999999999999999999: x", "rules of the database: x"],
)  # fmt: skip
def test_what_cannot_be_told_concerns_all(market, line):
    assert assets_of(line) == []
