"""beancount's journal, which trusts no rounding: an atom too few is an error."""

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

# A commodity begins with a letter, has two signs or more, and is no word of beancount's. A
# code that is not so gets an X before it, and so does one that looks as if it had one.
_COMMODITY: Final = """
    CASE WHEN asset.code ~ '^X*[0-9]' THEN 'X' || asset.code
        WHEN length(asset.code) = 1 OR asset.code IN ('TRUE', 'FALSE', 'NULL')
        THEN 'X.' || asset.code ELSE asset.code END
"""
_BOOK: Final = book_of(_COMMODITY)
_COMMODITIES: Final = rf"""
    WITH {_BOOK}
    SELECT DISTINCT %(first)s::date || ' commodity ' || commodity || E'\n  name: "'
        || asset_code || E'"\n  decimals: ' || scale
    FROM book ORDER BY 1
"""  # noqa: S608  own text only
_ACCOUNTS: Final = f"""
    WITH {_BOOK}, {standing(UP_TO)}
    SELECT %(first)s::date || ' open ' || name || ' '
        || string_agg(commodity, ',' ORDER BY commodity)
    FROM standing GROUP BY name ORDER BY name
"""  # noqa: S608  own text only
BEANCOUNT: Final = Dialect(
    name="beancount",
    title="beancount",
    suffix="beancount",
    head=(
        """
        SELECT 'option "title" "Fairbook"'
        UNION ALL SELECT 'option "tolerance_multiplier" "0"'
        """,
        _COMMODITIES,
        _ACCOUNTS,
    ),
    opening=rf"""
        WITH {_BOOK}, {standing(BEFORE)}
        SELECT E'\n' || %(first)s::date || ' * "Opening balances of ' || asset_code
            || E'"\n' || string_agg(
                '  ' || name || '  ' || amount || ' ' || commodity, E'\n' ORDER BY name)
        FROM standing WHERE amount <> 0 GROUP BY asset_code ORDER BY asset_code
    """,  # noqa: S608  own text only
    facts=facts(
        commodity=_COMMODITY,
        head=rf"""
            E'\n' || {DAY} || ' * "' || {TITLE} || E'"\n  entry: ' || entry_id
            || E'\n  ' || {ABOUT} || E'\n  at: "' || {INSTANT} || E'"\n'
        """,
        postings=r"""
            '  ' || debit.name || '  ' || amount * debit.unit || ' ' || debit.commodity
            || E'\n    transfer: ' || moved.id || E'\n  ' || credit.name || '  '
            || -amount * credit.unit || ' ' || credit.commodity
            || E'\n    transfer: ' || moved.id
        """,
    ),
    # A balance is that of the beginning of its day.
    closing=f"""
        WITH {_BOOK}, {standing(UP_TO)}
        SELECT (%(end)s::date + 1) || ' balance ' || name || '  ' || amount || ' '
            || commodity
        FROM standing ORDER BY name, commodity
    """,  # noqa: S608  own text only
)
