"""Parameters of reports, read strictly: one way for the pages, the API and the command."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from accounts.models import User
from kernel.units import BIGINT_MAX
from ledger.errors import InvalidMoment
from ledger.models import Account, AccountKind, Asset
from ledger.moments import TICK, Moment, parse_moment, parse_since, parse_until
from ledger.selectors import settled
from orders.models import Market
from reports.errors import InvalidParameter, MissingParameter, UnknownParameter
from reports.table import EARLIEST, Params, Report


@dataclass(frozen=True, slots=True)
class Parameter:
    """field  of Params
    hint   for people who fill it in
    read   raises InvalidParameter
    """

    field: str
    title: str
    hint: str
    read: Callable[[str], Any]


def read_params(*, report: Report, said: Mapping[str, str], now: datetime) -> Params:
    """Read what a report is asked for, and pin the cut at which it is made.

    said    texts by public name; an empty one counts as not given
    raises  UnknownParameter, MissingParameter, InvalidParameter; each names it
    """
    given = {name: text for name, text in said.items() if text != ""}
    for name in given:
        if name not in report.takes:
            raise UnknownParameter(
                f"The report {report.name} takes no {name[:40]!r}, but "
                f"{', '.join(report.takes)}.",
                parameter=name[:40],
            )
    for name in report.needs:
        if name not in given:
            raise MissingParameter(f"The report needs: {name}.", parameter=name)
    read = {PARAMETERS[name].field: _read(name, text) for name, text in given.items()}
    since, until = read.get("since"), read.get("until")
    if since is not None and until is not None and since >= until:
        raise _refused("to", "A period ends after it begins.")
    cut, told_at = _cut(read.get("as_of"), until, now)
    first = _first(since) if since else 1
    return Params(cut=cut, told_at=told_at, first=first, said=given, **read)


# Reading one ------------------------------------------------------------------------------


def _read(name: str, text: str) -> Any:
    try:
        return PARAMETERS[name].read(text)
    except InvalidMoment as refused:
        raise _refused(name, refused.detail) from refused
    except InvalidParameter as refused:
        raise _refused(name, refused.detail) from refused


def _refused(name: str, why: str) -> InvalidParameter:
    return InvalidParameter(f"{name}: {why}", parameter=name)


def _user(text: str) -> int:
    """By id or e-mail address."""
    if not re.fullmatch("[!-~]{1,254}", text, re.ASCII):
        raise InvalidParameter("There is no such user.")
    rows = User.objects.all()
    found = rows.filter(pk=_number(text)) if text.isdecimal() else rows.filter(email=text)
    user_id = found.values_list("pk", flat=True).first()
    if user_id is None:
        raise InvalidParameter("There is no such user.")
    return int(user_id)


def _account(text: str) -> int:
    account_id = _number(text)
    if not Account.objects.filter(pk=account_id).exists():
        raise InvalidParameter("There is no such account.")
    return account_id


def _asset(text: str) -> str:
    if not re.fullmatch("[A-Z0-9]{1,12}", text, re.ASCII):
        raise InvalidParameter("An asset's code is capital letters and digits.")
    if not Asset.objects.filter(code=text).exists():
        raise InvalidParameter("There is no such asset.")
    return text


def _market(text: str) -> str:
    if not re.fullmatch("[A-Z0-9-]{1,25}", text, re.ASCII):
        raise InvalidParameter('A market is named like "BTC-USDT".')
    if not Market.objects.filter(symbol=text).exists():
        raise InvalidParameter("There is no such market.")
    return text


def _kind(text: str) -> str:
    return _one_of(text, AccountKind.values)


def _method(text: str) -> str:
    return _one_of(text, METHODS)


def _one_of(text: str, words: list[str]) -> str:
    if text not in words:
        raise InvalidParameter(f"It is one of {', '.join(words)}.")
    return text


def _number(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,18}", text, re.ASCII) or int(text) > BIGINT_MAX:
        raise InvalidParameter("An id is a whole number.")
    return int(text)


#: How what was sold is told from what was kept.
METHODS: Final = ["fifo", "average"]
#: By their public names, in the order in which a page asks for them.
PARAMETERS: Final[Mapping[str, Parameter]] = {
    "account": Parameter("account_id", "Account", "id of a ledger account", _account),
    "user": Parameter("user_id", "User", "id or e-mail address", _user),
    "asset": Parameter("asset", "Asset", "code, such as BTC", _asset),
    "market": Parameter("market", "Market", "symbol, such as BTC-USDT", _market),
    "kind": Parameter("kind", "Kind of account", "such as custody or available", _kind),
    "from": Parameter(
        "since", "From", "a day or an instant: 2026-11-01, 2026-11-01T00:00Z", parse_since
    ),
    "to": Parameter(
        "until", "To", "a day, with all of it; or an instant, without it", parse_until
    ),
    "as_of": Parameter(
        "as_of", "As of", "a day's end, an instant, or transfer:123", parse_moment
    ),
    "currency": Parameter("currency", "Valued in", "code of an asset", _asset),
    "method": Parameter("method", "Method", "fifo or average", _method),
}


# The cut ----------------------------------------------------------------------------------


def _cut(
    as_of: Moment | None, until: datetime | None, now: datetime
) -> tuple[Moment, datetime]:
    """The moment that the report covers: never after what was asked, nor after now. And
    the instant of it, by which rates and what is no transfer are looked up.
    """
    asked = as_of or Moment()
    limits = [now, *([asked.at] if asked.at else []), *([until - TICK] if until else [])]
    at = min(limits)
    bound = Moment(at=at, transfer=asked.transfer)
    if at > now - _YOUNG:
        bound = settled(bound)
    last = BIGINT_MAX if bound.transfer is None else bound.transfer
    with connection.cursor() as cursor:
        cursor.execute(_LAST, {"at": at, "last": last})
        found, created_at = cursor.fetchone() or (0, EARLIEST)
    if asked.transfer is not None and asked.at is None and until is None:
        # Whoever asks for this cut again has the same instant of it.
        return Moment(transfer=found), created_at
    return Moment(at=at, transfer=found), at


def _first(since: datetime) -> int:
    """An id below which no transfer is of a period; seals tell it."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, {"since": since})
        return int(cursor.fetchone()[0])


