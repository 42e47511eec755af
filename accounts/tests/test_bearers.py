"""Tokens that were verified once are trusted for a moment, and no longer."""

import asyncio
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.authentication import LOOK_SECONDS, TRUST_SECONDS, Bearers
from accounts.models import User
from tests.stories import person

HOUR = 3600


class Clocks:
    """The wall clock and the pace, moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def pace(self) -> float:
        return self.passed

    def now(self) -> float:
        return time.time() + self.passed


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def bearers(committed_db, clocks: Clocks) -> Bearers:
    return Bearers(limit=3, now=clocks.now, pace=clocks.pace)


def header_of(user: User, *, lifetime: int = HOUR) -> bytes:
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=timedelta(seconds=lifetime))
    return f"Bearer {token}".encode()


def test_a_token_is_verified_once_and_then_remembered(bearers):
    alice = person("alice")
    header = header_of(alice)

    before = bearers.remembered(header)
    verified = asyncio.run(bearers.verified(header))

    assert (before, verified, bearers.remembered(header)) == (None, alice.pk, alice.pk)


@pytest.mark.parametrize(
    "header",
    [b"", b"Bearer", b"Bearer nonsense", b"Basic YTpi", b"Bearer a b", b"\xff\xfe"],
)
def test_what_is_no_token_is_nobodys(bearers, header: bytes):
    assert asyncio.run(bearers.verified(header)) is None
    assert len(bearers) == 0


def test_a_token_of_another_kind_or_of_a_closed_user_is_nobodys(bearers):
    alice, closed = person("alice"), person("closed")
    header = header_of(closed)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    spoiled = header_of(alice)[:-2] + b"AA"

    async def verify() -> list[int | None]:
        return [await bearers.verified(it) for it in (header, spoiled)]

    assert asyncio.run(verify()) == [None, None]
    assert len(bearers) == 0


def test_a_token_that_has_expired_is_forgotten(bearers, clocks):
    header = header_of(person("alice"), lifetime=60)
    asyncio.run(bearers.verified(header))

    clocks.passed = 61
    bearers._looked = clocks.passed  # the users have just been looked up

    assert bearers.remembered(header) is None
    assert len(bearers) == 0


def test_who_was_not_seen_for_longest_is_forgotten(bearers):
    headers = [header_of(person(name)) for name in ("a", "b", "c", "d")]

    async def come() -> None:
        for header in headers[:3]:
            await bearers.verified(header)
        bearers.remembered(headers[0])
        await bearers.verified(headers[3])

    asyncio.run(come())

    assert [bearers.remembered(it) is not None for it in headers] == [
        True,
        False,
        True,
        True,
    ]
    assert len(bearers) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(password="another"),
        lambda user: User.objects.filter(pk=user.pk).delete(),
    ],
    ids=["closed", "another password", "gone"],
)
def test_who_may_not_come_in_any_more_is_found_at_the_next_look(bearers, clocks, change):
    alice, bob = person("alice"), person("bob")
    headers = [header_of(alice), header_of(bob)]

    async def come() -> list[int | None]:
        for header in headers:
            await bearers.verified(header)
        await asyncio.to_thread(change, alice)
        clocks.passed = LOOK_SECONDS + 1
        seen = [bearers.remembered(it) for it in headers]  # this sets the look off
        await bearers._look
        return seen + [bearers.remembered(it) for it in headers]

    assert asyncio.run(come()) == [alice.pk, bob.pk, None, bob.pk]


def test_nobody_is_trusted_for_longer_than_that_without_a_look(bearers, clocks):
    header = header_of(person("alice"))

    async def come() -> tuple[int | None, int | None]:
        await bearers.verified(header)
        clocks.passed = TRUST_SECONDS + 1
        return bearers.remembered(header), await bearers.verified(header)

    assert asyncio.run(come()) == (None, person("alice").pk)


class CutOff(Bearers):
    """Those of a process that cannot reach the database."""

    async def look(self) -> None:
        raise OperationalError("the database is away")


def test_while_the_users_cannot_be_looked_up_nobody_is_trusted(committed_db, clocks):
    bearers = CutOff(now=clocks.now, pace=clocks.pace)
    header = header_of(person("alice"))

    async def come() -> int | None:
        await bearers.verified(header)
        clocks.passed = LOOK_SECONDS + 1
        bearers.remembered(header)
        await bearers._look
        clocks.passed = TRUST_SECONDS + 1
        return bearers.remembered(header)

    assert asyncio.run(come()) is None
