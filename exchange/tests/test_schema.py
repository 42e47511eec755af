"""The OpenAPI document is complete, and the page that shows it works offline."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from tests.stories import caller


def test_the_document_is_valid_and_free_of_warnings():
    written = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)

    assert "operationId: place_order" in written.getvalue()


@pytest.mark.django_db
def test_the_page_loads_nothing_from_elsewhere():
    page = caller().get("/api/docs", HTTP_ACCEPT="text/html")
    script = caller().get("/api/docs?script", HTTP_ACCEPT="*/*")

    assert page.status_code == script.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert links
    assert all(link.startswith("/") and not link.startswith("//") for link in links)
    assert "/api/schema" in script.content.decode()
    assert not re.search(r"https?://(?!testserver)", script.content.decode())
