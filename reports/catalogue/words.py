"""Pieces of SQL that reports share: how instants, amounts and reasons are written."""

from typing import Final

from ledger.transfers import TransferCode


def instant(sql: str) -> str:
    """ISO 8601 in UTC, with microseconds; empty where there is none."""
    said = f"to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return f"coalesce({said}, '')"


def padded_instant(sql: str) -> str:
    """The same of a timestamp in UTC that is text already: a third of the work."""
    return (
        f"overlay({sql} PLACING 'T' FROM 11 FOR 1) "
        f"|| right('.000000', 26 - length({sql})) || 'Z'"
    )


def day(sql: str) -> str:
    """The day in UTC."""
    return f"to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


def amount(sql: str, scale: str = "scale") -> str:
    """An exact decimal string; empty where there is none."""
    return f"coalesce(ledger_decimal({sql}, {scale}), '')"


def positive(sql: str, scale: str = "scale") -> str:
    """An amount where it is more than nothing, else empty."""
    return f"CASE WHEN {sql} > 0 THEN ledger_decimal({sql}, {scale}) ELSE '' END"


def text(sql: str) -> str:
    """Anything as text; empty where there is nothing."""
    return f"coalesce(({sql})::text, '')"


def is_asked(sql: str, name: str, kind: str) -> str:
    """Whether it is what a parameter asks for, if that was given."""
    return f"(%({name})s::{kind} IS NULL OR {sql} = %({name})s)"


#: What most transfers are, first: a CASE is looked through from its beginning.
_COMMON: Final = (TransferCode.TRADE_QUOTE, TransferCode.TRADE_BASE, TransferCode.FEE)
#: Why money moved: `t.code` as a word.
WHAT: Final = "CASE t.code {} ELSE t.code::text END".format(
    " ".join(
        f"WHEN {code.value} THEN '{code.name.lower()}'"
        for code in dict.fromkeys((*_COMMON, *TransferCode))
    )
)
#: Of `t`: in the period, and within the cut.
IN_PERIOD: Final = (
    "t.id BETWEEN %(first)s AND %(last)s AND t.created_at BETWEEN %(since)s AND %(at)s"
)
#: What a transfer is about, as "trade 17": the kind of thing and its id.
REFERENCE: Final = (
    "CASE WHEN t.code BETWEEN 20 AND 39 THEN 'trade ' WHEN t.code BETWEEN 1 AND 19 "
    "THEN 'order ' WHEN t.code BETWEEN 40 AND 59 THEN 'deposit ' WHEN t.code BETWEEN 60 "
    "AND 79 THEN 'withdrawal ' WHEN t.code = 90 THEN 'transfer ' END || t.ref"
)
