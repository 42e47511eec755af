"""What a customer gained by parting with something: first in, first out, or average cost.

Pure. Quantities are atoms of an asset, costs and proceeds atoms of the reporting currency;
both are integers, and no atom of either is lost: what was paid for everything is what the
sold part has cost plus what the rest has cost.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Generic, NamedTuple, Protocol, TypeVar

from kernel.errors import InvariantBroken

Fact = TypeVar("Fact")


class Method(StrEnum):
    """Which part of what one has is parted with."""

    FIFO = "fifo"
    AVERAGE = "average"


class Kind(StrEnum):
    """What happened to somebody's stock of an asset.

    GOT      it came: bought, deposited, given by the house
    SOLD     it went for something else: a gain or a loss
    LEFT     it went without a price: withdrawn, taken back. Its cost goes along; nothing
             is gained
    """

    GOT = "got"
    SOLD = "sold"
    LEFT = "left"


class Step(NamedTuple, Generic[Fact]):
    """One change of the stock.

    quantity  atoms of the asset, more than zero, after fees
    value     currency atoms: what it has cost, fees included, or what was received for it
              after fees; 0 for what left
    fact      what the caller knows it by
    """

    kind: Kind
    quantity: int
    value: int
    fact: Fact


class Part(NamedTuple, Generic[Fact]):
    """A part of the stock that goes, with its cost; and how it came, if in one way."""

    quantity: int
    cost: int
    came: Fact | None


class Realised(NamedTuple, Generic[Fact]):
    """A part that went. `proceeds` of what left is what it has cost: no gain, no loss."""

    went: Fact
    came: Fact | None
    quantity: int
    proceeds: int
    cost: int

    @property
    def gain(self) -> int:
        """Currency atoms; below zero it is a loss."""
        return self.proceeds - self.cost


class Stock(Protocol[Fact]):
    """What one customer has of one asset, and what it has cost."""

    quantity: int
    cost: int

    def add(self, quantity: int, cost: int, came: Fact) -> None:
        """Put something in."""

    def take(self, quantity: int) -> Iterator[Part[Fact]]:
        """Take out so much; never more than is there."""


class _Lot(Generic[Fact]):
    __slots__ = ("came", "cost", "quantity", "taken")

    def __init__(self, quantity: int, cost: int, came: Fact) -> None:
        self.quantity, self.cost, self.came, self.taken = quantity, cost, came, 0


class FirstInFirstOut(Generic[Fact]):
    """What came first goes first."""

    def __init__(self) -> None:
        self.quantity = self.cost = 0
        self._lots: deque[_Lot[Fact]] = deque()

    def add(self, quantity: int, cost: int, came: Fact) -> None:
        """Put something in."""
        self.quantity += quantity
        self.cost += cost
        self._lots.append(_Lot(quantity, cost, came))

    def take(self, quantity: int) -> Iterator[Part[Fact]]:
        """Take out so much, the oldest lots first.

        The first k atoms of a lot have cost its k-th share, rounded down, whether they go
        together or one by one.
        """
        self.quantity -= quantity
        while quantity:
            lot = self._lots[0]
            part = min(quantity, lot.quantity - lot.taken)
            cost = share(lot.cost, lot.taken, part, lot.quantity)
            lot.taken += part
            quantity -= part
            self.cost -= cost
            if lot.taken == lot.quantity:
                self._lots.popleft()
            yield Part(part, cost, lot.came)


class AverageCost(Generic[Fact]):
    """Every atom has cost the same; what is rounded down stays with the rest."""

    def __init__(self) -> None:
        self.quantity = self.cost = 0

    def add(self, quantity: int, cost: int, came: Fact) -> None:
        """Put something in; when it came is forgotten."""
        self.quantity += quantity
        self.cost += cost

    def take(self, quantity: int) -> Iterator[Part[Fact]]:
        """Take out so much, at the average."""
        cost = share(self.cost, 0, quantity, self.quantity)
        self.quantity -= quantity
        self.cost -= cost
        yield Part(quantity, cost, None)


def share(whole: int, before: int, part: int, of: int) -> int:
    """What `part` of `of` gets of `whole`, when `before` of it were served already.

    Rounded down; those who are served one after the other get the whole together.
    """
    return whole * (before + part) // of - whole * before // of


def stock(method: Method) -> Stock[Fact]:
    """An empty stock that is left by this method."""
    return FirstInFirstOut() if method is Method.FIFO else AverageCost()


def realise(held: Stock[Fact], step: Step[Fact]) -> Iterator[Realised[Fact]]:
    """Let a step happen to the stock, and tell what went by it.

    raises  InvariantBroken when more goes than is there, which the ledger rules out
    """
    if step.kind is Kind.GOT:
        held.add(step.quantity, step.value, step.fact)
        return
    if step.quantity > held.quantity:
        raise InvariantBroken(f"{step.fact}: {step.quantity} go, {held.quantity} are there")
    served = 0
    for part in held.take(step.quantity):
        proceeds = (
            part.cost
            if step.kind is Kind.LEFT
            else share(step.value, served, part.quantity, step.quantity)
        )
        served += part.quantity
        yield Realised(step.fact, part.came, part.quantity, proceeds, part.cost)


def gains(steps: Iterable[Step[Fact]], method: Method) -> Iterator[Realised[Fact]]:
    """All that went of one asset of one customer, in the order of the steps."""
    held: Stock[Fact] = stock(method)
    for step in steps:
        yield from realise(held, step)
