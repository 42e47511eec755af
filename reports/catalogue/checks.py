"""What has to be looked into: wallets that do not agree, and money that nobody owns yet."""

from typing import Final

from reports.catalogue.movements import MOVED
from reports.catalogue.words import amount, instant, is_asked, text
from reports.selectors.chart import ACCOUNT_NAME, CHART_TABLE
from reports.table import Column, Params, Query, Report

# Reconciliation ---------------------------------------------------------------------------


def _wallet_columns(_: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("wallet", "Wallet"),
        Column("account_id", "Account id", "id", "account"),
        Column("verdict", "Verdict"),
        Column("balance", "Ledger now", "amount", "account", "account_id", is_summed=True),
        Column("counted_at", "Counted at", "instant"),
        Column("counted", "Counted", "amount"),
        Column("ledger", "Ledger then", "amount", "account", "account_id"),
        Column("difference", "Difference", "amount"),
        Column("arriving", "Arrived, not booked yet", "amount"),
        Column("leaving", "Approved, not booked yet", "amount"),
        Column("since", "Differs since", "instant"),
        Column("days", "Days since the count", "count"),
        Column("source", "Source"),
    ]


# A count is compared with the ledger of its own instant. What was booked and what was
# counted are put in one row of time, along which the balance is added up.
_WALLETS: Final = f"""WITH own AS (
        SELECT account.id, asset_id, label, asset.code, asset.scale
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = asset_id
        WHERE account.kind = 'custody' AND {is_asked("asset.code", "asset", "text")}
    ), {MOVED}, happened AS (
        SELECT own.id AS account_id, t.created_at AS at, 0::bigint AS count_id,
            CASE WHEN t.debit_id = own.id THEN t.amount ELSE -t.amount END AS moved,
            NULL::bigint AS counted, '' AS source
        FROM moved t
        JOIN own ON own.id IN (t.debit_id, t.credit_id)
        WHERE t.id <= %(last)s AND t.created_at <= %(at)s
        UNION ALL
        SELECT account_id, at, id, 0, amount, source FROM bookkeeping_walletcount
        WHERE at <= %(told_at)s AND created_at <= %(told_at)s
        AND account_id IN (SELECT id FROM own)
    ), added AS (
        SELECT *, sum(moved) OVER (
            PARTITION BY account_id ORDER BY at, count_id ROWS UNBOUNDED PRECEDING
        ) AS ledger FROM happened
    ), compared AS (
        SELECT *, counted - ledger AS difference,
            row_number() OVER (PARTITION BY account_id ORDER BY at DESC, count_id DESC)
                AS turn,
            max(at) FILTER (WHERE counted = ledger) OVER (PARTITION BY account_id)
                AS agreed_at
        FROM added WHERE counted IS NOT NULL
    ), doubted AS (
        SELECT account_id, min(at) AS since FROM compared
        WHERE agreed_at IS NULL OR at > agreed_at GROUP BY account_id
    ), standing AS (
        SELECT account_id, sum(moved) AS balance FROM happened GROUP BY account_id
    ), line AS (
        SELECT own.*, coalesce(standing.balance, 0) AS balance, last.at, last.counted,
            last.ledger, last.difference, last.source, doubted.since,
            CASE WHEN last.at IS NULL THEN NULL WHEN label <> 'main' THEN 0 ELSE (
                SELECT coalesce(sum(d.amount), 0) FROM deposits_deposit d
                WHERE d.asset_id = own.asset_id AND d.created_at <= last.at
                AND NOT EXISTS (SELECT FROM deposits_event e WHERE e.deposit_id = d.id
                    AND (e.created_at <= last.at OR (e.after = 'refused'
                        AND e.created_at <= %(told_at)s)))) END AS arriving,
            CASE WHEN last.at IS NULL THEN NULL WHEN label <> 'main' THEN 0 ELSE (
                SELECT coalesce(sum(w.amount), 0) FROM withdrawals_withdrawal w
                JOIN withdrawals_event a ON a.withdrawal_id = w.id AND a.after = 'approved'
                LEFT JOIN withdrawals_event e ON e.withdrawal_id = w.id
                    AND e.after IN ('paid', 'failed') AND e.created_at <= last.at
                WHERE w.asset_id = own.asset_id AND a.created_at <= last.at
                AND e.id IS NULL) END AS leaving
        FROM own LEFT JOIN standing ON standing.account_id = own.id
        LEFT JOIN compared last ON last.account_id = own.id AND last.turn = 1
        LEFT JOIN doubted ON doubted.account_id = own.id
    )
    SELECT code, label, id::text,
        CASE WHEN at IS NULL THEN 'not counted' WHEN difference = 0 THEN 'agrees'
            WHEN difference BETWEEN -leaving AND arriving THEN 'in flight'
            ELSE 'differs' END,
        {amount("balance")}, {instant("at")}, {amount("counted")}, {amount("ledger")},
        {amount("difference")}, {amount("arriving")}, {amount("leaving")},
        CASE WHEN difference <> 0 THEN {instant("since")} ELSE '' END,
        {text("extract(day FROM %(told_at)s - at)::int")}, {text("source")}
    FROM line ORDER BY code, label, id"""  # noqa: S608  our own words

