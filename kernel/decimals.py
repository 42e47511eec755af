"""Decimal strings at the edge, integers inside. Nothing is ever rounded.

The accepted grammar is smaller than Python's or DRF's on purpose: both let through
full-width digits, underscores, blanks, exponents and `-0` (OWASP ASVS 5.0, 2.2.1).
"""

import re
from functools import lru_cache
from typing import Final

from kernel.errors import InvalidAmount
from kernel.units import BIGINT_MAX

#: At most 19 + 18 ASCII digits, no sign, no exponent, no leading zeros: "0.25", "17".
DECIMAL: Final = re.compile(r"(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,18}))?", re.ASCII)


def parse_decimal(text: object, *, scale: int) -> int:
    """Read a decimal string as a count of 10^-scale units.

    text    what the client sent; only `str` is taken, a JSON number is refused
    scale   how many decimals the unit has, 0 to 18; trailing zeros beyond it are fine
    raises  InvalidAmount when it is not a plain decimal, is finer than the unit, or
            does not fit a bigint
    """
    if not isinstance(text, str):
        raise InvalidAmount('Send amounts as decimal strings, for example "0.25".')
    return _parse(text, scale)


@lru_cache(maxsize=8_192)
def _parse(text: str, scale: int) -> int:
    match = DECIMAL.fullmatch(text)
    if match is None:
        raise InvalidAmount('Not a plain decimal number such as "0.25".')
    whole, fraction = match.group(1), (match.group(2) or "").rstrip("0")
    if len(fraction) > scale:
        raise InvalidAmount(f"At most {scale} decimals are allowed here.")
    units = int(whole + fraction.ljust(scale, "0"))
    if units > BIGINT_MAX:
        raise InvalidAmount("The number is too large.")
    return units


# The same figures come again and again: nothing, whole lots, the prices of a book. Of what
# is read they are kept as well; what is refused is not.
@lru_cache(maxsize=8_192)
def format_decimal(units: int, *, scale: int) -> str:
    """Write a count of 10^-scale units as a decimal string with all `scale` decimals."""
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits
