"""How reports look on the staff's pages: cells that lead on, totals, and a form to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import staff_of
from ledger.models import AccountKind
from ledger.selectors import assets
from orders.commands import SEQUENCE_BITS
from orders.selectors.markets import markets
from reports.formats import FORMATS
from reports.selectors import METHODS, PARAMETERS, THINGS, Answer, Listing, Total
from reports.table import Column, Params, Report


@dataclass(frozen=True, slots=True)
class Cell:
    """full  what the mouse reads where `text` is shortened"""

    text: str | SafeString
    kind: str
    address: str = ""
    full: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a page's table: `total` is one of sums, `first` begins a group."""

    cells: Sequence[Cell]
    look: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    heads: Sequence[Cell]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of the form.

    choices  empty for free text
    unset    what the choice of none is called
    """

    name: str
    title: str
    hint: str
    value: str
    choices: Sequence[str]
    unset: str
    is_needed: bool


# Tables -----------------------------------------------------------------------------------


def grid_of(answer: Answer) -> Grid:
    """The table of a report: totals stand below what they are of."""
    columns, shown = answer.columns, _shown(answer.columns)
    names = [column.name for column in columns]
    heads = [Cell(column.title, column.kind) for column in shown]
    is_grouped = bool(names) and names[0] == answer.report.per
    totals = {it.of: it for it in answer.totals}
    lines: list[Line] = []
    group: str | None = None
    for row in answer.rows:
        told = dict(zip(names, row, strict=True))
        look = ""
        if is_grouped and row[0] != group:
            if group in totals:
                lines.append(_total(totals.pop(group), shown))
            group, look = row[0], "first"
        lines.append(Line([_cell(it, told, answer.params) for it in shown], look))
    if answer.is_all:
        lines.extend(_total(it, shown) for it in totals.values())
    return Grid(heads, lines)


def grid_of_listing(listing: Listing) -> Grid:
    """The table of a list of things that are traced."""
    shown = _shown(listing.columns)
    names = [column.name for column in listing.columns]
    rows = [dict(zip(names, row, strict=True)) for row in listing.rows]
    lines = [Line([_cell(it, told, None) for it in shown]) for told in rows]
    return Grid([Cell(column.title, column.kind) for column in shown], lines)


def _shown(columns: Sequence[Column]) -> list[Column]:
    """Without what a page leaves out, and the ids that a named cell leads to anyway."""
    keys = {column.key for column in columns}
    return [it for it in columns if it.on_page and it.name not in keys]


def _total(total: Total, columns: Sequence[Column]) -> Line:
    cells = [
        Cell(_grouped(total.cells[it.name]), it.kind)
        if total.cells.get(it.name)
        else Cell("", it.kind)
        for it in columns
    ]
    cells[0] = Cell(f"Total {total.of}" if total.of else "Total of all", "text")
    return Line(cells, "total")


def _cell(column: Column, told: Mapping[str, str], params: Params | None) -> Cell:
    text = told[column.name]
    address = address_of(column, told, params) if text else ""
    if column.kind == "rate":
        return Cell(_short(text), column.kind, address, text)
    if column.is_number:
        return Cell(_grouped(text), column.kind, address)
    if address and (column.link == "trade" or text.startswith("trade ")):
        return Cell(_trade(text), column.kind, address, text)
    if column.kind == "instant":
        return Cell(text[:19].replace("T", " "), column.kind, address, text)
    return Cell(
        text.replace("_", " ") if column.name == "what" else text, column.kind, address
    )


def _short(rate: str) -> str:
    """Thousands apart, without the zeros at the end: prices are not added up."""
    whole, _, fraction = rate.partition(".")
    apart = f"{int(whole):,}" if whole.isdecimal() else whole
    told = fraction.rstrip("0")
    return f"{apart}.{told}" if told else apart


def _trade(text: str) -> str:
    """By its number in its market: the id, which has both, is long."""
    words = text.split(" ")
    return " ".join([*words[:-1], str(int(words[-1]) & _NUMBER)])


_NUMBER: Final = (1 << SEQUENCE_BITS) - 1


def _grouped(number: str) -> str | SafeString:
    """Thousands apart, and the zeros at the end in the background."""
    whole, point, fraction = number.partition(".")
    digits = whole.lstrip("-")
    if not digits.isdecimal():
        return number
    apart = f"{whole[: len(whole) - len(digits)]}{int(digits):,}"
    told = fraction.rstrip("0")
    zeros = fraction[len(told) :]
    if not point:
        return apart
    if not told:
        return format_html('{}<span class="zeros">.{}</span>', apart, zeros)
    return format_html('{}.{}<span class="zeros">{}</span>', apart, told, zeros)


# Where things lead ------------------------------------------------------------------------


def address_of(column: Column, told: Mapping[str, str], params: Params | None) -> str:
    """Where a cell leads: a figure to the report behind it, a thing to its own page."""
    if column.link is None:
        return ""
    key = told[column.key] if column.key else told[column.name]
    if column.link == "account" and not key and "kind" in told and params:
        return report_address(
            "accounts", {"asset": told["asset"], "kind": told["kind"]} | _as_of(params)
        )
    if not key:
        return ""
    if column.is_number and params:
        return _report_behind(column, key, told, params)
    return thing_address(key if column.link == "reference" else f"{column.link} {key}")


def _report_behind(
    column: Column, key: str, told: Mapping[str, str], params: Params
) -> str:
    if column.link == "user":
        asset = {"asset": told["asset"]} if "asset" in told else {}
        return report_address("customer_statement", {"user": key} | asset | _as_of(params))
    period = {name: params.said[name] for name in ("from", "to") if name in params.said}
    if day := told.get("day"):
        period = {"from": day, "to": day}
    return report_address("general_ledger", {"account": key} | period | _as_of(params))


def _as_of(params: Params) -> dict[str, str]:
    """The same cut, so that the figure is found again."""
    return {"as_of": str(params.cut)}


def thing_address(leads_to: str) -> str:
    """Of "trade 17"; empty for what cannot be traced."""
    thing, _, key = leads_to.partition(" ")
    return reverse("reports_trace", args=[thing, key]) if thing in THINGS and key else ""


def report_address(name: str, said: Mapping[str, str]) -> str:
    address = reverse("reports_report", args=[name])
    return f"{address}?{urlencode(said)}" if said else address


# The form ---------------------------------------------------------------------------------


def fields_of(report: Report, said: Mapping[str, str]) -> list[Field]:
    """The parameters of a report, as a form asks for them."""
    return [
        Field(
            name=name,
            title=parameter.title,
            hint=parameter.hint,
            value=said.get(name, ""),
            choices=_choices(name),
            unset=_UNSET.get(name, "all"),
            is_needed=name in report.needs,
        )
        for name, parameter in PARAMETERS.items()
        if name in report.takes
    ]


def _choices(name: str) -> list[str]:
    if name in ("asset", "currency"):
        return [it.code for it in assets()]
    if name == "market":
        return [it.symbol for it in markets()]
    if name == "kind":
        return [str(it) for it in AccountKind.values]
    return METHODS[1:] if name == "method" else []


#: What it means to choose nothing, where that is not all.
_UNSET: Final = {"currency": "no currency", "method": METHODS[0]}


def shortcuts(
    report: Report, said: Mapping[str, str], now: datetime
) -> list[tuple[str, str]]:
    """Usual periods, or usual instants, as (words, address)."""
    usual = _periods(now) if "from" in report.takes else _instants(now)
    kept = {name: text for name, text in said.items() if name not in _TIMES and text}
    return [(words, report_address(report.name, kept | times)) for words, times in usual]


_TIMES: Final = ("from", "to", "as_of")


def _periods(now: datetime) -> list[tuple[str, dict[str, str]]]:
    today = now.date()
    month = today.replace(day=1)
    last_end = month - timedelta(days=1)
    return [
        ("Today", _between(today, today)),
        ("Yesterday", _between(*[today - timedelta(days=1)] * 2)),
        ("This month", _between(month, today)),
        ("Last month", _between(last_end.replace(day=1), last_end)),
        ("This year", _between(today.replace(month=1, day=1), today)),
        ("All", {}),
    ]


def _between(first: object, last: object) -> dict[str, str]:
    return {"from": str(first), "to": str(last)}


def _instants(now: datetime) -> list[tuple[str, dict[str, str]]]:
    today = now.date()
    ends = {
        "Yesterday": today - timedelta(days=1),
        "End of last month": today.replace(day=1) - timedelta(days=1),
        "End of last year": today.replace(month=1, day=1) - timedelta(days=1),
    }
    return [("Now", {}), *((words, {"as_of": str(day)}) for words, day in ends.items())]


# Rights and downloads ---------------------------------------------------------------------

RIGHT: Final = "reports.view_report"


def expect_right(request: HttpRequest) -> None:
    """raises  PermissionDenied for those who may not read reports"""
    if not staff_of(request).has_perm(RIGHT):
        raise PermissionDenied


def formats_of(report: Report) -> list[tuple[str, str]]:
    """(name, title) of the formats that a report can be had in."""
    return [(it.name, it.title) for it in FORMATS.values() if it.fits(report)]
