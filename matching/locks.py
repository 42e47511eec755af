"""The money that a batch may touch: whose it is, and locked until the transaction ends."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kernel.database import array_text, ask
from ledger.locks import lock_accounts
from ledger.models import CUSTOMER_KINDS, AccountKind
from ledger.services import open_accounts
from matching.spot import Wallet, WalletPair
from orders.rules import MarketRules

#: The user of the house's own commands, who has no wallets.
NOBODY = 0


class KnownWallets:
    """The wallets of a shard's users, kept from batch to batch: an account that was opened
    stays what it is."""

    def __init__(self) -> None:
        self._pairs: dict[int, dict[int, WalletPair]] = {}

    def of(self, market: MarketRules, users: set[int]) -> dict[int, WalletPair]:
        """The users' wallets in a market's two assets, opened where there are none."""
        known = self._pairs.setdefault(market.id, {})
        if missing := users - known.keys():
            known |= _open_wallets(missing, market.base, market.quote)
        return {user: known[user] for user in users}


class Balances(dict[int, int]):
    """Atoms by account id, of locked accounts: the engine's working memory. Of what is
    held it needs none: an order says itself what it holds."""

    def lock(self, accounts: Iterable[int], *, wait: bool = True) -> None:
        """Lock what is not locked yet; `ledger.locks.lock_accounts` says how."""
        wanted = [account for account in accounts if account not in self]
        if wanted:
            self.update(lock_accounts(wanted, wait=wait))


class Purse(dict[int, dict[int, WalletPair]]):
    """market -> user -> their wallets, with their accounts locked.

    Those whom a batch will most likely touch are locked in one go, by `foresee`. Whom the
    engine meets beyond, through a cascade of stops or an order that expires, is locked when
    it asks; out of order, therefore without waiting (ADR 0012).

    met    user ids by market that an attempt before this one met; those that this one
           meets are added
    pause  called before the database is asked while the engine runs
    """

    def __init__(
        self,
        markets: Mapping[int, MarketRules],
        known: KnownWallets,
        *,
        met: dict[int, set[int]],
        pause: Callable[[], None],
    ) -> None:
        super().__init__()
        self.balances = Balances()
        self._markets = markets
        self._known = known
        self._met = met
        self._pause = pause
        for market in markets:
            self[market] = _Pocket(self, market)

    def foresee(self, users: Mapping[int, set[int]], fee_accounts: Iterable[int]) -> None:
        """Lock the accounts of these users and of the house, all in one go."""
        accounts = list(fee_accounts)
        for market in sorted(users.keys() | self._met.keys()):
            wanted = users.get(market, set()) | self._met.get(market, set())
            pairs = self._known.of(self._markets[market], wanted - {NOBODY})
            self[market].update(pairs)
            accounts += accounts_of(pairs.values())
        self.balances.lock(accounts)

    def meet(self, market: int, user: int) -> WalletPair:
        """The wallets of a user whom nobody foresaw.

        raises  OperationalError when somebody else has locked one of the accounts
        """
        self._met.setdefault(market, set()).add(user)
        self._pause()
        pair = self._known.of(self._markets[market], {user})[user]
        self.balances.lock(accounts_of([pair]), wait=False)
        return pair


class _Pocket(dict[int, WalletPair]):
    """One market's part of a purse."""

    def __init__(self, purse: Purse, market: int) -> None:
        super().__init__()
        self._purse = purse
        self._market = market

    def __missing__(self, user: int) -> WalletPair:
        self[user] = pair = self._purse.meet(self._market, user)
        return pair


def accounts_of(pairs: Iterable[WalletPair]) -> list[int]:
    """The ids of the accounts that stand for wallets when they are locked.

    What is held is moved by engines only, and only by one that has locked what is
    available beside it. So that lock guards both, and half as many are needed.
    """
    accounts: list[int] = []
    for base, quote in pairs:
        accounts += (base.available, quote.available)
    return accounts


def _open_wallets(users: set[int], base: int, quote: int) -> dict[int, WalletPair]:
    """The wallets of users in two assets; those that were never needed are opened."""
    found = _wallets_of(users, base, quote)
    absent = {(u, a) for u in users for a in (base, quote)} - found.keys()
    if absent:
        open_accounts(
            wanted=(
                (user, asset, kind) for user, asset in absent for kind in CUSTOMER_KINDS
            )
        )
        found |= _wallets_of({user for user, _ in absent}, base, quote)
    return {user: (found[user, base], found[user, quote]) for user in users}


def _wallets_of(users: set[int], *assets: int) -> dict[tuple[int, int], Wallet]:
    """The trading accounts of users by (user, asset); those without them are left out."""
    rows = ask(_ACCOUNTS, [array_text(users), array_text(assets)]).fetchall()
    held = {(user, asset): account for user, asset, account, is_held in rows if is_held}
    return {
        (user, asset): Wallet(account, held[user, asset])
        for user, asset, account, is_held in rows
        if not is_held and (user, asset) in held
    }


# Each user is looked up by himself (OFFSET 0): the planner would rather read all accounts
# of an asset. In a crowd every batch brings a thousand whom nobody has met.
_ACCOUNTS: Final = f"""
    SELECT a.owner_id, a.asset_id, a.id, a.kind = '{AccountKind.HELD}'
    FROM unnest(%s::bigint[]) AS u(id) CROSS JOIN LATERAL (
        SELECT * FROM ledger_account
        WHERE owner_id = u.id AND asset_id = ANY(%s::bigint[]) AND label = ''
          AND kind IN ('{AccountKind.AVAILABLE}', '{AccountKind.HELD}')
        OFFSET 0
    ) AS a
"""  # noqa: S608  own words only
