"""The OpenAPI document is complete, and the page that shows it works offline."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from exchange.env import PROJECT
from orders.serializers import PlaceOrder
from orders.serializers.figures import UNIT_OF_KIND, UNIT_OF_REASON
from orders.serializers.words import STATUSES, TYPES, word
from tests.stories import caller

API_PAGE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_document_is_valid_and_free_of_warnings():
    written = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)

    assert "operationId: place_order" in written.getvalue()


def test_the_page_about_the_api_names_every_operation():
    document = SchemaGenerator().get_schema(request=None, public=True)
    operations = {
        f"`{method.upper()} {path.removeprefix('/api/v1/')}`"
        for path, methods in document["paths"].items()
        for method in methods
    }

    assert {name for name in operations if name not in API_PAGE} == set()


def test_the_page_about_the_api_names_every_word_of_an_order():
    told = {word(kind) for kind in UNIT_OF_KIND} | {word(it) for it in UNIT_OF_REASON}
    words = {*PlaceOrder().fields, *STATUSES, *told}

    assert {name for name in words if f"`{name}`" not in API_PAGE} == set()
    assert {name for name in TYPES if f" {name} |" not in API_PAGE} == set()


def test_every_field_of_a_request_says_what_it_is_for():
    document = SchemaGenerator().get_schema(request=None, public=True)
    requests = ("PlaceOrderRequest", "PatchedAmendOrderRequest", "PlaceBatchRequest")

    assert {
        f"{name}.{field}"
        for name in requests
        for field, schema in document["components"]["schemas"][name]["properties"].items()
        if not schema.get("description")
    } == set()


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
