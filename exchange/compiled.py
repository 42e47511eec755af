"""The matcher as machine code: an option, never needed. `make compile` makes it.

mypyc translates the pure modules of `matching` to C, as they are; docs/performance.md says
how much that gives. Processes use what was compiled when FAIRBOOK_COMPILED says so, and
refuse it when it was compiled from other sources. It takes a C compiler, Python's headers,
setuptools, and the mypy of requirements-dev.txt.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = "matching"
MODULES: Final = (
    "ranks", "book", "outcome", "auction", "trailing", "spot", "matcher/*", "engine",
)  # fmt: skip
MYPY: Final = "[mypy]\nfollow_imports = silent\nignore_missing_imports = True\n"
#: In the directory: what was compiled, source -> digest.
MANIFEST: Final = "sources.json"


def digests() -> dict[str, str]:
    """Of what is compiled, by path from the root."""
    package = ROOT / PACKAGE
    return {
        str(source.relative_to(ROOT)): hashlib.sha256(source.read_bytes()).hexdigest()
        for name in MODULES
        for source in sorted(package.glob(f"{name}.py"))
    }


def use_compiled(directory: Path) -> None:
    """Let what was compiled go before the sources; before anybody imports them.

    raises  ImproperlyConfigured
    """
    manifest = directory / MANIFEST
    if not manifest.exists():
        raise ImproperlyConfigured(f"Nothing is compiled in {directory}: make compile.")
    if json.loads(manifest.read_text()) != digests():
        raise ImproperlyConfigured("The sources have changed since: make compile.")
    sys.path.append(str(directory))
    import_module(PACKAGE).__path__.insert(0, str(directory / PACKAGE))


def compile_to(directory: Path) -> None:
    """Translate and compile; the directory is made anew.

    raises  ImportError without mypyc or setuptools, SystemExit without a compiler
    """
    from mypyc.build import mypycify
    from setuptools import Distribution  # type: ignore[import-untyped]

    before = digests()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    # Where mypyc looks for the modules that ours import.
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as work:
        settings = Path(work, "mypy.ini")
        settings.write_text(MYPY)
        modules = mypycify([f"--config-file={settings}", *before], target_dir=work)
        build = Distribution({"name": PACKAGE, "ext_modules": modules})
        command = build.get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(directory), work
        build.run_command("build_ext")
    (directory / MANIFEST).write_text(json.dumps(before, indent=2) + "\n")


if __name__ == "__main__":
    compile_to(Path(sys.argv[1]).resolve())
    sys.stdout.write("Compiled. FAIRBOOK_COMPILED=True make up\n")
