"""What moved: an account's own book, and the journal of all."""

from typing import Final

from reports.catalogue.words import (
    IN_PERIOD,
    REFERENCE,
    WHAT,
    amount,
    instant,
    is_asked,
    padded_instant,
    text,
)
from reports.selectors.chart import CHART_TABLE
from reports.table import JOURNALS, TABULAR, Column, Params, Query, Report

#: The transfers of the accounts `own`, each once: those that are listed, and those behind
#: the lists (ADR 0018). OFFSET 0 keeps the look-up of a listed transfer a look-up, whatever
#: the planner makes of the numbers.
MOVED: Final = """listed AS (
        SELECT DISTINCT i.id
        FROM own JOIN ledger_movementsofaccount l ON l.account_id = own.id
        CROSS JOIN unnest(l.ids) AS i(id)
        WHERE l.first <= %(last)s AND i.id BETWEEN %(first)s AND %(last)s
    ), moved AS (
        SELECT t.* FROM listed CROSS JOIN LATERAL (
            SELECT * FROM ledger_transfer WHERE id = listed.id OFFSET 0) t
        UNION ALL
        SELECT t.* FROM ledger_transfer t
        WHERE id > coalesce((SELECT max(position) FROM ledger_movementcursor), 0)
        AND id BETWEEN %(first)s AND %(last)s
        AND (debit_id IN (SELECT id FROM own) OR credit_id IN (SELECT id FROM own))
    )"""


def account_name(account: str, chart: str) -> str:
    """An account's name, with whose it is."""
    return (
        f"concat_ws(': ', {chart}.title, nullif({account}.label, ''), "
        f"'user ' || {account}.owner_id)"
    )


# General ledger ---------------------------------------------------------------------------


def _ledger_columns(_: Params) -> list[Column]:
    return [
        Column("at", "At", "instant"),
        Column("transfer_id", "Transfer", "id", "transfer"),
        Column("entry_id", "Entry", "id", "entry"),
        Column("what", "What", "text", "transfer", "transfer_id"),
        Column("reference", "Of", "text", "reference"),
        Column("other", "Other account", "text", "account", "other_id"),
        Column("other_id", "Other account's id", "id", "account"),
        Column("asset", "Asset"),
        Column("debit", "Debit", "amount", is_summed=True),
        Column("credit", "Credit", "amount", is_summed=True),
        Column("balance", "Balance", "amount"),
    ]


_LEDGER: Final = f"""WITH {CHART_TABLE}, own AS (
        SELECT account.id, owner_id, asset.code, asset.scale,
            CASE normal_side WHEN 'D' THEN 1 ELSE -1 END AS sign
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = asset_id
        WHERE account.id = %(account)s
    ), {MOVED}, opening AS (
        SELECT coalesce(sum((debits - credits) * sign), 0) AS balance
        FROM own CROSS JOIN LATERAL ledger_standings(%(before)s, %(last)s, own.owner_id) s
        WHERE s.account_id = own.id
    ), line AS (
        SELECT t.*, own.code AS asset, own.scale, own.sign,
            CASE WHEN t.debit_id = own.id THEN t.credit_id ELSE t.debit_id END AS other_id,
            CASE WHEN t.debit_id = own.id THEN t.amount END AS debit,
            CASE WHEN t.credit_id = own.id THEN t.amount END AS credit
        FROM own CROSS JOIN moved t
        WHERE {IN_PERIOD}
    ), told AS (
        SELECT 1 AS place, t.created_at, t.id, {instant("t.created_at")} AS at,
            t.id::text AS transfer_id, t.entry_id::text, {WHAT} AS what,
            {text(REFERENCE)} AS reference, {account_name("other", "chart")} AS other,
            t.other_id::text, t.asset, t.scale, t.debit::numeric, t.credit::numeric,
            opening.balance + sum((coalesce(debit, 0) - coalesce(credit, 0)) * sign)
                OVER (ORDER BY t.created_at, t.id ROWS UNBOUNDED PRECEDING) AS balance
        FROM line t CROSS JOIN opening JOIN ledger_account other ON other.id = t.other_id
        JOIN chart ON chart.kind = other.kind
    )
    SELECT at, transfer_id, entry_id, what, reference, other, other_id, asset,
        {amount("debit")}, {amount("credit")}, {amount("balance")}
    FROM (
        SELECT 0 AS place, NULL::timestamptz AS created_at, 0::bigint AS id, '' AS at,
            '' AS transfer_id, '' AS entry_id, 'opening balance' AS what, '' AS reference,
            '' AS other, '' AS other_id, code AS asset, scale, NULL::numeric AS debit,
            NULL::numeric AS credit, balance
        FROM own CROSS JOIN opening
        UNION ALL TABLE told
        UNION ALL
        SELECT 2, NULL, 0, '', '', '', 'closing balance', '', '', '', code, scale, NULL,
            NULL, coalesce((SELECT sum((debits - credits) * sign)
                FROM ledger_standings(%(at)s, %(last)s, own.owner_id) s
                WHERE s.account_id = own.id), 0)
        FROM own
    ) AS line ORDER BY place, created_at, id"""  # noqa: S608  our own words