RECONCILIATION: Final = Report(
    name="reconciliation",
    title="Wallets and ledger",
    explains="Each wallet as somebody last counted it, against the ledger of the same "
    "instant. What had arrived or been approved and was not booked yet may explain a "
    "difference. A wallet that nobody counted is not counted: nothing is assumed.",
    takes=("as_of", "asset"),
    columns=_wallet_columns,
    query=lambda params: Query(_WALLETS, params.arguments),
)


# Suspense ---------------------------------------------------------------------------------


def _suspense_columns(_: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("account", "Account"),
        Column("account_id", "Account id", "id", "account"),
        Column("at", "Since", "instant"),
        Column("days", "Days", "count"),
        Column("age", "Age"),
        Column("transfer_id", "Transfer", "id", "transfer"),
        Column("entry_id", "Entry", "id", "entry"),
        Column("entry", "Entry's key", "text", "entry", "entry_id"),
        Column("amount", "Amount", "amount"),
        Column("open", "Still open", "amount", is_summed=True),
    ]


# What left is taken from what came first. On whichever side the account stands, the
# transfers of that side are the items, and those of the other have settled the oldest.
_SUSPENSE: Final = f"""WITH {CHART_TABLE}, own AS (
        SELECT account.id, asset.code, asset.scale, {ACCOUNT_NAME} AS name
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = asset_id
        JOIN chart ON chart.kind = account.kind
        WHERE account.kind IN ('suspense', 'deposits_in_flight', 'payouts_in_flight')
        AND {is_asked("asset.code", "asset", "text")}
    ), {MOVED}, leg AS (
        SELECT own.id AS account_id, t.id, t.entry_id, t.created_at, t.amount,
            t.credit_id = own.id AS is_credit
        FROM moved t
        JOIN own ON own.id IN (t.debit_id, t.credit_id)
        WHERE t.id <= %(last)s AND t.created_at <= %(at)s
    ), side AS (
        SELECT account_id, coalesce(sum(amount) FILTER (WHERE is_credit), 0) AS credits,
            coalesce(sum(amount) FILTER (WHERE NOT is_credit), 0) AS debits
        FROM leg GROUP BY account_id
    ), item AS (
        SELECT leg.*, sum(amount) OVER (
            PARTITION BY account_id ORDER BY created_at, leg.id ROWS UNBOUNDED PRECEDING
        ) - least(debits, credits) AS left_over,
        CASE WHEN credits > debits THEN 1 ELSE -1 END AS sign
        FROM leg JOIN side USING (account_id) WHERE is_credit = (credits > debits)
    ), line AS (
        SELECT own.code, own.scale, own.name, item.*, entry.key,
            least(amount, left_over) * sign AS open,
            extract(day FROM %(told_at)s - item.created_at)::int AS days
        FROM item JOIN own ON own.id = item.account_id
        LEFT JOIN ledger_entry entry ON entry.id = item.entry_id
        WHERE left_over > 0
    )
    SELECT code, name, account_id::text, {instant("created_at")}, days::text,
        CASE WHEN days < 1 THEN 'today' WHEN days <= 7 THEN 'up to 7 days'
            WHEN days <= 30 THEN 'up to 30 days' WHEN days <= 90 THEN 'up to 90 days'
            ELSE 'over 90 days' END,
        id::text, entry_id::text, {text("key")}, {amount("amount")}, {amount("open")}
    FROM line ORDER BY code, name, account_id, created_at, id"""  # noqa: S608  own words

SUSPENSE: Final = Report(
    name="suspense",
    title="Suspense, by age",
    explains="What stands on accounts that ought to empty themselves: suspense, and what "
    "is in flight. Item by item, the oldest first; what left is taken from what came "
    "first.",
    takes=("as_of", "asset"),
    columns=_suspense_columns,
    query=lambda params: Query(_SUSPENSE, params.arguments),
)
