"""Reports by the API: for staff with a one-time password; their own for customers."""

import csv
import io
from typing import Any

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from ledger.models import Account, Transfer
from reports.catalogue import REPORTS
from reports.selectors import answering
from reports.tests.stories import Story, table, tell
from tests.staff import member, verified, with_password_only
from tests.stories import Caller, caller, person

pytestmark = pytest.mark.django_db
REPORTS_AT, TRACE, STATEMENT = "/api/v1/reports", "/api/v1/trace", "/api/v1/statement"


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def with_otp(user: User) -> Caller:
    """A client with a token for which a one-time password was given."""
    token = AccessToken.for_user(user)
    token["otp"] = True
    client = caller()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def frank() -> Caller:
    return with_otp(member("frank", "reports.view_report"))


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [REPORTS_AT, f"{REPORTS_AT}/trial_balance", f"{TRACE}/user/1"]
)
def test_the_staffs_part_takes_the_right_and_a_one_time_password(path):
    frank, gina = member("frank", "reports.view_report"), member("gina")

    assert problem(caller().get(path)) == (401, "not_authenticated")
    assert problem(caller(person("alice")).get(path)) == (403, "permission_denied")
    assert problem(with_otp(gina).get(path)) == (403, "permission_denied")
    assert problem(caller(frank).get(path)) == (403, "otp_needed")
    assert problem(with_password_only(frank).get(path)) == (403, "otp_needed")
    assert with_otp(frank).get(path).status_code in (200, 404)
    assert verified(frank).get(path).status_code in (200, 404)
    frank.is_staff = False
    frank.save()
    assert problem(with_otp(frank).get(path)) == (403, "permission_denied")


# Reports ----------------------------------------------------------------------------------


def test_the_list_says_what_each_report_takes(frank):
    listed = {it["name"]: it for it in frank.get(REPORTS_AT).json()}

    assert list(listed) == list(REPORTS)
    assert listed["general_ledger"]["needs"] == ["account"]
    assert listed["journal"]["formats"] == [
        "beancount", "csv", "hledger", "html", "json", "xlsx",
    ]  # fmt: skip


