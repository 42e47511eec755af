"""Which rows of a report an address asks for."""

import re
from typing import Final

from rest_framework.request import Request

from reports.errors import InvalidParameter
from reports.serializers import ROWS, ROWS_MAX

_AFTER_MAX: Final = 10**9


def page_of(request: Request) -> tuple[dict[str, str], int, int]:
    """The report's own parameters, how many rows to pass over, and how many to tell.

    raises  InvalidParameter
    """
    query = request.query_params
    for name, values in query.lists():
        if len(values) > 1:
            raise InvalidParameter(f"{name[:40]}: give it once.", parameter=name[:40])
    said = query.dict()
    after = _whole("after", said.pop("after", "0"), 0, _AFTER_MAX)
    limit = _whole("limit", said.pop("limit", str(ROWS)), 1, ROWS_MAX)
    return said, after, limit


def _whole(name: str, text: str, least: int, most: int) -> int:
    number = int(text) if re.fullmatch("[0-9]{1,10}", text, re.ASCII) else -1
    if not least <= number <= most:
        raise InvalidParameter(
            f"{name}: a whole number from {least} to {most}.", parameter=name
        )
    return number
