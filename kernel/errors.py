"""The error tree.

ExchangeError        something a caller may be told; has a stable `code`
  Invalid              what was sent is not well formed (HTTP 400)
    InvalidAmount        not a plain decimal string, or finer than its unit
    InvalidCursor        a list cannot go on from there
  Forbidden            whoever asks may not do this (HTTP 403)
  Refused              well formed, but a rule said no (HTTP 422)
  NotFound             no such thing, or not yours (HTTP 404)
  Conflict             the same key with another body, or a stale state (HTTP 409)
  Unavailable          not now; nothing was written; try again (HTTP 503)
    Busy                 too much is asked at this moment
InvariantBroken      our own books disagree: stop and call a person (HTTP 500)

Domain code never names an HTTP status; exchange/errors_api.py maps the branches. Each
`code` is public API and never changes; docs/errors.md lists them all (a test compares).
"""

from typing import ClassVar


class ExchangeError(Exception):
    """Base of all that a caller may be told.

    detail  one sentence for a person
    extra   fields for a machine, as JSON has them; amounts are decimal strings
    """

    code: ClassVar[str] = "exchange_error"
    title: ClassVar[str] = "The request could not be carried out."

    def __init__(self, detail: str = "", **extra: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class Invalid(ExchangeError):
    code = "invalid_request"
    title = "The request is not well formed."


class InvalidAmount(Invalid):
    code = "invalid_amount"
    title = "An amount is not a plain decimal string of the allowed precision."


class InvalidCursor(Invalid):
    code = "invalid_cursor"
    title = "This is not a cursor that a page of this list gave."


class Forbidden(ExchangeError):
    code = "permission_denied"
    title = "You may not do this."


class Refused(ExchangeError):
    code = "refused"
    title = "A rule of the exchange refuses this."


class NotFound(ExchangeError):
    code = "not_found"
    title = "There is no such thing, or it is not yours."


class Conflict(ExchangeError):
    code = "conflict"
    title = "This contradicts what was asked before."


class Unavailable(ExchangeError):
    code = "unavailable"
    title = "Not available at this moment; nothing was written. Try again."


class Busy(Unavailable):
    code = "busy"
    title = "Too much is asked at this moment; this was not accepted. Try again."


class InvariantBroken(Exception):
    """Our own books disagree. Never caught to carry on: stop and call a person."""
