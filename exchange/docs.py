"""docs/errors.md as a page: what the `type` of a problem points at."""

import re
from typing import Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.env import PROJECT

_ROW: Final = re.compile(r"\| `(\w+)` \| (\d{3}) \| (.+) \| (.+) \|")


class DocumentedCode(NamedTuple):
    code: str
    status: int
    meaning: str
    remedy: str


def documented_codes() -> list[DocumentedCode]:
    """The rows of the table in docs/errors.md."""
    text = (PROJECT / "docs" / "errors.md").read_text(encoding="utf-8")
    return [
        DocumentedCode(code, int(status), meaning, remedy)
        for code, status, meaning, remedy in _ROW.findall(text)
    ]


@require_safe
def error_codes(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/errors.html", {"codes": documented_codes()})
