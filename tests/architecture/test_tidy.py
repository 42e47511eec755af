"""The house is tidy: the rules of STYLE.md, applied to every file."""

import importlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.apps import apps

from kernel.errors import ExchangeError
from tests.architecture import house, tidy
from tests.architecture.house import expect_tidy
from tests.architecture.tidy import Rule

#: Longer than allowed when the limit was set. The lists may only shrink.
LONG_FUNCTIONS: dict[str, int] = {}
LONG_FILES: dict[str, int] = {}

#: Numbers in these files and functions are seconds, never money.
COUNTS_SECONDS = {
    "orders/api/waiting.py",  # the engine's answer
    "matching/worker.py",  # leases
    "matching/drain.py",  # waits
    "matching/tasks.py",  # the life of a message
    "marketdata/hub",  # the pace of pushes
    "orders/services/intake.py",  # the pace of bells
    "orders/lane/venues.py",  # the age of a reading
    "orders/lane/waiting.py",  # the engine's answer
    "marketdata/consumers.py",  # patience with slow readers
    "reports/formats/xlsx_file.py: rounded",  # beside the exact text, for a spreadsheet
}
#: These read the environment before the settings exist, or set what Django reads.
READS_ENVIRONMENT = {
    "conftest.py", "manage.py", "exchange/asgi.py", "exchange/celery.py", "exchange/env.py",
    "exchange/supervised.py", "exchange/up.py", "exchange/wsgi.py", "kernel/failpoint.py",
    "exchange/management/commands/demo.py",  # PORT, which is make's
    "exchange/bench/processes.py",  # hands it on to what it starts
}  # fmt: skip
INTERFACES = ("api.py", "views.py", "consumers.py", "tasks.py")
BELOW_INTERFACES = (
    "services.py", "selectors.py", "settlement.py", "locks.py", "rules.py", "states.py",
    "spot.py", "book.py", "engine.py", "feed.py", "candles.py", "commands.py",
    "transfers.py", "events.py",
)  # fmt: skip