GENERAL_LEDGER: Final = Report(
    name="general_ledger",
    title="General ledger of an account",
    explains="All that an account was debited and credited in a period, with the balance "
    "after each transfer, between the opening and the closing balance.",
    takes=("account", "from", "to", "as_of"),
    needs=("account",),
    columns=_ledger_columns,
    query=lambda params: Query(_LEDGER, params.arguments),
)


# Journal ----------------------------------------------------------------------------------


def _journal_columns(_: Params) -> list[Column]:
    return [
        Column("at", "At", "instant"),
        Column("transfer_id", "Transfer", "id", "transfer"),
        Column("entry_id", "Entry", "id", "entry"),
        Column("entry_kind", "Kind of entry", on_page=False),
        Column("entry", "Entry's key", "text", "entry", "entry_id"),
        Column("what", "What", "text", "transfer", "transfer_id"),
        Column("reference", "Of", "text", "reference"),
        Column("debit", "Debit account", "text", "account", "debit_id"),
        Column("debit_id", "Debit account's id", "id", "account"),
        Column("credit", "Credit account", "text", "account", "credit_id"),
        Column("credit_id", "Credit account's id", "id", "account"),
        Column("asset", "Asset"),
        Column("amount", "Amount", "amount", is_summed=True),
    ]


def _side(name: str) -> str:
    """One side of `t`: looked up once for each account, whatever the length."""
    return f"""CROSS JOIN LATERAL (
        SELECT {account_name("account", "chart")} AS name, account.id::text AS account_id,
            account.owner_id, asset.code, ('1e-' || asset.scale)::numeric AS unit
        FROM ledger_account account JOIN chart ON chart.kind = account.kind
        JOIN ledger_asset asset ON asset.id = account.asset_id
        WHERE account.id = t.{name}_id OFFSET 0) AS {name}"""  # noqa: S608  our own words


# What is cheap once is dear ten million times: a product with the unit, the value of an
# atom, has all decimals of the asset, and a time as PostgreSQL writes it lacks little.
_JOURNAL: Final = f"""WITH {CHART_TABLE}
    SELECT {padded_instant("t.said")}, t.id::text, t.entry_id::text, entry.kind,
        entry.key, {WHAT}, {text(REFERENCE)},
        debit.name, debit.account_id, credit.name, credit.account_id,
        debit.code, (t.amount * debit.unit)::text
    FROM (
        SELECT t.*, (t.created_at AT TIME ZONE 'UTC')::text AS said
        FROM ledger_transfer t WHERE {IN_PERIOD} ORDER BY t.id OFFSET 0
    ) AS t {_side("debit")} {_side("credit")}
    CROSS JOIN LATERAL (
        SELECT coalesce(max(kind), '') AS kind, coalesce(max(key), '') AS key
        FROM ledger_entry WHERE id = t.entry_id OFFSET 0) entry
    WHERE {is_asked("debit.code", "asset", "text")}
    AND (%(user)s::bigint IS NULL OR %(user)s IN (debit.owner_id, credit.owner_id))
    ORDER BY t.id"""  # noqa: S608  our own words

JOURNAL: Final = Report(
    name="journal",
    title="Journal",
    explains="Every transfer of a period: what was debited, what was credited, and for "
    "what. As an hledger or beancount journal, other people's tools can add it up.",
    takes=("from", "to", "as_of", "asset", "user"),
    columns=_journal_columns,
    query=lambda params: Query(_JOURNAL, params.arguments, in_order=True),
    formats=TABULAR | JOURNALS,
)
