"""What the house may book by itself, and between which accounts. Pure.

What it earns by fees stays in the accounts of the fees, by market.

The database knows the same table (`bookkeeping_booking_accounts`); a test compares them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class BookingKind(StrEnum):
    CAPITAL_IN = "capital in"
    CAPITAL_OUT = "capital out"
    NETWORK_FEE = "network fee"
    PROMOTION_FUNDED = "promotion funded"
    PROMOTION_PAID = "promotion paid"
    UNKNOWN_ARRIVAL = "unknown arrival"
    SUSPENSE_ASSIGNED = "suspense assigned"
    SUSPENSE_RETURNED = "suspense returned"


class Ends(NamedTuple):
    """Kinds of ledger accounts. `available` is the customer's; all else is the house's."""

    debit: str
    credit: str


ENDS: Final[Mapping[BookingKind, Ends]] = {
    BookingKind.CAPITAL_IN: Ends("custody", "capital"),
    BookingKind.CAPITAL_OUT: Ends("capital", "custody"),
    BookingKind.NETWORK_FEE: Ends("network_fees", "custody"),
    BookingKind.PROMOTION_FUNDED: Ends("capital", "promotions"),
    BookingKind.PROMOTION_PAID: Ends("promotions", "available"),
    BookingKind.UNKNOWN_ARRIVAL: Ends("custody", "suspense"),
    BookingKind.SUSPENSE_ASSIGNED: Ends("suspense", "available"),
    BookingKind.SUSPENSE_RETURNED: Ends("suspense", "custody"),
}
#: What a customer gets something by.
TO_CUSTOMERS: Final = frozenset(
    kind for kind, ends in ENDS.items() if ends.credit == "available"
)
