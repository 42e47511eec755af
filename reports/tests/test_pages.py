"""The staff's pages: who sees them, what they show, and that nothing breaks them."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from ledger.models import Account, Transfer
from reports.catalogue import REPORTS
from reports.selectors import answering
from reports.tests.stories import Story, tell
from tests.staff import member, verified, with_password_only
from tests.stories import person

pytestmark = pytest.mark.django_db
INDEX = "/admin/reports/"


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


@pytest.fixture
def frank() -> Client:
    return verified(member("frank", "reports.view_report"))


class _Cells(HTMLParser):
    """The rows of the first table of figures, and where its cells lead."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True
        if tag == "a" and self._inside:
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


def figures(html: str) -> _Cells:
    cells = _Cells()
    cells.feed(re.search(r'<table class="grid">.*?</table>', html, re.DOTALL)[0])
    return cells


def test_nobody_enters_without_the_right_and_a_one_time_password():
    alice, gina = person("alice"), member("gina")
    strangers = [
        Client(),
        with_password_only(alice),
        with_password_only(member("frank", "reports.view_report")),
    ]

    for stranger in strangers:
        for path in ("", "trial_balance/", "trace/user/1/"):
            assert stranger.get(INDEX + path).status_code == 302
    assert [
        verified(gina).get(INDEX + path).status_code
        for path in ("", "trial_balance/", "trace/user/1/")
    ] == [403, 403, 403]


def test_the_index_has_every_report(frank):
    page = frank.get(INDEX).content.decode()

    for it in REPORTS.values():
        assert f"{INDEX}{it.name}/" in page
        assert it.title.replace("'", "&#x27;") in page


def test_totals_stand_below_each_asset(story, frank):
    page = frank.get(f"{INDEX}trial_balance/").content.decode()

    rows = [row for row in figures(page).rows if row[0].startswith("Total")]
    assert rows == [
        ["Total BTC", "", "", "", "1.70040000", "1.70040000", "1.00000000", "1.00000000"],
        [
            "Total USDT",
            "",
            "",
            "",
            "22,256.00000000",
            "22,256.00000000",
            "9,900.00000000",
            "9,900.00000000",
        ],
    ]


def test_values_of_all_assets_are_added_up(story, frank):
    page = frank.get(f"{INDEX}balance_sheet/?currency=USDT").content.decode()

    *_, last = figures(page).rows
    assert last[:1] + last[5:7] == ["Total of all", "9,900.00000000", "9,900.00000000"]


def test_every_link_of_every_report_leads_to_a_page(story, frank):
    account = Account.objects.get(kind="custody", asset__code="USDT").pk
    asked = {
        "general_ledger": f"?account={account}",
        "customer_statement": "?user=alice@example.com",
        "realised_gains": "?user=alice@example.com&currency=USDT",
    }
    links: set[str] = set()
    for name in REPORTS:
        page = frank.get(f"{INDEX}{name}/{asked.get(name, '')}")
        assert page.status_code == 200, name
        html = page.content.decode()
        if "grid" in html and '<table class="grid">' in html:
            links |= set(figures(html).links)

    assert len(links) > 40
    for link in links:
        assert frank.get(link).status_code == 200, link


def test_a_figure_leads_to_the_same_figure(story, frank):
    page = frank.get(f"{INDEX}trial_balance/?asset=USDT").content.decode()
    custody = next(it for it in figures(page).links if "general_ledger" in it)

    book = frank.get(custody).content.decode()

    assert figures(book).rows[-2][-1] == "9,900.00000000"


@pytest.mark.parametrize("name", ["general_ledger", "customer_statement"])
def test_without_what_it_needs_a_report_only_asks(frank, name):
    page = frank.get(f"{INDEX}{name}/")

    assert page.status_code == 200
    assert "errornote" not in page.content.decode()
    assert '<table class="grid">' not in page.content.decode()


def test_where_there_is_nothing_the_page_says_so(frank):
    page = frank.get(f"{INDEX}trial_balance/").content.decode()

    assert "Nothing to report" in page


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("as_of=yesterday", "as_of: A moment is an instant"),
        ("asset=NONE", "asset: There is no such asset."),
        ("kind=nonsense", "kind: It is one of"),
        ("user=%00", "user: There is no such user."),
        ("galaxy=1", "takes no"),
        ("as_of=9999-12-31", "as_of: A moment is an instant"),
        ("user=" + "9" * 30, "user: An id is a whole number."),
    ],
)
def test_bad_parameters_are_explained_beside_the_form(frank, query, why):
    page = frank.get(f"{INDEX}trial_balance/?{query}")

    assert page.status_code == 400
    assert why in page.content.decode().replace("&#x27;", "'")


