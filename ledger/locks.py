"""The one order in which accounts are locked: by id. Used before every transfer."""

from collections.abc import Iterable

from kernel.database import array_text, ask
from kernel.errors import InvariantBroken
from kernel.units import Atoms


def lock_accounts(ids: Iterable[int], *, wait: bool = True) -> dict[int, Atoms]:
    """Lock accounts until the transaction ends and read their balances.

    Everybody who moves money calls this first, once, with all the accounts that it will
    touch; locking them in the order of their ids is what makes deadlocks impossible. An
    account that is only moved by who has locked another one is guarded by that one's lock
    (matching.locks.accounts_of).

    ids      account ids, in any order, repeats allowed
    wait     False for those who have locked others already: waiting out of order is what
             could deadlock
    returns  balance in atoms by account id
    raises   InvariantBroken when an account does not exist; OperationalError (55P03) when
             somebody else has locked one and we shall not wait
    """
    wanted = sorted(set(ids))
    balances: dict[int, Atoms] = dict(
        ask(_LOCK if wait else f"{_LOCK} NOWAIT", [array_text(wanted)]).fetchall()
    )
    if len(balances) != len(wanted):
        raise InvariantBroken(f"no such ledger accounts: {set(wanted) - set(balances)}")
    return balances


_LOCK = (
    "SELECT id, balance FROM ledger_account WHERE id = ANY(%s::bigint[]) "
    "ORDER BY id FOR NO KEY UPDATE"
)
