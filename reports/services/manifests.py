"""A file and its manifest: what was asked, what came out, and by what it can be proven."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.signing import BadSignature, Signer

from ledger.moments import instant_text, parse_moment
from reports.catalogue import report_of
from reports.errors import ManifestUnreadable
from reports.formats import Format, Sink
from reports.formats.sink import Out
from reports.selectors import read_params, seal_of
from reports.table import JOURNALS, LATEST, Params, Report

#: What this form of the manifest is called.
KIND: Final = "fairbook manifest 1"
_SIGNER: Final = "reports.manifest"


@dataclass(frozen=True, slots=True)
class Manifest:
    """facts  what the JSON says; it can be kept as JSON anywhere and comes back the same"""

    facts: Mapping[str, Any]

    @property
    def rows(self) -> int:
        return int(self.facts["rows"])

    @property
    def bytes(self) -> int:
        return int(self.facts["bytes"])

    @property
    def sha256(self) -> str:
        return str(self.facts["sha256"])

    @property
    def text(self) -> str:
        """As it is written beside the file."""
        return json.dumps(self.facts, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def is_ours(self) -> bool:
        """Whether this exchange signed it as it is."""
        signature = self.facts.get("signature", "")
        try:
            Signer(salt=_SIGNER).unsign(f"{_canonical(self.facts)}:{signature}")
        except BadSignature:
            return False
        return True


def read_manifest(*, text: str) -> Manifest:
    """raises  ManifestUnreadable"""
    try:
        facts = json.loads(text)
    except ValueError as broken:
        raise ManifestUnreadable("It is not JSON.") from broken
    if not isinstance(facts, dict) or facts.get("manifest") != KIND:
        raise ManifestUnreadable(f"It does not say that it is a {KIND}.")
    if missing := sorted(_FIELDS - facts.keys()):
        raise ManifestUnreadable(f"It lacks {', '.join(missing)}.")
    return Manifest(facts)


_FIELDS: Final = frozenset({
    "report", "parameters", "cut", "format", "rows", "bytes", "sha256", "signature",
})  # fmt: skip


def write_report(
    *,
    out: Out,
    report: Report,
    params: Params,
    form: Format,
    made_by: str,
    now: datetime,
    heard: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write a report, and say what was written.

    out      takes the bytes: a file, opened to write them
    made_by  a name of who asked, for people
    heard    is told the rows so far, time and again; it may raise to end it
    raises   InvalidParameter when the format cannot have these parameters
    """
    form.expect(params)
    sink = Sink(out, heard=heard)
    form.write(sink, report, params)
    seal = seal_of(params)
    facts = {
        "manifest": KIND,
        "report": report.name,
        "title": report.title,
        "parameters": dict(params.said),
        "cut": str(params.cut),
        "seal": seal and {"log": seal.log, "number": seal.number, "sha256": seal.sha256},
        "format": form.name,
        "columns": []
        if form.name in JOURNALS
        else [column.name for column in report.columns(params)],
        "rows": sink.rows,
        "bytes": sink.bytes,
        "sha256": sink.sha256,
        "software": settings.SOFTWARE,
        "made_by": made_by,
        "made_at": instant_text(now),
    }
    signature = Signer(salt=_SIGNER).signature(_canonical(facts))
    return Manifest({**facts, "signature": signature})


def pinned(*, report: str, said: Mapping[str, str], cut: str) -> tuple[Report, Params]:
    """A report and its parameters, at a cut that was pinned before.

    cut     a moment, as ledger.moments writes it
    raises  UnknownReport, InvalidParameter and its like, InvalidMoment
    """
    moment = parse_moment(cut)
    found = report_of(report)
    # A cut by a transfer alone has all up to it, whenever that is looked at.
    params = read_params(report=found, said=said, now=moment.at or LATEST)
    return found, replace(params, cut=moment)


def _canonical(facts: Mapping[str, Any]) -> str:
    unsigned = {name: fact for name, fact in facts.items() if name != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"))