def test_an_answer_has_its_rows_totals_and_cut(story, frank):
    asked = {"asset": "USDT", "as_of": "2026-11-21T18:00:00Z"}

    answer = frank.get(f"{REPORTS_AT}/trial_balance", asked).json()

    names = [column["name"] for column in answer["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in answer["rows"]]
    assert rows == table("trial_balance", asset="USDT")
    assert answer["totals"] == [
        {
            "of": "USDT",
            "sums": {
                "debits": "22256.00000000",
                "credits": "22256.00000000",
                "debit": "9900.00000000",
                "credit": "9900.00000000",
            },
        }
    ]
    assert answer["parameters"] == asked
    assert answer["cut"]["as_of"] == (
        f"2026-11-21T18:00:00.000000Z,transfer:{answer['cut']['transfer']}"
    )
    assert answer["next"] is None


def test_the_cut_of_an_answer_asked_again_gives_the_same_answer(story, frank):
    first = frank.get(f"{REPORTS_AT}/accounts").json()

    again = frank.get(f"{REPORTS_AT}/accounts", {"as_of": first["cut"]["as_of"]}).json()

    assert (again["rows"], again["cut"]) == (first["rows"], first["cut"])


@pytest.mark.parametrize("name", ["trades", "deposits_withdrawals", "accounts"])
def test_a_cut_by_a_transfer_asked_again_gives_the_same_answer(story, frank, name):
    """It has the instant of that transfer, not that of whoever asks."""
    for transfer in (0, *Transfer.objects.values_list("id", flat=True)):
        asked = {"as_of": f"transfer:{transfer}"}
        first = frank.get(f"{REPORTS_AT}/{name}", asked).json()
        again = frank.get(f"{REPORTS_AT}/{name}", {"as_of": first["cut"]["as_of"]}).json()

        assert (again["rows"], again["cut"]) == (first["rows"], first["cut"])
        assert transfer or first["rows"] == []


def test_pages_of_an_answer_are_all_of_it(story, frank):
    whole = frank.get(f"{REPORTS_AT}/journal").json()
    pages, after = [], 0
    while after is not None:
        page = frank.get(f"{REPORTS_AT}/journal", {"limit": 4, "after": after}).json()
        pages.append(page["rows"])
        after = page["next"]

    assert [len(it) for it in pages] == [4, 4, 3]
    assert [row for page in pages for row in page] == whole["rows"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("no_such_report", 404, "unknown_report"),
        ("general_ledger", 400, "missing_parameter"),
        ("trial_balance?market=BTC-USDT", 400, "unknown_parameter"),
        ("trial_balance?as_of=noon", 400, "invalid_parameter"),
        ("trial_balance?as_of=transfer:99999999999999999999", 400, "invalid_parameter"),
        ("trial_balance?asset=btc", 400, "invalid_parameter"),
        ("trial_balance?asset=BTC&asset=USDT", 400, "invalid_parameter"),
        ("trial_balance?limit=0", 400, "invalid_parameter"),
        ("trial_balance?limit=1001", 400, "invalid_parameter"),
        ("trial_balance?after=-1", 400, "invalid_parameter"),
        ("trial_balance?after=1e3", 400, "invalid_parameter"),
        ("trial_balance?user=%00", 400, "invalid_parameter"),
        ("journal?from=2026-11-02&to=2026-11-01", 400, "invalid_parameter"),
    ],
)
def test_what_cannot_be_is_refused_by_name(frank, path, status, code):
    assert problem(frank.get(f"{REPORTS_AT}/{path}")) == (status, code)


# Traces -----------------------------------------------------------------------------------


def test_traces_lead_from_a_fee_to_the_person_who_asked(story, frank):
    [row] = [it for it in table("journal", asset="USDT") if it["what"] == "fee"]
    way = [f"transfer/{row['transfer_id']}"]
    for name in ("Of", "The maker's order, to sell", "Asked for by", "Sent by"):
        facts = frank.get(f"{TRACE}/{way[-1]}").json()["facts"]
        way.append(next(it["leads_to"] for it in facts if it["name"] == name))

    assert [it.partition("/")[0] for it in way] == [
        "transfer", "trade", "order", "command", "user",
    ]  # fmt: skip
    assert frank.get(f"{TRACE}/{way[-1]}").json()["title"] == "bob@example.com"


def test_what_there_is_not_is_not_found(frank):
    for path in ("galaxy/1", "user/0", "user/x", "transfer/9999999999999999999"):
        assert problem(frank.get(f"{TRACE}/{path}")) == (404, "unknown_thing")


# A customer's own statement ---------------------------------------------------------------


def test_a_customer_gets_their_own_statement(story):
    answer = caller(story.alice).get(STATEMENT, {"asset": "USDT"}).json()

    names = [column["name"] for column in answer["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in answer["rows"]]
    assert rows == table("customer_statement", user="alice@example.com", asset="USDT")


def test_a_statement_comes_as_csv_too(story):
    answer = caller(story.alice).get(STATEMENT, {"format": "csv"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert rows == table("customer_statement", user="alice@example.com")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_nobody_keeps_the_database_busy_with_a_statement(story, monkeypatch, form):
    monkeypatch.setattr(answering, "ANSWER_MS", 1)

    answer = caller(story.alice).get(STATEMENT, {"format": form})

    assert problem(answer) == (503, "report_too_long")


def test_nobody_gets_anybody_elses_statement(story):
    bobs = str(story.bob.pk)
    alice = caller(story.alice)

    assert problem(alice.get(STATEMENT, {"user": bobs})) == (400, "invalid_parameter")
    assert problem(alice.get(STATEMENT, {"account": bobs})) == (400, "unknown_parameter")
    assert problem(caller().get(STATEMENT)) == (401, "not_authenticated")
    accounts = {str(it.pk) for it in Account.objects.filter(owner=story.bob)}
    assert not accounts & set(alice.get(STATEMENT).content.decode().split('"'))


def test_a_statement_has_no_other_formats(story):
    answer = caller(story.alice).get(STATEMENT, {"format": "beancount"})

    assert problem(answer) == (400, "unknown_format")
