"""A small story told through the real services, for all reports to be read against.

21 November 2026, BTC-USDT at 0.1 % for makers and 0.2 % for takers:

 09:00  alice deposits 10 000 USDT, bob 1 BTC
 12:00  bob offers 0.5 BTC at 30 000; alice buys 0.2 of it
 13:00  alice asks for 100 USDT to be sent away; 14:00 it is paid
 15:00  alice asks for 50 more, which wait
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from bookkeeping.services import approve_adjustment, propose_adjustment
from deposits.models import Deposit
from deposits.services import confirm_deposit, enter_deposit
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from ledger.models import Account, Entry, Transfer
from orders.models import Command, Market, Trade
from reports.catalogue import report_of
from reports.selectors import read_params
from reports.table import Column, Row
from tests.staff import member
from tests.stories import asset, make_market, person, place, settle
from withdrawals.models import Withdrawal
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


def deposit(
    story: Story,
    user: User,
    code: str,
    amount: str,
    reference: str,
    now: datetime = at(9),  # noqa: B008  an instant of the story
) -> None:
    """Entered an hour before it is confirmed."""
    held = asset(code)
    entered = enter_deposit(
        user_id=user.pk,
        asset_id=held.pk,
        amount=Atoms(parse_decimal(amount, scale=held.scale)),
        reference=reference,
        actor=story.carol,
        now=now - timedelta(hours=1),
    )
    confirm_deposit(deposit_id=entered.pk, actor=story.dave, now=now)


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
    columns, rows = asked(name, now, said)
    names = [column.name for column in columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


def take_back(transfer: Transfer, *, now: datetime) -> None:
    """Two of finance agree that a transfer was wrong."""
    fay = member("fay", "bookkeeping.propose_adjustment")
    fred = member("fred", "bookkeeping.approve_adjustment")
    adjustment = propose_adjustment(
        transfer_ids=[transfer.pk], reason="charged in error", actor=fay, now=now
    )
    approve_adjustment(adjustment_id=adjustment.pk, actor=fred, now=now)


def column(rows: list[dict[str, str]], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def told(name: str, *, now: datetime = EVENING, **said: str) -> list[str]:
    """All rows of a report as lines, with a name for each id; `from` is said as `from_`.

    So whole rows are compared, and each id is seen to lead to the right thing.
    """
    columns, rows = asked(name, now, said)
    names = names_of_things()
    return [
        " | ".join(_named(it, cell, names) for it, cell in zip(columns, row, strict=True))
        for row in rows
    ]


def asked(
    name: str, now: datetime, said: Mapping[str, str]
) -> tuple[Sequence[Column], list[Row]]:
    report = report_of(name)
    texts = {name.rstrip("_"): text for name, text in said.items()}
    params = read_params(report=report, said=texts, now=now)
    return report.columns(params), list(report.rows(params))


def names_of_things() -> dict[str, str]:
    """What "account 17" and the like are called in these tests."""
    people = {it.pk: it.email.partition("@")[0] for it in User.objects.all()}
    names = {f"user {key}": name for key, name in people.items()}
    for account in Account.objects.select_related("asset"):
        whose = people.get(account.owner_id or 0, account.label)
        names[f"account {account.pk}"] = f"{account.kind} {account.asset.code} {whose}"
    for number, key in enumerate(
        Transfer.objects.order_by("id").values_list("id", flat=True)
    ):
        names[f"transfer {key}"] = f"#{number + 1}"
    for number, entry in enumerate(Entry.objects.order_by("created_at", "key")):
        names[f"entry {entry.pk}"] = names[entry.key] = f"entry {number + 1}"
    for trade in Trade.objects.all():
        names[f"trade {trade.pk}"] = f"trade {trade.sequence}"
    for command in Command.objects.exclude(client_order_id=None):
        names[f"order {command.pk}"] = f"order {command.client_order_id}"
    for deposit in Deposit.objects.all():
        names[f"deposit {deposit.pk}"] = f"deposit {deposit.reference}"
    for withdrawal in Withdrawal.objects.select_related("asset"):
        amount = withdrawal.amount // 10**withdrawal.asset.scale
        names[f"withdrawal {withdrawal.pk}"] = f"withdrawal of {amount}"
    return names


def _named(column: Column, cell: str, names: Mapping[str, str]) -> str:
    if column.link == "reference" or column.name == "entry":
        return names.get(cell, cell)
    if column.kind == "id" and cell:
        return names[f"{column.link} {cell}"]
    if column.kind == "instant":
        return cell.removeprefix("2026-11-21T").removesuffix(":00.000000Z")
    for key, name in names.items():
        if key.startswith("user ") and cell.endswith(f": {key}"):
            return f"{cell.removesuffix(key)}{name}"
    return cell.removesuffix(".00000000") if column.is_number else cell


def zero_sums(rows: list[dict[str, str]], debit: str, credit: str) -> dict[str, int]:
    """Debits less credits of each asset, in atoms of eight decimals."""
    sums: dict[str, int] = {}
    for row in rows:
        net = atoms(row[debit]) - atoms(row[credit])
        sums[row["asset"]] = sums.get(row["asset"], 0) + net
    return sums


def atoms(text: str) -> int:
    """Of a decimal string with eight decimals; nothing for an empty one."""
    sign = -1 if text.startswith("-") else 1
    return sign * parse_decimal(text.lstrip("-"), scale=8) if text else 0
