"""The staff's desk for the books, in a browser."""

import re

import pytest
from django.contrib.messages import get_messages

from bookkeeping.models import Adjustment, HouseBooking, Period, Rate, WalletCount
from bookkeeping.tests.closings import (
    OCTOBER,
    booked,
    closed,
    proposed_closing,
    ready,
    sealed,
)
from bookkeeping.tests.offices import (
    RIGHTS,
    deposited,
    fay,
    fred,
    has,
    proposed,
    worth,
)
from bookkeeping.tests.test_bookings import wanted
from ledger.models import Account, AccountKind
from ledger.services import open_account
from tests.attempts import run
from tests.staff import member, verified, with_password_only
from tests.stories import asset, person

pytestmark = pytest.mark.django_db
BOOKS = "/admin/bookkeeping/"
TABLES = ("rate", "walletcount", "adjustment", "housebooking", "period")


def words(answer) -> str:
    """What a reader of the page sees, without tags."""
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM bookkeeping_{table} ORDER BY id")
        for table in (*TABLES, "adjustmentevent", "periodevent")
    ]


def step(table: str, row, name: str) -> str:
    return f"{BOOKS}{table}/{row.pk}/step/{name}/"


# Rates and counts -----------------------------------------------------------------------


def rate_form(**other: str) -> dict[str, str]:
    said = {"asset": str(asset("BTC").pk), "currency": str(asset("USDT").pk)}
    return said | {"price": "60000.5", "at": "2026-11-20 12:00", "source": "fixing"} | other


def test_a_rate_is_stated():
    answer = verified(fay()).post(f"{BOOKS}rate/add/", rate_form())

    rate = Rate.objects.get()
    assert answer["Location"] == f"{BOOKS}rate/"
    assert told(answer) == ["Recorded. Reports use it from its instant on."]
    assert (str(rate), rate.at.isoformat(), rate.source, rate.entered_by) == (
        "60000.5000000000 USDT for 1 BTC",
        "2026-11-20T12:00:00+00:00",
        "fixing",
        fay(),
    )


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"price": "0"}, "A rate is more than zero"),
        ({"price": "1e3"}, "Not a plain decimal number"),
        ({"price": "0.00000000001"}, "At most 10 decimals are allowed here."),
        ({"price": "922337204"}, "The number is too large."),
        ({"price": ""}, "This field is required."),
        ({"source": " "}, "This field is required."),
        ({"at": "tomorrow"}, "Enter a valid date/time."),
        ({"at": "2999-01-01 12:00"}, "the instant has not come yet"),
        ({"asset": "999"}, "Select a valid choice."),
        ({"source": "\x00"}, "Null characters are not allowed."),
    ],
    ids=str,
)
def test_a_rate_that_is_not_well_formed_is_explained_and_not_written(other, why):
    page = verified(fay()).post(f"{BOOKS}rate/add/", rate_form(**other))

    assert why in words(page)
    assert not Rate.objects.exists()


def test_a_wallet_is_counted():
    custody = open_account(asset_id=asset("BTC").pk, kind=AccountKind.CUSTODY, label="main")
    form = {"account": str(custody.pk), "amount": "0.25", "source": "explorer"}

    answer = verified(fay()).post(
        f"{BOOKS}walletcount/add/", form | {"at": "2026-11-20 12:00"}
    )
    wrong = verified(fay()).post(
        f"{BOOKS}walletcount/add/", form | {"at": "2026-11-20 13:00", "amount": "-1"}
    )

    assert told(answer) == ["Recorded. The reconciliation compares it with the books."]
    assert [str(count) for count in WalletCount.objects.all()] == ["0.25000000 BTC in main"]
    assert "Not a plain decimal number" in words(wrong)


# Adjustments ----------------------------------------------------------------------------


