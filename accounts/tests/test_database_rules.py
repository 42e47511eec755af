"""What the database refuses about people, tried with raw SQL. README.md lists the rules."""

import pytest

from tests.attempts import refused, run
from tests.stories import person

pytestmark = pytest.mark.django_db

USER = (
    "INSERT INTO accounts_user "
    "(email, password, is_superuser, is_active, is_staff, created_at) "
    "VALUES (%s, '', false, true, false, now())"
)


def test_an_address_is_kept_in_lower_case():
    with refused("user_email_is_lower_case"):
        run(USER, "Alice@example.com")

    assert run("SELECT count(*) FROM accounts_user") == [(0,)]


def test_an_address_belongs_to_one_person():
    person("alice")

    with refused("accounts_user_email_key"):
        run(USER, "alice@example.com")

    assert run("SELECT count(*) FROM accounts_user") == [(1,)]
