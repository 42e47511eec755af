"""What was earned and spent in a period."""

from typing import Final

from reports.catalogue.valuing import value_columns, valued
from reports.catalogue.words import IN_PERIOD, amount, day, is_asked
from reports.selectors.chart import CHART_TABLE
from reports.table import Column, Params, Query, Report


def _columns(params: Params) -> list[Column]:
    return [
        Column("day", "Day", "date"),
        Column("line", "Line"),
        Column("market", "Market"),
        Column("asset", "Asset"),
        Column("account_id", "Account id", "id", "account"),
        Column("transfers", "Transfers", "count"),
        Column("income", "Income", "amount", "account", "account_id", is_summed=True),
        Column("expense", "Expense", "amount", "account", "account_id", is_summed=True),
        Column(
            "carried",
            "Carried to capital",
            "amount",
            "account",
            "account_id",
            is_summed=True,
        ),
        *value_columns(params, ("income_value", "Income"), ("expense_value", "Expense")),
    ]


_LINE: Final = f"""WITH {CHART_TABLE}, result AS (
        SELECT account.id, asset_id, label, asset.code, asset.scale, chart.*
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = asset_id
        JOIN chart ON chart.kind = account.kind
        WHERE chart.section IN ('Income', 'Expenses')
        AND {is_asked("asset.code", "asset", "text")}
        AND {is_asked("account.label", "market", "text")}
    ), capital AS (
        SELECT id FROM ledger_account WHERE kind = 'capital'
    ), line AS (
        SELECT {day("t.created_at")} AS day, capital.id IS NOT NULL AS is_carried, it.id,
            it.asset_id, it.label, it.code, it.scale, it.title, it.section, it.place,
            count(*) AS transfers,
            sum(CASE WHEN t.credit_id = it.id THEN t.amount ELSE -t.amount END) AS net
        FROM ledger_transfer t
        LEFT JOIN result earned ON earned.id = t.credit_id
        LEFT JOIN result spent ON spent.id = t.debit_id
        JOIN result it ON it.id IN (earned.id, spent.id)
        LEFT JOIN capital ON capital.id = CASE it.id WHEN t.credit_id THEN t.debit_id
            ELSE t.credit_id END
        WHERE {IN_PERIOD} AND coalesce(earned.id, spent.id) IS NOT NULL
        GROUP BY 1, 2, it.id, it.asset_id, it.label, it.code, it.scale, it.title,
            it.section, it.place
    )"""  # noqa: S608  our own words
#: What was earned on a day is worth what it was at the day's end.
_RATES: Final = """currency AS (
        SELECT id, scale AS atom FROM ledger_asset WHERE code = %(currency)s
    ), rate AS (
        SELECT days.day, rate.* FROM currency
        CROSS JOIN (SELECT DISTINCT day FROM line) days
        CROSS JOIN LATERAL bookkeeping_rates(currency.id, least(%(told_at)s,
            (days.day::date + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond')
        ) rate
    )"""


def _query(params: Params) -> Query:
    income = "CASE WHEN section = 'Income' AND NOT is_carried THEN net END"
    expense = "CASE WHEN section = 'Expenses' AND NOT is_carried THEN -net END"
    carried = "CASE WHEN is_carried THEN -net END"
    values, joined = valued(params, income, expense)
    rates = f", {_RATES}" if params.currency else ""
    joined = joined.replace("line.asset_id", "line.asset_id AND rate.day = line.day")
    sql = f"""{_LINE}{rates}
    SELECT line.day, title, label, code, line.id::text, transfers::text, {amount(income)},
        {amount(expense)}, {amount(carried)} {values}
    FROM line {joined} ORDER BY line.day, code, place, label, line.id, is_carried"""  # noqa: S608
    return Query(sql, params.arguments)


INCOME_STATEMENT: Final = Report(
    name="income_statement",
    title="Income statement",
    explains="What the house earned and spent, day by day: fees by market and asset, and "
    "the fees of networks. What was taken back counts on the day on which it was; what "
    "was carried to the capital is no loss, and has a column of its own.",
    takes=("from", "to", "as_of", "asset", "market", "currency"),
    columns=_columns,
    query=_query,
    valued_by="by the last rate of each day",
)
