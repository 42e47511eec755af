"""How a report is written down: a module for each format."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from reports.errors import InvalidParameter, UnknownFormat
from reports.formats.csv_file import write_csv
from reports.formats.html_file import write_html
from reports.formats.journals import DIALECTS, write_cut, write_journal
from reports.formats.json_file import write_json
from reports.formats.sink import Sink
from reports.formats.xlsx_file import write_xlsx
from reports.table import Params, Report

__all__ = ["DIALECTS", "FORMATS", "Format", "Sink", "format_of", "write_journal"]


def _anything(_: Params) -> None:
    """Whatever is asked can be written."""


@dataclass(frozen=True, slots=True)
class Format:
    """suffix        of its files
    content_type  of its answers
    write         all of a report, in constant memory
    expect        raises InvalidParameter when it cannot be had with these parameters
    """

    name: str
    title: str
    suffix: str
    content_type: str
    write: Callable[[Sink, Report, Params], None]
    expect: Callable[[Params], None] = _anything

    def fits(self, report: Report) -> bool:
        """Whether a report can be had in it."""
        return self.name in report.formats


def _whole_books(params: Params) -> None:
    if params.user_id is not None:
        raise InvalidParameter(
            "user: these journals are of all accounts, since each transaction has two "
            "sides. Leave it out, or take another format.",
            parameter="user",
        )


def _write_journal(dialect: str, sink: Sink, _: Report, params: Params) -> None:
    _whole_books(params)
    write_cut(sink, DIALECTS[dialect], params.arguments)


_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: By their names.
FORMATS: Final[Mapping[str, Format]] = {
    it.name: it
    for it in (
        Format("csv", "CSV", "csv", "text/csv; charset=utf-8", write_csv),
        Format("xlsx", "Excel", "xlsx", _XLSX, write_xlsx),
        Format("json", "JSON", "json", "application/json", write_json),
        Format("html", "Printable page", "html", "text/html; charset=utf-8", write_html),
        *(
            Format(
                it.name,
                it.title,
                it.suffix,
                "text/plain; charset=utf-8",
                partial(_write_journal, it.name),
                _whole_books,
            )
            for it in DIALECTS.values()
        ),
    )
}


def format_of(*, name: str, report: Report) -> Format:
    """raises  UnknownFormat when the report cannot be had in it"""
    if name not in FORMATS or not FORMATS[name].fits(report):
        there = ", ".join(it.name for it in FORMATS.values() if it.fits(report))
        raise UnknownFormat(
            f"The report {report.name} cannot be had as {name[:40]!r}, but as {there}."
        )
    return FORMATS[name]
