"""Is a file still the one that was made, and do the books still say the same?"""

import hashlib
from dataclasses import dataclass
from typing import Final, Protocol

from kernel.errors import ExchangeError
from ledger.models import Seal
from reports.formats import Sink, format_of
from reports.selectors import seal_of
from reports.services.manifests import Manifest, pinned
from reports.table import Params, Report

_CHUNK: Final = 1 << 20


class Readable(Protocol):
    """A file opened to read bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many."""


@dataclass(frozen=True, slots=True)
class Check:
    """is_good  None: it could not be looked at"""

    name: str
    is_good: bool | None
    told: str


def _good(name: str, told: str) -> Check:
    return Check(name, is_good=True, told=told)


def _bad(name: str, told: str) -> Check:
    return Check(name, is_good=False, told=told)


def _unknown(name: str, told: str) -> Check:
    return Check(name, is_good=None, told=told)


class _Nowhere:
    """Where the bytes go when only their hash counts."""

    def write(self, _: bytes) -> None:
        """Forget them."""


def verify_manifest(*, manifest: Manifest, file: Readable | None) -> list[Check]:
    """Look at a manifest, its file, its seal, and at what the books say today.

    file     the file that it came with; None: only the rest is looked at
    returns  each check; all is well if none is bad
    """
    checks = [_signed(manifest)]
    if file is not None:
        checks.append(_unchanged(manifest, file))
    return [*checks, _sealed(manifest), _same_again(manifest)]


def _signed(manifest: Manifest) -> Check:
    if manifest.is_ours():
        return _good("manifest", "as this exchange signed it")
    return _bad("manifest", "not as this exchange signed it")


def _unchanged(manifest: Manifest, file: Readable) -> Check:
    digest, size = hashlib.sha256(), 0
    while data := file.read(_CHUNK):
        digest.update(data)
        size += len(data)
    if (size, digest.hexdigest()) == (manifest.bytes, manifest.sha256):
        return _good("file", f"unchanged: {size} bytes, SHA-256 {manifest.sha256}")
    return _bad(
        "file",
        f"changed: {size} bytes, SHA-256 {digest.hexdigest()}; made were "
        f"{manifest.bytes} bytes, SHA-256 {manifest.sha256}",
    )


def _sealed(manifest: Manifest) -> Check:
    then = manifest.facts.get("seal")
    if then is None:
        return _sealed_since(manifest)
    seal = Seal.objects.filter(log=then["log"], number=then["number"]).first()
    if seal is not None and seal.sha256 == then["sha256"]:
        return _good("seal", f"{seal} is {seal.sha256}")
    return _bad("seal", f"seal {then['number']} of {then['log']} is another one")


def _sealed_since(manifest: Manifest) -> Check:
    try:
        _, params = _asked(manifest)
    except ExchangeError as refused:
        return _unknown("seal", refused.detail)
    if not params.cut.transfer:
        return _unknown("seal", "no transfer is covered, so none is sealed")
    seal = seal_of(params)
    told = f"covered by {seal} since" if seal else "not sealed yet"
    return _unknown("seal", f"it was made before its last transfer was sealed; {told}")


def _same_again(manifest: Manifest) -> Check:
    """Write it once more."""
    try:
        report, params = _asked(manifest)
        form = format_of(name=manifest.facts["format"], report=report)
        sink = Sink(_Nowhere())
        form.write(sink, report, params)
    except ExchangeError as refused:
        return _bad("books", f"it cannot be made any more: {refused.detail}")
    if sink.sha256 == manifest.sha256:
        return _good("books", f"say the same: {sink.rows} rows")
    return _bad(
        "books",
        f"say something else: {sink.rows} rows, {sink.bytes} bytes, SHA-256 "
        f"{sink.sha256}; then {manifest.rows} rows, {manifest.bytes} bytes, SHA-256 "
        f"{manifest.sha256}",
    )


def _asked(manifest: Manifest) -> tuple[Report, Params]:
    facts = manifest.facts
    return pinned(report=facts["report"], said=facts["parameters"], cut=facts["cut"])
