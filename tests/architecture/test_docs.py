"""What we write down is compared with what is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from environ import Env

from exchange.env import env
from tests.architecture import house
from tests.architecture.house import expect_tidy

PAGES = house.files(".md")
HEADINGS = ["Status", "Context", "Decision", "Consequences", "How it is enforced"]
ADRS = [path for path in PAGES if path.match("docs/adr/[0-9]*.md")]
CODE = re.compile(r"```.*?```|<!--.*?-->", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
#: Targets and commands that Django, not we, provide.
DJANGOS = {"check", "makemigrations", "migrate", "runserver", "shell", "test"}


def prose(path: Path) -> str:
    """A page without its code blocks and comments."""
    return CODE.sub("", house.text(path))


# Pages ----------------------------------------------------------------------------------


def test_every_relative_link_leads_somewhere():
    expect_tidy(
        f"{path}: {target} does not exist"
        for path in PAGES
        for target in LINK.findall(prose(path))
        if not (house.ROOT / path.parent / target).exists()
    )


def test_every_page_has_one_title():
    expect_tidy(
        f"{path}: begin with one `# Title`, and use `##` below it"
        for path in PAGES
        if re.findall(r"^# .", prose(path), re.MULTILINE) != ["# " + house.text(path)[2:3]]
    )


def test_the_pages_of_the_house_are_short():
    lengths = {"ARCHITECTURE.md": 1_700, "STYLE.md": 1_700}

    expect_tidy(
        f"{name}: {words} words; three pages are about {lengths[name]}"
        for name in lengths
        if (words := len(house.text(Path(name)).split())) > lengths[name]
    )


# Variables, targets, commands -----------------------------------------------------------


def test_the_environment_example_lists_every_variable_with_its_default():
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", house.text(Path(".env.example")), re.M))
    declared = {name: written(declared[1]) for name, declared in env.scheme.items()}

    assert isinstance(env, Env)
    assert example == declared, "exchange/env.py and .env.example tell different stories"


def written(default: object) -> str:
    return ",".join(default) if isinstance(default, list) else str(default)


def test_every_make_target_that_we_name_exists():
    targets = set(
        re.findall(r"^([a-z][a-z-]*):", house.text(Path("Makefile")), re.MULTILINE)
    )

    expect_tidy(
        f"{path}: `make {target}` does not exist; there are {', '.join(sorted(targets))}"
        for path in PAGES
        for target in re.findall(r"(?:`|^)make ([a-z][a-z-]*)", house.text(path), re.M)
        if target not in targets
    )


def test_every_command_of_ours_is_described_and_every_described_one_exists():
    ours = {
        path.stem
        for path in house.code()
        if path.parts[1:3] == ("management", "commands") and path.stem != "__init__"
    }
    told = set(re.findall(r"`manage\.py ([a-z_]+)", commands_page()))

    assert ours - told == set(), "add a row to the table of commands in README.md"
    assert told - ours - DJANGOS == set(), "there are no such commands"


def commands_page() -> str:
    pages = [path for path in PAGES if str(path) in ("README.md", "docs/commands.md")]
    return "".join(house.text(path) for path in pages)


# The tree -------------------------------------------------------------------------------


def test_the_tree_in_architecture_md_is_the_tree():
    drawn = dict(tree_drawn())
    folders = {
        path.name
        for path in house.ROOT.iterdir()
        if path.is_dir()
        and not path.name.startswith(".")
        and path.name not in house.ELSEWHERE
        and any(inside.is_file() for inside in path.rglob("*"))
    }

    assert set(drawn) == folders, (
        "draw each folder at the top in ARCHITECTURE.md, and no other"
    )
    expect_tidy(
        f"ARCHITECTURE.md: {folder}/{name} does not exist"
        for folder, names in drawn.items()
        for name in names
        if not (house.ROOT / folder / name).exists()
    )


def tree_drawn() -> Iterator[tuple[str, list[str]]]:
    """Folder -> the files and folders that are named beside it."""
    for line in house.text(Path("ARCHITECTURE.md")).splitlines():
        if found := re.match(r"[├└]── ([a-z]+)/\s+(.*)", line):
            names = [word for word in found[2].split() if re.search(r"[./]", word)]
            yield found[1], names


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "README.md"])
def test_the_floors_that_are_drawn_are_the_floors(page):
    chart = next(
        block
        for block in re.findall(r"```\n(.*?)```", house.text(Path(page)), re.DOTALL)
        if block.startswith("exchange ")
    )
    drawn = [re.split(r"\s{2,}", line)[0].split(" | ") for line in chart.splitlines()]
    stories: dict[int, list[str]] = {}
    for app, floor in house.floors().items():
        stories.setdefault(floor, []).append(app)

    assert drawn == [stories[floor] for floor in sorted(stories, reverse=True)]


def test_every_file_that_architecture_md_names_exists():
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", house.text(Path("ARCHITECTURE.md")))

    expect_tidy(
        f"ARCHITECTURE.md: {name} does not exist"
        for name in named
        if not (house.ROOT / name).exists()
    )


def test_every_module_that_an_apps_readme_names_exists():
    expect_tidy(
        f"{path}: there is no {name} in {path.parent}"
        for path in PAGES
        if path.name == "README.md" and len(path.parts) == 2
        for cell in re.findall(r"^\| ([^|]+) \|", house.text(path), re.MULTILINE)
        for name in re.findall(r"`([a-z_]+(?:\.py|/))`", cell)
        if not any((house.ROOT / path.parent).rglob(name.strip("/")))
    )


# Decisions ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem[:4])
def test_a_decision_has_its_five_headings(path):
    assert re.findall(r"^## (.+)$", prose(path), re.MULTILINE) == HEADINGS


def test_every_decision_has_a_number_of_its_own_and_is_listed():
    index = house.text(Path("docs/adr/README.md"))
    numbers = [path.name[:4] for path in ADRS]

    assert len(set(numbers)) == len(numbers), "two decisions share a number"
    expect_tidy(
        f"docs/adr/README.md: link {path.name}"
        for path in ADRS
        if f"[{path.name[:4]}]({path.name})" not in index
    )


def test_every_decision_that_we_cite_exists():
    numbers = {path.name[:4] for path in ADRS}

    expect_tidy(
        f"{path}: there is no ADR {number}"
        for suffix in (".py", ".md", ".sql")
        for path in house.files(suffix)
        for number in re.findall(r"\bADR (\d{4})\b", house.text(path))
        if number not in numbers
    )