def complaints(rule: Rule, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        for line, advice in rule(house.tree(path)):
            yield f"{path}:{line}: {advice}"


def named(*names: str) -> Iterator[Path]:
    """Files of our apps with one of these names, also when they are a package by now."""
    for path in house.code():
        app, *rest = path.parts
        room = rest[0] if len(rest) == 1 else f"{rest[0]}.py" if rest else ""
        if app in house.floors() and room in names:
            yield path


# Floors ---------------------------------------------------------------------------------


def test_every_app_has_a_floor():
    ours = {config.name for config in apps.get_app_configs()} & house.packages()
    roots = house.import_contracts()["importlinter"]["root_packages"].split()

    assert set(house.floors()) == house.packages(), (
        "add the app to [floors] in .importlinter"
    )
    assert set(roots) == house.packages(), "add the app to root_packages in .importlinter"
    assert ours == house.packages() - {"kernel"}, "add the app to INSTALLED_APPS"


def test_every_app_has_rooms():
    containers = house.import_contracts()["importlinter:contract:rooms"][
        "containers"
    ].split()

    assert set(containers) == house.packages() - {"kernel", "exchange"}, (
        "add the app to [rooms] in .importlinter"
    )


def test_every_room_below_the_bells_is_pure():
    rooms = house.import_contracts()["importlinter:contract:rooms"]["layers"]
    pure = house.import_contracts()["importlinter:contract:pure"]["source_modules"].split()
    _, _, below = rooms.partition("(signals)")
    names = re.findall(r"\((\w+)\)", below.partition("(errors)")[0])

    expect_tidy(
        f".importlinter: add *.{name} to [pure]"
        for name in names
        if f"*.{name}" not in pure
    )


def test_foreign_keys_point_down():
    floors = house.floors()
    expect_tidy(
        f"{model._meta.label}.{field.name} -> {related._meta.label}: a foreign key is an "
        "import; keep the id in the upper app, or move the model down"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.concrete and (related := field.related_model) is not None
        if (here := model._meta.app_label) in floors
        and (there := related._meta.app_label) in floors
        and here != there
        and floors[there] >= floors[here]
    )


# Money ----------------------------------------------------------------------------------


def test_no_float_or_decimal_near_money():
    money = [
        path
        for path in house.code()
        if path.parts[0] in house.MONEY_APPS
        and "management" not in path.parts
        and not {str(path), str(path.parent)} & COUNTS_SECONDS
    ]

    expect_tidy(
        f"{path}:{line}: {advice}"
        for path in money
        for line, advice in tidy.inexact_numbers(house.tree(path))
        if f"{path}: {tidy.function_at(house.tree(path), line)}" not in COUNTS_SECONDS
    )


def test_nobody_writes_a_balance():
    expect_tidy(complaints(tidy.written_balances, house.code()))


def test_accounts_are_locked_in_one_place():
    elsewhere = (path for path in house.code() if str(path) != "ledger/locks.py")

    expect_tidy(complaints(tidy.private_locks, elsewhere))


# Rooms ----------------------------------------------------------------------------------


def test_services_are_keyword_only_annotated_and_documented():
    expect_tidy(complaints(tidy.careless_services, named("services.py")))


def test_a_services_name_is_unique_in_the_house():
    places: dict[str, list[str]] = {}
    for path in named("services.py"):
        for function in tidy.public_functions(house.tree(path)):
            places.setdefault(function.name, []).append(str(path))

    shared = {name: where for name, where in places.items() if len(where) > 1}
    assert shared == {}, "give each its own verb, so that a search finds every caller"


def test_tasks_make_one_call():
    expect_tidy(complaints(tidy.thick_tasks, named("tasks.py")))


def test_interfaces_hold_no_query_and_no_transaction():
    expect_tidy(complaints(tidy.thick_interfaces, named(*INTERFACES)))


def test_only_interfaces_read_the_clock():
    expect_tidy(complaints(tidy.clock_readers, named(*BELOW_INTERFACES)))


def test_models_do_no_work():
    expect_tidy(complaints(tidy.busy_models, named("models.py")))


def test_nothing_happens_by_model_signal():
    expect_tidy(complaints(tidy.model_signals, house.code(tests=True)))


def test_our_own_code_is_never_mocked():
    tests = (path for path in house.code(tests=True) if "tests" in path.parts)

    expect_tidy(complaints(tidy.own_code_mocked, tests))


def test_the_environment_is_read_in_one_place():
    readers = {
        str(path)
        for path in house.code()
        if "os.environ" in house.text(path) and "embedded" not in path.parts
    }

    assert readers <= READS_ENVIRONMENT, "declare the variable in exchange/env.py"


def test_every_error_has_a_code_of_its_own_and_stands_in_its_tree():
    for path in named("errors.py"):
        if "embedded" not in path.parts:
            importlib.import_module(".".join(path.with_suffix("").parts))
    kinds = sorted(all_below(ExchangeError), key=lambda kind: kind.__name__)
    codes = [kind.code for kind in kinds]

    assert sorted(set(codes)) == sorted(codes), "a code means one thing"
    for kind in kinds:
        assert {"code", "title"} <= vars(kind).keys(), (
            f"give {kind.__name__} code and title"
        )
        assert re.fullmatch(r"[a-z][a-z_]*", kind.code), f"{kind.code}: small letters and _"
        tree = importlib.import_module(kind.__module__).__doc__ or ""
        assert re.search(rf"\b{kind.__name__}\b", tree), (
            f"draw {kind.__name__} in the docstring of {kind.__module__}"
        )


def all_below(kind: type[ExchangeError]) -> set[type[ExchangeError]]:
    children = kind.__subclasses__()
    below = {grandchild for child in children for grandchild in all_below(child)}
    return {child for child in children if house_owns(child)} | below


def house_owns(kind: type) -> bool:
    return (
        kind.__module__.split(".")[0] in house.floors() and "tests" not in kind.__module__
    )


# Migrations -----------------------------------------------------------------------------


def test_migrations_are_named_as_sentences():
    expect_tidy(
        f"{path}: name it after what it does, as `0002_logs_are_append_only`"
        for path in house.code(migrations=True)
        if "migrations" in path.parts and "_auto_" in path.name
    )


def test_sql_says_what_it_protects_and_has_its_reverse():
    for path in (path for path in house.files(".sql") if "migrations" in path.parts):
        sql = house.text(path)
        header = " ".join(re.findall(r"^-- (.*)", sql.split("\n\n")[0], re.MULTILINE))

        assert header.startswith("What it protects:"), (
            f"{path}: begin with what it protects"
        )
        proof = re.search(r"Proved by (\S+\.py)", header)
        assert proof, f"{path}: name the test that proves it"
        assert (house.ROOT / proof[1]).exists(), f"{path}: {proof[1]} does not exist"
        assert "\n-- reverse\n" in sql, f"{path}: write its reverse below `-- reverse`"
        assert path.with_suffix(".py") in house.files(".py"), (
            f"{path}: no migration runs it"
        )


# Form -----------------------------------------------------------------------------------


def test_functions_are_short():
    found = {}
    for path in house.code(tests=True):
        for _, complaint in tidy.long_functions(house.tree(path)):
            name, lines = re.match(r"(\w+) has (\d+)", complaint).groups()
            found[f"{path}: {name}"] = int(lines)

    assert_ratchet(found, LONG_FUNCTIONS, "split the function where its story turns")


def test_files_are_short():
    found = {
        str(path): lines
        for path in house.code(tests=True)
        if (lines := house.text(path).count("\n")) > tidy.FILE_LINES
    }

    assert_ratchet(found, LONG_FILES, "make it a package of verbs")


def assert_ratchet(found: dict[str, int], allowed: dict[str, int], remedy: str) -> None:
    grown = {name: size for name, size in found.items() if size > allowed.get(name, 0)}
    shrunk = {name: size for name, size in allowed.items() if found.get(name, 0) < size}

    assert grown == {}, remedy
    assert shrunk == {}, "lower these exceptions, or take them out: the list only shrinks"


def test_no_file_is_named_after_nothing():
    expect_tidy(
        f"{path}: {advice}"
        for path in house.code(tests=True)
        for _, advice in tidy.homeless_names(path)
    )


def test_words_are_used_as_agreed():
    endings = (
        ".py", ".md", ".sql", ".html", ".js", ".css", ".toml", ".yml", ".yaml", ".example",
    )  # fmt: skip
    the_list_itself = {"tests/architecture/tidy.py", "tests/architecture/test_contracts.py"}

    expect_tidy(
        f"{path}:{line}: {advice}"
        for ending in endings
        for path in house.files(ending)
        if str(path) not in the_list_itself
        for line, advice in tidy.banned_phrases(house.text(path))
    )


def test_nothing_names_the_machine_that_it_was_written_on():
    """Its folders, and the hosts from which it installs packages."""
    pip = [Path("/etc/pip.conf"), *Path.home().glob(".config/pip/pip.conf")]
    settings = [path.read_text() for path in pip if path.is_file()]
    settings += [value for name, value in os.environ.items() if name.endswith("INDEX_URL")]
    hosts = set(re.findall(r"https?://(?:[^/@\s]+@)?([^/:\s'\"]+)", " ".join(settings)))
    folders = {str(path) for path in (house.ROOT, Path.home()) if len(path.parts) > 2}
    names = (hosts | folders) - {"pypi.org", "files.pythonhosted.org", "registry.npmjs.org"}

    expect_tidy(
        f"{path}: `{name}` exists on this machine only"
        for path in house.files("")
        if is_text(path)
        for name in names
        if name in house.text(path)
    )


def is_text(path: Path) -> bool:
    return b"\0" not in (house.ROOT / path).read_bytes()[:8_000]
