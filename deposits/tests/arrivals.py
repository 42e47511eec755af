"""Deposits that tests begin with."""

from accounts.models import User
from deposits.models import Deposit, DepositEvent
from deposits.services import RIGHT_TO_CONFIRM, RIGHT_TO_ENTER, enter_deposit
from kernel.decimals import format_decimal, parse_decimal
from kernel.units import Atoms
from ledger.models import MAIN_WALLET, AccountKind
from ledger.selectors import balances_of, house_account
from tests.staff import member
from tests.stories import NOON, asset, person

TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
RIGHTS = (RIGHT_TO_ENTER, RIGHT_TO_CONFIRM, "deposits.view_deposit")


def carol() -> User:
    """Of compliance."""
    return member("carol", *RIGHTS)


def dave() -> User:
    """Of compliance, too."""
    return member("dave", *RIGHTS)


def arrived(user: User | None = None, amount: str = "0.5", **facts: object) -> Deposit:
    """Carol enters some BTC for `user` (alice) at NOON."""
    seen = {
        "user_id": (user or person("alice")).pk,
        "asset_id": asset("BTC").pk,
        "amount": Atoms(parse_decimal(amount, scale=8)),
        "reference": TXID,
        "now": NOON,
    } | facts
    return enter_deposit(actor=seen.pop("actor", None) or carol(), **seen)


def available(user: User) -> str:
    """BTC; "nothing" before the first account is opened."""
    balances = balances_of(owner_id=user.pk)
    return _short(balances[0].available) if balances else "nothing"


def custody() -> str:
    account = house_account(
        asset_id=asset("BTC").pk, kind=AccountKind.CUSTODY, label=MAIN_WALLET
    )
    return _short(account.balance) if account else "nothing"


def steps_of(deposit: Deposit) -> list[tuple[str, str, str, str]]:
    """(before, after, who, why) of every event, the first one first."""
    events = DepositEvent.objects.filter(deposit=deposit).order_by("id")
    return [
        (event.before, event.after, event.actor.email, event.reason) for event in events
    ]


def _short(atoms: int) -> str:
    return format_decimal(atoms, scale=8).rstrip("0").rstrip(".")
