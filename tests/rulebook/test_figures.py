"""The API gives the figures of a story in the units that the rule book says."""

from orders.commands import EventKind, Reason
from orders.serializers.figures import HELD, UNIT_OF_KIND, UNIT_OF_REASON
from tests.architecture import house
from tests.rulebook.telling import Units, units_of

PAGE = (house.ROOT / "docs/orders.md").read_text(encoding="utf-8")
IN_WORDS = {HELD: "amount"}


def test_the_api_and_the_rule_book_give_the_same_units():
    told = {name: of for name, of in units_of(PAGE).items() if of != Units("", "")}
    given = {
        **{Reason(it).name.lower(): unit for it, unit in UNIT_OF_REASON.items()},
        **{EventKind(it).name.lower(): unit for it, unit in UNIT_OF_KIND.items()},
    }

    assert told == {
        name: Units(*[IN_WORDS.get(unit, unit)] * 2) for name, unit in given.items()
    }
