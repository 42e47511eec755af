"""The guards bite: each is shown a violation, planted in a copy or in a few words."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import house, tidy

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (tidy.inexact_numbers, "fee = amount * 0.001", "fee = amount * 1000 // 1_000_000"),
        (tidy.inexact_numbers, "float(price)", "int(price)"),
        (tidy.inexact_numbers, "Decimal(text)", "parse_decimal(text, scale=8)"),
        (tidy.inexact_numbers, "half = amount / 2", "half, rest = divmod(amount, 2)"),
        (tidy.written_balances, "account.balance = 5", "balance = account.balance"),
        (tidy.written_balances, "account.balance -= 5", "post_entry(transfers=[move])"),
        (tidy.written_balances, "Account.objects.update(balance=0)", "cursor.update(a=0)"),
        (tidy.written_balances, "'UPDATE x SET balance = 0'", "'SELECT balance FROM x'"),
        (
            tidy.private_locks,
            "'SELECT 1 FROM ledger_account FOR NO KEY UPDATE'",
            "'SELECT 1 FROM matching_cursor FOR UPDATE'",
        ),
        (
            tidy.private_locks,
            "Account.objects.select_for_update()",
            "Withdrawal.objects.select_for_update()",
        ),
        (
            tidy.careless_services,
            "def pay(account: int) -> None:\n    'Pay.'",
            "def pay(*, account: int) -> None:\n    'Pay.'",
        ),
        (
            tidy.careless_services,
            "def pay(*, account) -> None:\n    'Pay.'",
            "def _pay(account):\n    return account",
        ),
        (
            tidy.careless_services,
            "def pay() -> None:\n    pass",
            "def pay() -> None:\n    'Pay.'",
        ),
        (
            tidy.thick_tasks,
            "def work():\n    for a in b:\n" + "        c()\n" * 5,
            "def work():\n    'Does it.'\n    for a in b:\n        c(a)",
        ),
        (
            tidy.thick_interfaces,
            "Order.objects.get(pk=1)",
            "order_of(user_id=1, order_id=1)",
        ),
        (
            tidy.thick_interfaces,
            "with transaction.atomic(): pass",
            "place_order(now=now())",
        ),
        (tidy.thick_interfaces, "order.save()", "serializer.save_to(order)"),
        (tidy.clock_readers, "from kernel import clock", "from kernel import pgcopy"),
        (
            tidy.clock_readers,
            "from kernel.clock import now",
            "from datetime import datetime",
        ),
        (
            tidy.busy_models,
            "class A:\n    def save(self): pass",
            "class A:\n    def __str__(self): pass",
        ),
        (
            tidy.model_signals,
            "from django.db.models.signals import post_init",
            "from orders.signals import commands_logged",
        ),
        (
            tidy.model_signals,
            "from django.dispatch import receiver",
            "from django.dispatch import Signal",
        ),
        (tidy.own_code_mocked, "from unittest.mock import patch", "import pytest"),
        (
            tidy.own_code_mocked,
            "def test_it(mocker): pass",
            "def test_it(monkeypatch): pass",
        ),
        (
            tidy.long_functions,
            "def f():\n" + "    x()\n" * 50,
            "def f():\n" + "    x()\n" * 49,
        ),
    ],
)
def test_a_tidy_rule_catches_a_violation_and_lets_its_remedy_pass(rule, bad, good):
    assert list(rule(ast.parse(bad))) != []
    assert list(rule(ast.parse(good))) == []


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("# TODO: later", "# TODO(#12): later"),
        ("'/home/alice/x'", "'var/x'"),
        ("a helper for orders", "packs an order"),
        ("the agent matches", "User-Agent: curl"),
        ("customer_id", "user_id"),
    ],
)
def test_a_banned_phrase_is_caught_and_its_replacement_passes(bad, good):
    assert list(tidy.banned_phrases(bad)) != []
    assert list(tidy.banned_phrases(good)) == []


@pytest.mark.parametrize(
    "name", ["ledger/utils.py", "common/models.py", "orders/helpers.py"]
)
def test_a_file_named_after_nothing_is_caught(name):
    assert list(tidy.homeless_names(Path(name))) != []
    assert list(tidy.homeless_names(Path("ledger/locks.py"))) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("ledger/services/posting.py", "import orders.models", "Floors"),
        ("orders/services/placing.py", "import deposits.models", "Floors"),
        ("ledger/models/books.py", "import ledger.services", "Rooms"),
        ("ledger/oddments.py", "x = 1", "Rooms"),
        ("marketdata/models.py", "import matching.tasks", "Doors"),
        ("matching/book.py", "import datetime", "Pure"),
        ("matching/engine.py", "import orders.models", "Pure"),
        ("ledger/migrations/0001_initial.py", "import ledger.models", "History"),
    ],
)
def test_an_import_contract_catches_a_planted_import(tmp_path, file, line, contract):
    copy_of_the_house(tmp_path)
    with (tmp_path / file).open("a") as planted:
        planted.write(f"\n{line}\n")

    verdict = lint_imports(tmp_path)

    assert verdict.returncode == 1
    broken = [it for it in verdict.stdout.splitlines() if " BROKEN" in it]
    assert any(it.startswith(contract) for it in broken), verdict.stdout


@pytest.mark.slow
def test_the_copy_itself_breaks_no_contract(tmp_path):
    copy_of_the_house(tmp_path)

    assert lint_imports(tmp_path).returncode == 0


def copy_of_the_house(there: Path) -> None:
    for package in house.packages():
        shutil.copytree(house.ROOT / package, there / package)
    shutil.copy(house.ROOT / ".importlinter", there)


def lint_imports(there: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=there, capture_output=True, text=True, check=False
    )
