"""hledger's journal, in the words that ledger understands too."""

from typing import Final

from reports.formats.dialects import (
    ABOUT,
    BEFORE,
    DAY,
    INSTANT,
    TITLE,
    UP_TO,
    Dialect,
    book_of,
    facts,
    standing,
)

# A commodity of other signs than letters is quoted.
_COMMODITY: Final = """
    CASE WHEN asset.code ~ '[0-9]' THEN '"' || asset.code || '"' ELSE asset.code END
"""
_BOOK: Final = book_of(_COMMODITY)
# Both take a commodity without a format; of formats without decimals each has its own.
_COMMODITIES: Final = rf"""
    WITH {_BOOK}
    SELECT DISTINCT 'commodity ' || commodity || CASE WHEN scale = 0 THEN ''
        ELSE E'\n    format ' || (1 + 0 * unit) || ' ' || commodity END
    FROM book ORDER BY 1
"""  # noqa: S608  own text only
_ACCOUNTS: Final = f"""
    WITH {_BOOK}, {standing(UP_TO)}
    SELECT DISTINCT 'account ' || name FROM standing ORDER BY 1
"""  # noqa: S608  own text only
HLEDGER: Final = Dialect(
    name="hledger",
    title="hledger, ledger",
    suffix="journal",
    head=(_COMMODITIES, _ACCOUNTS),
    opening=rf"""
        WITH {_BOOK}, {standing(BEFORE)}
        SELECT E'\n' || %(first)s::date || ' * Opening balances of ' || asset_code || E'\n'
            || string_agg('    ' || name || '  ' || amount || ' ' || commodity, E'\n'
                ORDER BY name)
        FROM standing WHERE amount <> 0 GROUP BY asset_code ORDER BY asset_code
    """,  # noqa: S608  own text only
    facts=facts(
        commodity=_COMMODITY,
        head=rf"""
            E'\n' || {DAY} || ' * ' || {TITLE} || E'\n    ; entry: ' || entry_id
            || E'\n    ; ' || {ABOUT} || E'\n    ; at: ' || {INSTANT} || E'\n'
        """,
        postings=r"""
            '    ' || debit.name || '  ' || amount * debit.unit || ' ' || debit.commodity
            || '  ; transfer: ' || moved.id || E'\n    ' || credit.name || '  '
            || -amount * credit.unit || ' ' || credit.commodity
            || '  ; transfer: ' || moved.id
        """,
    ),
    closing=rf"""
        WITH {_BOOK}, {standing(UP_TO)}
        SELECT E'\n' || %(end)s::date || ' * Closing balances of ' || asset_code || E'\n'
            || string_agg('    ' || name || '  0 ' || commodity || ' = ' || amount || ' '
                || commodity, E'\n' ORDER BY name)
        FROM standing GROUP BY asset_code ORDER BY asset_code
    """,  # noqa: S608  own text only
)
