"""What everybody has, as of an instant: the time machine's standings, arranged."""

from typing import Final

from reports.catalogue.valuing import RATES, value_columns, valued
from reports.catalogue.words import amount, instant, is_asked, positive, text
from reports.selectors.chart import ACCOUNT_NAME, CHART_TABLE
from reports.table import Column, Params, Query, Report

#: The turnover of each account that had any, with what it belongs to, as of the cut.
_STANDING: Final = f"""standing AS (
        SELECT account.*, standing.debits, standing.credits, asset.code, asset.scale,
            {ACCOUNT_NAME} AS name, chart.section, chart.place
        FROM ledger_standings(%(at)s, %(last)s, %(user)s) standing
        JOIN ledger_account account ON account.id = standing.account_id
        JOIN ledger_asset asset ON asset.id = account.asset_id
        JOIN chart ON chart.kind = account.kind
        WHERE {is_asked("asset.code", "asset", "text")}
        AND {is_asked("account.kind", "kind", "text")}
        AND {is_asked("account.owner_id", "user", "bigint")}
    )"""  # noqa: S608  our own words
#: A customer's accounts are one line; each of the house's is its own.
_LINE: Final = """line AS (
        SELECT asset_id, code, scale, section, name, place, kind,
            CASE WHEN owner_id IS NULL THEN id END AS account_id, count(*) AS accounts,
            sum(debits) AS debits, sum(credits) AS credits, sum(debits - credits) AS net
        FROM standing
        GROUP BY asset_id, code, scale, section, name, place, kind,
            CASE WHEN owner_id IS NULL THEN id END
    )"""


def _begin(params: Params, *tables: str) -> str:
    """WITH the chart, the standings and, if a currency is asked for, its rates."""
    rates = [RATES] if params.currency else []
    return ",\n    ".join([f"WITH {CHART_TABLE}", _STANDING, *tables, *rates])


# Trial balance ----------------------------------------------------------------------------


def _trial_columns(params: Params) -> list[Column]:
    is_plain = params.currency is None  # a page has the room for turnover or for values
    return [
        Column("asset", "Asset"),
        Column("section", "Section"),
        Column("account", "Account", "text", "account", "account_id"),
        Column("account_id", "Account id", "id", "account"),
        Column("kind", "Kind", on_page=False),
        Column("accounts", "Accounts", "count", on_page=is_plain),
        Column("debits", "Debit turnover", "amount", is_summed=True, on_page=is_plain),
        Column("credits", "Credit turnover", "amount", is_summed=True, on_page=is_plain),
        Column("debit", "Debit balance", "amount", "account", "account_id", is_summed=True),
        Column(
            "credit", "Credit balance", "amount", "account", "account_id", is_summed=True
        ),
        *value_columns(params, ("debit_value", "Debit"), ("credit_value", "Credit")),
    ]


def _trial_query(params: Params) -> Query:
    debit, credit = "nullif(greatest(net, 0), 0)", "nullif(greatest(-net, 0), 0)"
    values, joined = valued(params, debit, credit)
    sql = f"""{_begin(params, _LINE)}
    SELECT code, section, name, {text("account_id")}, kind, accounts::text,
        {amount("debits")}, {amount("credits")}, {positive("net")}, {positive("-net")}
        {values}
    FROM line {joined} ORDER BY code, place, name, account_id"""  # noqa: S608  own words
    return Query(sql, params.arguments)


TRIAL_BALANCE: Final = Report(
    name="trial_balance",
    title="Trial balance",
    explains="Every account of the house, and all customers' accounts of a kind together: "
    "what was debited and credited until then, and the balance. Per asset, debits and "
    "credits are equal.",
    takes=("as_of", "asset", "kind", "user", "currency"),
    columns=_trial_columns,
    query=_trial_query,
)


# Accounts ---------------------------------------------------------------------------------


def _accounts_columns(params: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("account_id", "Account id", "id", "account"),
        Column("section", "Section"),
        Column("account", "Account", "text", "account", "account_id"),
        Column("kind", "Kind", on_page=False),
        Column("user_id", "User", "id", "user"),
        Column("opened_at", "Opened at", "instant"),
        Column("debits", "Debit turnover", "amount", is_summed=True),
        Column("credits", "Credit turnover", "amount", is_summed=True),
        Column("balance", "Balance", "amount", "account", "account_id"),
        *value_columns(params, ("value", "Value")),
    ]


