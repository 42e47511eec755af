"""What the books said at any past moment: snapshots, and the transfers after them."""

from typing import Final, NamedTuple

from django.db import connection

from kernel.units import Atoms
from ledger.moments import Moment


class Standing(NamedTuple):
    """What an account had turned over at a moment, in atoms: sums of its transfers."""

    debits: int
    credits: int


def standings(*, moment: Moment, owner_id: int | None = None) -> dict[int, Standing]:
    """The turnover of every account that had any, by account id.

    owner_id  of this customer's accounts only
    """
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [moment.at, moment.transfer, owner_id])
        return {row[0]: Standing(int(row[1]), int(row[2])) for row in cursor.fetchall()}


def balances_at(*, moment: Moment, owner_id: int | None = None) -> dict[int, Atoms]:
    """The balance of every account that had moved, on its normal side, by account id.

    owner_id  of this customer's accounts only
    """
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, [moment.at, moment.transfer, owner_id])
        return {account: Atoms(int(balance)) for account, balance in cursor.fetchall()}


_STANDINGS: Final = "SELECT * FROM ledger_standings(%s, %s, %s)"
_BALANCES: Final = """
    SELECT a.id, CASE a.normal_side WHEN 'C' THEN s.credits - s.debits
                                    ELSE s.debits - s.credits END
    FROM ledger_standings(%s, %s, %s) AS s JOIN ledger_account a ON a.id = s.account_id
"""
