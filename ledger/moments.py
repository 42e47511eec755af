"""A moment of the books: which transfers had happened, and which had not.

A transfer's time does not rise with its id, since several write at once; so a moment may
be given by either, or by both. A period is half open: what happened at its beginning is in
it, what happened at its end is not.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self

from kernel.units import BIGINT_MAX
from ledger.errors import InvalidMoment

#: What the database can tell apart; `just_before` is so much earlier.
TICK: Final = timedelta(microseconds=1)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_TRANSFER: Final = re.compile(r"transfer:(0|[1-9]\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A cut through the transfers: these have happened.

    at        created at or before it; None: whenever created
    transfer  with ids up to it; None: whatever id
    """

    at: datetime | None = None
    transfer: int | None = None

    @classmethod
    def just_before(cls, instant: datetime) -> Self:
        """All that happened before an instant, and not at it: how a period opens."""
        return cls(at=instant - TICK)

    def __str__(self) -> str:
        """What `parse_moment` reads."""
        said = [instant_text(self.at)] if self.at else []
        if self.transfer is not None:
            said.append(f"transfer:{self.transfer}")
        return ",".join(said)


def parse_moment(text: str) -> Moment:
    """Read a moment.

    text    an instant with its zone, `2026-11-21T12:00:00Z`; a day, `2026-11-21`: all of
            it, in UTC; `transfer:123`; or a time and a transfer with a comma between
    raises  InvalidMoment
    """
    parts = text.split(",")
    transfer = None
    if match := _TRANSFER.fullmatch(parts[-1]):
        transfer = int(match[1])
        parts.pop()
    if len(parts) > 1 or (not parts and transfer is None):
        raise InvalidMoment(given=text[:80])
    if transfer is not None and transfer > BIGINT_MAX:
        raise InvalidMoment(given=text[:80])
    try:
        return Moment(at=_end_of(parts[0]) if parts else None, transfer=transfer)
    except InvalidMoment:
        raise InvalidMoment(given=text[:80]) from None


def parse_period(since: str, until: str) -> tuple[datetime, datetime]:
    """Read a period: its first instant, and the first one after it.

    since   an instant, or a day: its beginning
    until   an instant, which is not in the period; or a day, which is in it as a whole
    raises  InvalidMoment, also when nothing lies between the two
    """
    begin, end = parse_since(since), parse_until(until)
    if begin >= end:
        raise InvalidMoment("A period ends after it begins.", given=f"{since} {until}"[:80])
    return begin, end


def parse_since(text: str) -> datetime:
    """The first instant of a period that begins at an instant or a day."""
    return _midnight(text) if _DAY.fullmatch(text) else _instant(text)


def parse_until(text: str) -> datetime:
    """The first instant after a period that ends at an instant, or with a day."""
    if not _DAY.fullmatch(text):
        return _instant(text)
    try:
        return _midnight(text) + timedelta(days=1)
    except OverflowError:
        raise InvalidMoment(given=text) from None


def instant_text(at: datetime) -> str:
    """An instant in UTC, to the microsecond, as reports and seals write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _end_of(text: str) -> datetime:
    return parse_until(text) - TICK if _DAY.fullmatch(text) else _instant(text)


def _midnight(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidMoment(given=text[:80]) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise InvalidMoment(given=text[:80])
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidMoment(given=text[:80]) from None
