"""A small story told through the real services, for all reports to be read against.

21 November 2026, BTC-USDT at 0.1 % for makers and 0.2 % for takers:

 09:00  alice deposits 10 000 USDT, bob 1 BTC
 12:00  bob offers 0.5 BTC at 30 000; alice buys 0.2 of it
 13:00  alice asks for 100 USDT to be sent away; 14:00 it is paid
 15:00  alice asks for 50 more, which wait
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.models import User
from deposits.services import confirm_deposit, enter_deposit
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from orders.models import Market
from reports.catalogue import report_of
from reports.selectors import read_params
from tests.staff import member
from tests.stories import asset, make_market, person, place, settle
from withdrawals.services import (
    approve_withdrawal,
    mark_withdrawal_paid,
    request_withdrawal,
)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC)


#: When all of the story has happened.
EVENING = at(18)


@dataclass
class Story:
    alice: User
    bob: User
    carol: User
    dave: User
    market: Market


def tell(monkeypatch: Any) -> Story:
    carol = member(
        "carol",
        "deposits.enter_deposit",
        "deposits.confirm_deposit",
        "withdrawals.decide_withdrawal",
    )
    dave = member("dave", "deposits.enter_deposit", "deposits.confirm_deposit")
    story = Story(person("alice"), person("bob"), carol, dave, make_market())
    deposit(story, story.alice, "USDT", "10000", "tx-alice")
    deposit(story, story.bob, "BTC", "1", "tx-bob")
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: at(12))
        place(story.bob, story.market, "sell", "0.5", at="30000", client_order_id="b-1")
        settle()
        place(story.alice, story.market, "buy", "0.2", at="30000", client_order_id="a-1")
        settle()
    paid = ask(story, "100", at(13))
    approve_withdrawal(
        withdrawal_id=paid.pk, actor=carol, digest=paid.digest, now=at(13, 30)
    )
    mark_withdrawal_paid(withdrawal_id=paid.pk, actor=carol, txid="tx-paid", now=at(14))
    ask(story, "50", at(15))
    return story


def deposit(story: Story, user: User, code: str, amount: str, reference: str) -> None:
    held = asset(code)
    entered = enter_deposit(
        user_id=user.pk,
        asset_id=held.pk,
        amount=Atoms(parse_decimal(amount, scale=held.scale)),
        reference=reference,
        actor=story.carol,
        now=at(8),
    )
    confirm_deposit(deposit_id=entered.pk, actor=story.dave, now=at(9))


def ask(story: Story, amount: str, now: datetime) -> Any:
    return request_withdrawal(
        user_id=story.alice.pk,
        asset_id=asset("USDT").pk,
        amount=Atoms(parse_decimal(amount, scale=8)),
        address="addr-alice",
        client_withdrawal_id=None,
        now=now,
    )


def table(name: str, *, now: datetime = EVENING, **said: str) -> list[dict[str, str]]:
    """All rows of a report, by the names of its columns; `from` is said as `from_`."""
    report = report_of(name)
    asked = {name.rstrip("_"): text for name, text in said.items()}
    params = read_params(report=report, said=asked, now=now)
    names = [column.name for column in report.columns(params)]
    return [dict(zip(names, row, strict=True)) for row in report.rows(params)]


def column(rows: list[dict[str, str]], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]
