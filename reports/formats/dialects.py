"""What the journals have in common, as SQL that makes their lines.

Parameters of every statement, as reports.table.Params.arguments has them: since, before,
at, last, asset; of these only asset may be NULL. Also first and end, the days between which
all is dated, and lo and hi, ids between which all transfers of the period are.
"""

from dataclasses import dataclass
from typing import Final

from reports.formats.chart import NAME


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a journal is written: statements whose rows are texts, one or more lines each.

    title    for people
    suffix   of its files
    head     what tools want to know first
    opening  the balances before the period
    facts    one text for each transfer; a fact's first brings its head along
    closing  the balances at the end, asserted
    """

    name: str
    title: str
    suffix: str
    head: tuple[str, ...]
    opening: str
    facts: str
    closing: str


def book_of(commodity: str) -> str:
    """A table `book`: how each account is named, and its commodity.

    commodity  SQL that names `asset`
    """
    # A product with the unit, the value of an atom, has as many decimals as the asset.
    return f"""book AS MATERIALIZED (
        SELECT account.id, {NAME} AS name, {commodity} AS commodity,
            asset.code AS asset_code, asset.scale, ('1e-' || asset.scale)::numeric AS unit
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = account.asset_id
        WHERE %(asset)s::text IS NULL OR asset.code = %(asset)s
    )"""  # noqa: S608  own text only


def standing(at: str) -> str:
    """A table `standing`: each account of `book` that had moved, and what stood on it; a
    debit is more than zero.

    at  "%(before)s" or "%(at)s"
    """
    return f"""standing AS MATERIALIZED (
        SELECT name, commodity, asset_code, (debits - credits) * unit AS amount
        FROM ledger_standings({at}, %(last)s) AS turnover
        JOIN book ON book.id = turnover.account_id
    )"""  # noqa: S608  own text only


BEFORE: Final = "%(before)s"
UP_TO: Final = "%(at)s"


def _side(name: str, commodity: str) -> str:
    """One side of `moved`: looked up once for each account, whatever the length."""
    return f"""CROSS JOIN LATERAL (
        SELECT {NAME} AS name, {commodity} AS commodity,
            ('1e-' || asset.scale)::numeric AS unit
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = account.asset_id
        WHERE account.id = moved.{name}_id OFFSET 0) AS {name}"""  # noqa: S608  own text only


def facts(*, commodity: str, head: str, postings: str) -> str:
    """One text for each transfer, in the order of their ids (reports.table.IN_ORDER)."""
    # Two transfers beside each other are of one fact if entry and subject are the same: a
    # trade, or one thing that happened to an order or a withdrawal; or else the entry.
    return f"""
        WITH market AS MATERIALIZED (SELECT id, symbol FROM orders_market),
        named AS (
            SELECT *, CASE WHEN code BETWEEN 20 AND 39 THEN ref
                WHEN code < 80 THEN ref # (code::bigint << 56) ELSE 0 END AS subject
            FROM ledger_transfer
            WHERE id >= %(lo)s AND id <= %(hi)s
            AND created_at >= %(since)s AND created_at <= %(at)s
            AND (%(asset)s::text IS NULL OR asset_id = (
                SELECT asset.id FROM ledger_asset asset WHERE asset.code = %(asset)s))
        ), moved AS (
            SELECT *, lag(entry_id) OVER beside IS DISTINCT FROM entry_id
                OR lag(subject) OVER beside <> subject AS is_first
            FROM named WINDOW beside AS (ORDER BY id)
        )
        SELECT CASE WHEN is_first THEN {head} ELSE '' END || {postings}
        FROM moved {_side("debit", commodity)} {_side("credit", commodity)}
        ORDER BY moved.id
    """  # noqa: S608  own text only


# A reference is a customer's or a bank's text: what a tool could take for a sign of its
# own (a comment, a quote, an escape, a new line) is replaced.
_REFERENCE: Final = r"""
    coalesce((SELECT ' ' || regexp_replace(reference, '[[:cntrl:]";|\\]', '_', 'g')
        FROM ledger_entry WHERE id = entry_id AND reference <> ''), '')
"""
#: What a transfer was for, in words.
TITLE: Final = f"""
    CASE WHEN code = 1 THEN 'Hold for order ' || ref
        WHEN code = 2 THEN 'Release of order ' || ref
        WHEN code < 20 THEN 'Order ' || ref
        WHEN code < 40 THEN 'Trade ' || coalesce((SELECT symbol FROM market
            WHERE market.id = ref >> 40), '') || ' ' || (ref & (1::bigint << 40) - 1)
        WHEN code < 60 THEN 'Deposit ' || ref
        WHEN code = 60 THEN 'Withdrawal ' || ref || ' set aside'
        WHEN code = 61 THEN 'Withdrawal ' || ref || ' returned'
        WHEN code = 62 THEN 'Withdrawal ' || ref || ' paid'
        WHEN code < 80 THEN 'Withdrawal ' || ref
        WHEN code < 90 THEN 'House booking' ELSE 'Adjustment' END
    || CASE WHEN code < 40 THEN '' ELSE {_REFERENCE} END
"""  # noqa: S608  own text only
#: What a transfer's `ref` is an id of.
ABOUT: Final = """
    CASE WHEN code < 20 THEN 'order: ' WHEN code < 40 THEN 'trade: '
        WHEN code < 60 THEN 'deposit: ' WHEN code < 80 THEN 'withdrawal: '
        WHEN code < 90 THEN 'about: ' ELSE 'reverses: ' END || ref
"""
DAY: Final = "(created_at AT TIME ZONE 'UTC')::date"
INSTANT: Final = (
    "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
)