#: What was created longer ago has been written, or never will be.
_YOUNG: Final = timedelta(minutes=2)
# The last transfer of a moment. Seals tell where to look: without them, all transfers that
# are younger would have to be passed. A seal that begins in time may have nothing up to the
# id that was asked for, so the ones before it are looked at, too.
_LAST: Final = """
    WITH sealed AS (
        SELECT coalesce(max(last), 0) AS last FROM ledger_seal WHERE log = 'transfers'
    ), near AS (
        SELECT first, last FROM ledger_seal
        WHERE log = 'transfers' AND earliest <= %(at)s AND first <= %(last)s
        ORDER BY first DESC
    )
    (SELECT t.id, t.created_at FROM ledger_transfer t
     WHERE t.id > (SELECT last FROM sealed)
     AND t.id <= %(last)s AND t.created_at <= %(at)s ORDER BY t.id DESC LIMIT 1)
    UNION ALL
    (SELECT t.id, t.created_at FROM near CROSS JOIN LATERAL (
        SELECT id, created_at FROM ledger_transfer
        WHERE id BETWEEN near.first AND near.last
        AND id <= %(last)s AND created_at <= %(at)s ORDER BY id DESC LIMIT 1) t
     ORDER BY near.first DESC LIMIT 1)
    ORDER BY id DESC LIMIT 1
"""
_FIRST: Final = """
    SELECT coalesce(
        (SELECT min(first) FROM ledger_seal
         WHERE log = 'transfers' AND latest >= %(since)s),
        (SELECT max(last) + 1 FROM ledger_seal WHERE log = 'transfers'), 1)
"""
