"""The READMEs tell the truth about the database: every rule, its name, and its test."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture import house
from tests.attempts import run

#: One line per CHECK, UNIQUE and trigger: (table, name). Left out is what a column type
#: brings along, as the CHECK that a positive integer is not negative.
RULES = """
SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE c.contype IN ('c', 'u', 'x') AND c.conname !~ '_check\\d*$'
UNION
SELECT t.relname, i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid WHERE x.indisunique AND NOT x.indisprimary
UNION
SELECT t.relname, g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
WHERE NOT g.tgisinternal
"""
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<protects>[^|]+) \| `(?P<test>[^`]+)` \|$")
APPS = sorted(set(house.floors()) - {"kernel", "exchange"})


def rules_told(app: str) -> dict[str, str]:
    """Rule -> test, from the table below `## Rules of the database` in the app's README."""
    readme = Path(app) / "README.md"
    assert (house.ROOT / readme).exists(), (
        f"write {readme} in the shape that STYLE.md shows"
    )
    _, heading, chapter = house.text(readme).partition("\n## Rules of the database\n")
    assert heading, f"{app}/README.md: add `## Rules of the database` (STYLE.md, Shapes)"
    lines = [
        line for line in chapter.split("\n## ")[0].splitlines() if line.startswith("|")
    ]
    told = {}
    for line in lines[2:]:
        row = ROW.match(line)
        assert row, (
            f"{app}/README.md: write | `rule` | what it protects | `test` |, not {line}"
        )
        assert row["name"] not in told, f"{app}/README.md: {row['name']} stands there twice"
        told[row["name"]] = row["test"]
    return told


def names_of_tests(app: str) -> set[str]:
    return {
        node.name
        for path in house.code(tests=True)
        if path.parts[:2] == (app, "tests")
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("app", APPS)
@pytest.mark.django_db
def test_every_rule_of_the_database_is_told_and_every_told_rule_is_there(app):
    tables = {model._meta.db_table for model in apps.get_app_config(app).get_models()}
    enforced = {name for table, name in run(RULES) if table in tables}

    told = set(rules_told(app))

    assert enforced - told == set(), f"{app}/README.md: add a row for each of these"
    assert told - enforced == set(), f"{app}/README.md: the database does not know these"


@pytest.mark.parametrize("app", APPS)
def test_the_test_of_every_rule_exists(app):
    missing = {
        rule: test
        for rule, test in rules_told(app).items()
        if test not in names_of_tests(app)
    }

    assert missing == {}, f"write these in {app}/tests/test_database_rules.py"
