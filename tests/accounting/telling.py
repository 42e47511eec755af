"""How the examples of docs/accounting.md name accounts, amounts, transfers and gains."""

from kernel import clock
from kernel.decimals import format_decimal, parse_decimal
from ledger.models import CUSTOMER_KINDS, Account, AccountKind, Asset
from ledger.models import Transfer as TransferRow
from ledger.services import open_account
from ledger.transfers import TransferCode
from reports.catalogue import report_of
from reports.selectors import read_params
from tests.stories import asset, person

#: The order in which a balance sheet names accounts.
KINDS = [*AccountKind]


def gains(who: str, method: str) -> list[str]:
    """The report of realised gains in USDT, a line for each part."""
    report = report_of("realised_gains")
    said = {"user": person(who).email, "currency": "USDT", "method": method}
    names = [
        it.name
        for it in report.columns(read_params(report=report, said=said, now=clock.now()))
    ]
    rows = [
        dict(zip(names, row, strict=True))
        for row in report.rows(read_params(report=report, said=said, now=clock.now()))
    ]
    if not rows:
        return ["nothing"]
    return [
        f"{len(rows)} part{'s' * (len(rows) > 1)}",
        *(
            f"{it['asset']} {it['went']} {plainer(it['quantity'])} "
            f"brought {plainer(it['proceeds'])} cost {plainer(it['cost'])} "
            f"gained {plainer(it['gain'])}"
            for it in rows
        ),
    ]


def atoms(amount: str, code: str) -> int:
    return parse_decimal(amount, scale=asset(code).scale)


def short(amount: int, of: Asset) -> str:
    return plainer(format_decimal(amount, scale=of.scale))


def plainer(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def account(name: str, code: str) -> Account:
    """`custody main`, `capital`, `alice available`."""
    first, _, rest = name.partition(" ")
    if rest in CUSTOMER_KINDS:
        owner_id, kind, label = person(first).pk, AccountKind(rest), ""
    else:
        kind = next(it for it in KINDS if f"{name} ".startswith(f"{words(it)} "))
        owner_id, label = None, name.removeprefix(words(kind)).strip()
    return open_account(asset_id=asset(code).pk, kind=kind, owner_id=owner_id, label=label)


def named(it: Account) -> str:
    """As `account` reads it."""
    if it.owner_id is not None:
        return f"{it.owner.email.partition('@')[0]} {it.kind}"
    return f"{words(AccountKind(it.kind))} {it.label}".strip()


def words(kind: AccountKind) -> str:
    return kind.value.replace("_", " ")


def told(row: TransferRow) -> str:
    code = TransferCode(row.code).name.lower()
    return (
        f"debit {named(row.debit)} credit {named(row.credit)} "
        f"{short(row.amount, row.asset)} {row.asset.code} {code}"
    )
