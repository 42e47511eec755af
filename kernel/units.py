"""Money and order sizes are integers; the unit is in the type.

Atoms  an amount: a count of 10^-scale of an asset (its smallest unit)
Ticks  a price: a count of the market's price steps
Lots   a quantity: a count of the market's quantity steps
Ppm    a rate: parts per million (1_000 ppm = 0.1 %)
"""

from typing import NewType

Atoms = NewType("Atoms", int)
Ticks = NewType("Ticks", int)
Lots = NewType("Lots", int)
Ppm = NewType("Ppm", int)

#: The largest value of PostgreSQL's bigint. No amount, price or quantity may pass it.
BIGINT_MAX = 2**63 - 1
