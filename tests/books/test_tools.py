"""A tool that is not there is told: an error where CI installs it, a skip elsewhere."""

import pytest

from tests.architecture import house
from tests.books.tools import found


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_elsewhere_the_test_skips_and_says_how_to_install_it(
    monkeypatch, nothing_installed
):
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="apt-get install hledger"):
        found("hledger")


def test_in_ci_it_is_an_error(monkeypatch, nothing_installed):
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="ledger is not installed"):
        found("ledger")


@pytest.mark.parametrize("tool", ["hledger", "ledger"])
def test_ci_installs_it(tool):
    script = (house.ROOT / ".ci/run").read_text(encoding="utf-8")

    assert f"has {tool} || wanted+=({tool})" in script
