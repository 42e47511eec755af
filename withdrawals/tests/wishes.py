"""Withdrawals that tests begin with."""

from accounts.models import User
from kernel.decimals import format_decimal, parse_decimal
from kernel.units import Atoms
from ledger.models import MAIN_WALLET, AccountKind
from ledger.selectors import balances_of, house_account
from tests.staff import member
from tests.stories import NOON, asset, fund, person
from withdrawals.models import Withdrawal, WithdrawalEvent
from withdrawals.services import RIGHT_TO_DECIDE, approve_withdrawal, request_withdrawal

ADDRESS = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"


def alice_with(amount: str = "2") -> User:
    alice = person("alice")
    fund(alice, "BTC", amount)
    return alice


def carol() -> User:
    """Of compliance."""
    return member("carol", RIGHT_TO_DECIDE, "withdrawals.view_withdrawal")


def dave() -> User:
    """Of compliance, too."""
    return member("dave", RIGHT_TO_DECIDE, "withdrawals.view_withdrawal")


def wish(user: User, amount: str = "0.5", **terms: object) -> Withdrawal:
    """`user` requests some BTC at NOON."""
    btc = asset("BTC")
    asked = {
        "user_id": user.pk,
        "asset_id": btc.pk,
        "amount": Atoms(parse_decimal(amount, scale=8)),
        "address": ADDRESS,
        "client_withdrawal_id": None,
        "now": NOON,
    }
    return request_withdrawal(**asked | terms)


def approved(user: User, amount: str = "0.5") -> Withdrawal:
    """`user` requests some BTC and carol approves."""
    asked = wish(user, amount)
    return approve_withdrawal(
        withdrawal_id=asked.pk, actor=carol(), digest=asked.digest, now=NOON
    )


def purse(user: User) -> tuple[str, str]:
    """(available, withdrawing) BTC."""
    (btc,) = balances_of(owner_id=user.pk)
    return _short(btc.available), _short(btc.withdrawing)


def custody() -> str:
    account = house_account(
        asset_id=asset("BTC").pk, kind=AccountKind.CUSTODY, label=MAIN_WALLET
    )
    return _short(account.balance)


def steps_of(withdrawal: Withdrawal) -> list[tuple[str, str, str, str]]:
    """(before, after, who, why) of every event, the first one first."""
    events = WithdrawalEvent.objects.filter(withdrawal=withdrawal).order_by("id")
    return [
        (event.before, event.after, event.actor.email, event.reason or event.txid)
        for event in events
    ]


def _short(atoms: int) -> str:
    return format_decimal(atoms, scale=8).rstrip("0").rstrip(".")
