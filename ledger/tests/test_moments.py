"""A moment is read strictly, and written so that it is read again."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.units import BIGINT_MAX
from ledger.errors import InvalidMoment
from ledger.moments import Moment, parse_moment, parse_period

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T12:00:00Z", Moment(NOON)),
        ("2026-11-21T12:00Z", Moment(NOON)),
        ("2026-11-21T13:00:00+01:00", Moment(NOON)),
        ("2026-11-21T12:00:00.000001Z", Moment(NOON + TICK)),
        ("2026-11-21", Moment(MIDNIGHT - TICK)),
        ("transfer:123", Moment(transfer=123)),
        ("transfer:0", Moment(transfer=0)),
        ("2026-11-21T12:00:00Z,transfer:123", Moment(NOON, 123)),
    ],
)
def test_a_moment_is_an_instant_a_day_a_transfer_or_both(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "", ",", "now", "2026-11-21T12:00:00", "2026-11-21 12:00:00Z", "2026-02-30",
        "2026-11-21T25:00:00Z", "20261121", "2026-W47", "transfer:", "transfer:-1",
        "transfer:01", "transfer:9223372036854775808", "transfer:1,transfer:2",
        "transfer:1,2026-11-21", "2026-11-21,2026-11-22", "２０２６-11-21", "123",
        "9999-12-31", "0001-01-01T00:00:00+14:00", "2026-11-21T12:00:00.0000001Z",
        "2026-11-21T12:00:00Z\n",
    ],
)  # fmt: skip
def test_anything_else_is_no_moment(text):
    with pytest.raises(InvalidMoment) as refusal:
        parse_moment(text)

    assert refusal.value.extra == {"given": text}


@given(
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    transfer=st.none() | st.integers(0, BIGINT_MAX),
)
def test_what_is_written_is_read_again(at, transfer):
    moment = Moment(at, transfer)

    if (at, transfer) != (None, None):
        assert parse_moment(str(moment)) == moment


@given(st.text(max_size=40))
def test_no_text_is_more_than_refused(text):
    try:
        moment = parse_moment(text)
    except InvalidMoment:
        return
    assert moment != Moment()


def test_a_period_is_half_open():
    november = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

    assert parse_period("2026-11-01", "2026-11-30") == november
    assert parse_period("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z") == november
    assert Moment.just_before(november[0]) == Moment(november[0] - TICK)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-02", "2026-11-01"),
        ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("transfer:1", "transfer:2"),
        ("2026-11-01", ""),
    ],
)
def test_a_period_ends_after_it_begins(since, until):
    with pytest.raises(InvalidMoment):
        parse_period(since, until)


def test_a_zone_is_written_in_utc():
    zone = timezone(timedelta(hours=-5))

    assert str(Moment(NOON.astimezone(zone), 7)) == "2026-11-21T12:00:00.000000Z,transfer:7"
