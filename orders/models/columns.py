"""Columns that the tables of this app share."""

from django.db import models


def choices(enum: type) -> list[tuple[int, str]]:
    return [(member.value, member.name.lower()) for member in enum]  # type: ignore[attr-defined]


def hot(to: str | type[models.Model]) -> "models.ForeignKey[models.Model, models.Model]":
    """A reference without a constraint or an index, for tables written by COPY."""
    return models.ForeignKey(
        to, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
