"""The compiled matcher says the same as its source, byte for byte; and is refused when the
source has changed since."""

import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from exchange.compiled import MANIFEST, ROOT, digests, use_compiled

UNITS = 20_000
USE = "from exchange.compiled import use_compiled; use_compiled(Path(sys.argv.pop(1)));"


def can_compile() -> bool:
    header = Path(sysconfig.get_paths()["include"], "Python.h")
    return all((shutil.which("cc"), header.exists(), find_spec("setuptools")))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    if not can_compile():
        pytest.skip("needs a C compiler, Python's headers and setuptools")
    directory = tmp_path_factory.mktemp("compiled")
    told("-m", "exchange.compiled", str(directory))
    return directory


def told(*arguments: str) -> str:
    """What Python prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def told_by_compiled(directory: Path, *, module: str, arguments: tuple[str, ...]) -> str:
    """What a module prints when it runs with the compiled matcher."""
    code = (
        f"import runpy, sys; from pathlib import Path; {USE}"
        f" runpy.run_module({module!r}, run_name='__main__')"
    )
    return told("-c", code, str(directory), *arguments)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 11])
def test_a_long_stream_gives_the_same_bytes(compiled, seed):
    module, arguments = "matching.tests.twin.record", (str(seed), str(UNITS))

    source = told("-m", module, *arguments)
    built = told_by_compiled(compiled, module=module, arguments=arguments)

    assert len(source) > 1_000_000
    assert (
        hashlib.sha256(built.encode()).digest() == hashlib.sha256(source.encode()).digest()
    )


@pytest.mark.slow
def test_it_is_used_when_it_is_asked_for(compiled):
    code = f"import sys; from pathlib import Path; {USE}"
    where = "import matching.matcher.taking as it; print(it.__file__)"

    assert told("-c", f"{code} {where}", str(compiled)).startswith(str(compiled))


def test_what_was_compiled_from_other_sources_is_refused(tmp_path):
    changed = digests() | {"matching/book.py": "0" * 64}
    (tmp_path / MANIFEST).write_text(json.dumps(changed))
    before = list(sys.path)

    with pytest.raises(ImproperlyConfigured, match="changed"):
        use_compiled(tmp_path)

    assert sys.path == before


def test_where_nothing_was_compiled_it_says_what_to_do(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="make compile"):
        use_compiled(tmp_path)
