"""A naive exchange of one market, written for obviousness, that tests compare with ours.

It knows nothing of the real engine. Books are lists that are sorted anew on every step,
nothing is remembered that can be counted again, and what is held is the sum of what the
live orders need. docs/orders.md is the rule book that it follows.
"""

from matching.tests.twin.exchange import Twin
from matching.tests.twin.state import TwinOrder

__all__ = ["Twin", "TwinOrder"]