def test_what_there_is_not_is_not_found(frank):
    for path in ("no_such_report/", "trace/galaxy/1/", "trace/user/x/", "trace/user/0/"):
        assert frank.get(INDEX + path).status_code == 404


def test_what_people_wrote_is_shown_and_not_obeyed(frank):
    said = "<script>alert(1)</script>"

    page = frank.get(f"{INDEX}trial_balance/", {"user": said}).content.decode()

    assert said not in page


def test_long_reports_come_in_pages(story, frank, monkeypatch):
    monkeypatch.setattr("reports.views.pages.PAGE_ROWS", 4)

    first = frank.get(f"{INDEX}journal/").content.decode()
    last = frank.get(f"{INDEX}journal/?after=8").content.decode()

    assert "Rows 1 to 4" in first
    assert "after=4" in first
    assert "Rows 9 to 11" in last
    assert [row[0] for row in figures(last).rows if row[0].startswith("Total")] != []
    assert not any(row[0].startswith("Total") for row in figures(first).rows)


def test_the_page_offers_all_of_it_as_files_at_the_cut_that_it_shows(story, frank):
    page = frank.get(f"{INDEX}journal/?asset=BTC").content.decode()

    offered = re.findall(r'<button name="format" value="(\w+)"', page)
    pinned = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert offered == ["csv", "xlsx", "json", "html", "hledger", "beancount"]
    assert (pinned["report"], pinned["asset"]) == ("journal", "BTC")
    assert ",transfer:" in pinned["as_of"]


def test_what_takes_too_long_to_be_shown_is_offered_as_a_file(story, frank, monkeypatch):
    monkeypatch.setattr(answering, "ANSWER_MS", 1)

    answer = frank.get(f"{INDEX}customer_statement/?user=alice@example.com")

    page = answer.content.decode()
    pinned = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert answer.status_code == 503
    assert "make an export of it" in page
    assert '<button name="format" value="csv">' in page
    assert (pinned["report"], pinned["user"]) == ("customer_statement", "alice@example.com")


def test_the_cut_of_a_transfer_is_that_transfer(story, frank):
    last = Transfer.objects.latest("id").pk

    page = frank.get(f"{INDEX}accounts/?as_of=transfer:{last}").content.decode()

    [told] = re.findall(r"<dt>Cut</dt><dd>(.*?)<a", page)
    assert told == "up to "
    assert f'name="as_of" value="transfer:{last}"' in page


def test_gains_are_added_up(story, frank):
    asked = "?user=bob@example.com&currency=USDT"

    page = frank.get(f"{INDEX}realised_gains/{asked}").content.decode()

    heads, *rows = figures(page).rows
    [total] = [row for row in rows if row[0] == "Total BTC"]
    assert total[heads.index("Gain, USDT")] != ""


def test_a_page_beyond_the_end_is_no_accident(story, frank):
    for after in ("9" * 40, "9" * 9, "-1", "x", "1e3", "１"):
        assert frank.get(f"{INDEX}journal/", {"after": after}).status_code == 200


def test_the_desk_leads_to_the_reports(frank):
    assert f'href="{INDEX}"' in frank.get("/admin/").content.decode()


def test_the_total_of_an_asset_stands_once_and_below_all_of_it(story, frank):
    account = Account.objects.get(kind="custody", asset__code="USDT").pk
    asked = {
        "general_ledger": f"?account={account}",
        "customer_statement": "?user=alice@example.com",
        "realised_gains": "?user=bob@example.com&currency=USDT",
    }
    for name, report in REPORTS.items():
        html = frank.get(f"{INDEX}{name}/{asked.get(name, '')}").content.decode()
        if '<table class="grid">' not in html or report.per != "asset":
            continue
        firsts = [row[0] for row in figures(html).rows[1:]]
        for code in ("BTC", "USDT"):
            if f"Total {code}" in firsts:
                total = firsts.index(f"Total {code}")
                assert code not in firsts[total:], name
                assert firsts.count(f"Total {code}") == 1, name