def test_from_the_wrong_transfers_to_their_mirrors_by_two_people():
    alice = person("alice")
    numbers = ", ".join(str(it.pk) for it in deposited(alice, "5"))
    form = {"transfers": numbers, "reason": "It was bob's."}

    entered = verified(fay()).post(f"{BOOKS}adjustment/add/", form)
    adjustment = Adjustment.objects.get()
    page = verified(fred()).get(f"{BOOKS}adjustment/{adjustment.pk}/change/")
    answer = verified(fred()).post(step("adjustment", adjustment, "approve"))

    assert entered["Location"] == f"{BOOKS}adjustment/{adjustment.pk}/change/"
    assert "alice@example.com, available" in words(page)
    assert [button.label for button in page.context["buttons"]] == ["Approve", "Reject"]
    assert told(answer) == ["Approved. The transfers are taken back."]
    assert has(alice) == "0"


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ("", "This field is required."),
        ("one", "Write numbers, with commas or spaces between."),
        ("-1", "Write numbers, with commas or spaces between."),
        (",;", "Write numbers, with commas or spaces between."),
        ("9" * 19, "There is no transfer of such a number."),
        # Not the work of years, either.
        ("1" * 3_000 + "x", "Write numbers, with commas or spaces between."),
        ("123456789", "There is no transfer 123456789."),
    ],
)
def test_transfers_that_are_not_there_are_explained_and_nothing_is_proposed(numbers, why):
    form = {"transfers": numbers, "reason": "why"}

    page = verified(fay()).post(f"{BOOKS}adjustment/add/", form)

    assert why in words(page)
    assert not Adjustment.objects.exists()


def test_the_form_begins_with_the_transfers_that_a_link_names():
    page = verified(fay()).get(f"{BOOKS}adjustment/add/?transfers=17,18")

    assert 'value="17,18"' in page.content.decode()


def test_who_proposed_it_is_told_why_they_may_not_approve_it():
    adjustment = proposed(actor=fay())
    before = everything()
    why = "You proposed this yourself, so somebody else must decide on it."

    page = verified(fay()).get(f"{BOOKS}adjustment/{adjustment.pk}/change/")
    answer = verified(fay()).post(step("adjustment", adjustment, "approve"))

    assert why in words(page)
    assert told(answer) == [why]
    assert everything() == before


def test_a_rejection_says_why():
    adjustment = proposed(actor=fay())
    browser = verified(fred())

    without = browser.post(step("adjustment", adjustment, "reject"), {"reason": ""})
    answer = browser.post(step("adjustment", adjustment, "reject"), {"reason": "No."})

    assert "This field is required." in words(without)
    assert told(answer) == ["Rejected. Nothing was taken back."]


# Bookings of the house ------------------------------------------------------------------


def booking_form(**other: str) -> dict[str, str]:
    said = {"kind": "capital in", "asset": str(asset("BTC").pk), "amount": "2"}
    return said | {"user": "", "reference": "", "reason": "The board."} | other


def test_the_house_books_capital_by_two_people():
    entered = verified(fay()).post(f"{BOOKS}housebooking/add/", booking_form())
    booking = HouseBooking.objects.get()
    own = verified(fay()).post(step("housebooking", booking, "approve"))
    page = verified(fred()).get(entered["Location"])
    done = verified(fred()).post(step("housebooking", booking, "approve"))

    assert f"Booking {booking.pk}, capital in of 2.00000000 BTC" in words(page)
    assert "Debit Credit custody capital" in words(page)
    assert told(own) == ["You proposed this yourself, so somebody else must decide on it."]
    assert told(done) == ["Approved. It is in the books."]
    assert Account.objects.get(kind="capital").balance == 200_000_000


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"kind": "theft"}, "Select a valid choice."),
        ({"amount": "0"}, "It is of something"),
        ({"amount": "-1"}, "Not a plain decimal number"),
        ({"user": "nobody@example.com"}, "There is no user with this address."),
        ({"user": "alice@example.com"}, "Capital in: No customer gets anything."),
        ({"kind": "promotion paid"}, "Promotion paid: Name the customer."),
        ({"reason": ""}, "This field is required."),
    ],
    ids=str,
)
def test_a_booking_that_is_not_well_formed_is_explained_and_not_proposed(other, why):
    person("alice")

    page = verified(fay()).post(f"{BOOKS}housebooking/add/", booking_form(**other))

    assert why in words(page)
    assert not HouseBooking.objects.exists()