def _accounts_query(params: Params) -> Query:
    balance = "(CASE normal_side WHEN 'D' THEN debits - credits ELSE credits - debits END)"
    values, joined = valued(params, balance)
    sql = f"""{_begin(params)}
    SELECT code, line.id::text, section, name, kind, {text("owner_id")},
        {instant("opened_at")}, {amount("debits")}, {amount("credits")},
        {amount(balance)} {values}
    FROM standing line {joined} ORDER BY code, place, line.id"""  # noqa: S608  own words
    return Query(sql, params.arguments)


ACCOUNTS: Final = Report(
    name="accounts",
    title="Accounts",
    explains="Each account that ever moved, the house's and the customers', one by one: "
    "its turnover until then, and its balance on the side on which it grows.",
    takes=("as_of", "asset", "kind", "user", "currency"),
    columns=_accounts_columns,
    query=_accounts_query,
)


# Balance sheet ----------------------------------------------------------------------------


def _sheet_columns(params: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("section", "Section"),
        Column("line", "Line", "text", "account", "account_id"),
        Column("account_id", "Account id", "id", "account"),
        Column("kind", "Kind", on_page=False),
        Column("assets", "Assets", "amount", "account", "account_id", is_summed=True),
        Column(
            "owed", "Liabilities and equity", "amount", "account", "account_id",
            is_summed=True,
        ),
        *value_columns(params, ("assets_value", "Assets"), ("owed_value", "Owed")),
    ]  # fmt: skip


def _sheet_query(params: Params) -> Query:
    # What was earned and what it cost is the house's own, and so stands below equity.
    assets = "CASE WHEN section = 'Assets' THEN net END"
    owed = "CASE WHEN section <> 'Assets' THEN -net END"
    values, joined = valued(params, assets, owed)
    sql = f"""{_begin(params, _LINE)}
    SELECT code, CASE WHEN section IN ('Income', 'Expenses') THEN 'Equity' ELSE section END,
        CASE section WHEN 'Income' THEN 'Earned: ' || name
            WHEN 'Expenses' THEN 'Spent: ' || name ELSE name END,
        {text("account_id")}, kind, {amount(assets)}, {amount(owed)} {values}
    FROM line {joined} ORDER BY code, place, name, account_id"""  # noqa: S608  own words
    return Query(sql, params.arguments)


BALANCE_SHEET: Final = Report(
    name="balance_sheet",
    title="Balance sheet",
    explains="Per asset, what is in custody, and to whom it belongs: customers, what is on "
    "its way, suspense, and the house's capital and earnings. Both sides are equal.",
    takes=("as_of", "asset", "currency"),
    columns=_sheet_columns,
    query=_sheet_query,
)


# Positions --------------------------------------------------------------------------------


def _position_columns(params: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("user_id", "User", "id", "user"),
        Column("email", "E-mail address", "text", "user", "user_id"),
        Column("available", "Available", "amount", is_summed=True),
        Column("held", "Held for orders", "amount", is_summed=True),
        Column("withdrawing", "Being withdrawn", "amount", is_summed=True),
        Column("total", "Total", "amount", "user", "user_id", is_summed=True),
        *value_columns(params, ("value", "Value")),
    ]


_OWNED: Final = """line AS (
        SELECT asset_id, code, scale, owner_id,
            sum(credits - debits) FILTER (WHERE kind = 'available') AS available,
            sum(credits - debits) FILTER (WHERE kind = 'held') AS held,
            sum(credits - debits) FILTER (WHERE kind = 'withdrawing') AS withdrawing,
            sum(credits - debits) AS total
        FROM standing WHERE owner_id IS NOT NULL
        GROUP BY asset_id, code, scale, owner_id
        HAVING sum(credits - debits) <> 0
    )"""


def _position_query(params: Params) -> Query:
    values, joined = valued(params, "total")
    sql = f"""{_begin(params, _OWNED)}
    SELECT code, owner_id::text, owner.email, {amount("coalesce(available, 0)")},
        {amount("coalesce(held, 0)")}, {amount("coalesce(withdrawing, 0)")},
        {amount("total")} {values}
    FROM line JOIN accounts_user owner ON owner.id = line.owner_id {joined}
    ORDER BY code, owner_id"""  # noqa: S608  our own words
    return Query(sql, params.arguments)


POSITIONS: Final = Report(
    name="positions",
    title="Customers' positions",
    explains="What each customer owns, asset by asset: the list that custody has to be "
    "enough for. Who owns nothing of an asset is left out.",
    takes=("as_of", "asset", "user", "currency"),
    columns=_position_columns,
    query=_position_query,
)