# Periods --------------------------------------------------------------------------------


def test_a_month_is_closed_at_the_desk_by_two_people():
    october, first, second = ready(), verified(fay()), verified(fred())

    chosen = first.post(f"{BOOKS}period/add/", {"kind": "month", "day": "2026-10-17"})
    page = first.get(chosen["Location"])
    proposal = first.post(step("period", october, "propose"), {"reason": ""})
    own = first.post(step("period", october, "close-for-good"))
    done = second.post(step("period", october, "close-for-good"))

    assert chosen["Location"] == f"{BOOKS}period/{october.pk}/change/"
    assert "All its days are closed yes" in words(page)
    assert told(proposal) == ["Proposed. Somebody else must close it."]
    assert told(own)[1:] == [
        "You proposed this yourself, so somebody else must decide on it."
    ]
    assert told(done) == ["Closed for good. The trial balance is frozen."]
    october.refresh_from_db()
    assert october.digest in words(second.get(chosen["Location"]))


def test_the_page_says_what_keeps_a_month_open():
    october, browser = ready(), verified(fay())
    last = Period.objects.get(kind="day", begins=OCTOBER.replace(day=30))
    browser.post(step("period", last, "reopen"), {"reason": "late"})
    before = everything()

    page = browser.get(f"{BOOKS}period/{october.pk}/change/")
    answer = browser.post(step("period", october, "propose"), {"reason": ""})

    assert "All its days are closed not yet open: 2026-10-30" in words(page)
    assert told(answer) == ["Something on the checklist is not so yet."]
    assert everything() == before


def test_a_trial_balance_that_changed_since_the_proposal_stands_out():
    october = proposed_closing()
    run(
        "INSERT INTO bookkeeping_periodevent (period_id, before, after, actor_id, reason, "
        "digest, created_at) SELECT id, 'soft closed', 'open', %s, 'r', '', now() "
        "FROM bookkeeping_period WHERE kind = 'day' AND begins = '2026-10-30Z'",
        fay().pk,
    )
    booked(OCTOBER.replace(day=30))
    sealed()

    page = verified(fred()).get(f"{BOOKS}period/{october.pk}/change/")

    assert f"It has changed it was {october.digest} when it was proposed" in words(page)


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_explained(day):
    page = verified(fay()).post(f"{BOOKS}period/add/", {"kind": "day", "day": day})

    assert page.status_code == 200
    assert not Period.objects.exists()


# Doors ----------------------------------------------------------------------------------


def test_every_table_can_be_read_row_by_row_and_none_is_written():
    worth("60000")
    test_a_wallet_is_counted()
    proposed()
    wanted()
    booked(OCTOBER)
    closed()
    reader = verified(member("erin", *(it for it in RIGHTS if ".view_" in it)))
    before = everything()

    for table in TABLES:
        rows = list(reader.get(f"{BOOKS}{table}/").context["cl"].result_list)
        assert rows
        for row in rows:
            assert reader.get(f"{BOOKS}{table}/{row.pk}/change/").status_code == 200
        assert reader.get(f"{BOOKS}{table}/add/").status_code == 403
        assert reader.post(f"{BOOKS}{table}/add/", {}).status_code == 403
        address = f"{BOOKS}{table}/{rows[0].pk}/delete/"
        assert reader.post(address, {"post": "yes"}).status_code == 403

    assert everything() == before


def test_without_a_one_time_password_nothing_is_done():
    adjustment = proposed(actor=fay())
    before = everything()

    for address in (
        f"{BOOKS}rate/add/",
        f"{BOOKS}adjustment/add/",
        step("adjustment", adjustment, "approve"),
    ):
        answer = with_password_only(fred()).post(address, rate_form())
        assert answer["Location"].startswith("/admin/login/")

    assert everything() == before
