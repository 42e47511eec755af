"""`manage.py report`: a report as a file, with a manifest that proves it later."""

import sys
from getpass import getuser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.errors import ExchangeError
from reports.catalogue import REPORTS, report_of
from reports.formats import FORMATS, format_of
from reports.selectors import PARAMETERS, read_params
from reports.services import Manifest, read_manifest, verify_manifest, write_report

#: Beside the file lies its manifest, under its name and this.
MANIFEST: Final = ".manifest.json"


class Command(BaseCommand):
    help = "Writes a report into a file, or verifies one that was written before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", nargs="?", metavar="NAME", help=f"one of {', '.join(REPORTS)}"
        )
        for name, it in PARAMETERS.items():
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, dest=name, default="", help=it.hint, metavar="…")
        parser.add_argument("--format", default="csv", choices=list(FORMATS))
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="where to; - for stdout"
        )
        parser.add_argument(
            "--verify",
            type=Path,
            metavar="MANIFEST",
            help="whether the file beside a manifest is unchanged, and the books still "
            "say the same",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verify"]:
                self._verify(options["verify"])
            elif options["name"]:
                self._write(options)
            else:
                self._list()
        except (ExchangeError, OSError) as refused:
            raise CommandError(str(refused)) from refused

    def _list(self) -> None:
        for it in REPORTS.values():
            asked = ", ".join(
                f"--{name.replace('_', '-')}{' (needed)' if name in it.needs else ''}"
                for name in it.takes
            )
            self.stdout.write(f"{it.name:<22}{it.title}\n{'':<22}{asked}")
        self.stdout.write(f"report: {len(REPORTS)} reports; name one.")

    def _write(self, options: dict[str, Any]) -> None:
        report = report_of(options["name"])
        form = format_of(name=options["format"], report=report)
        said = {name: options[name] for name in PARAMETERS}
        now = clock.now()
        params = read_params(report=report, said=said, now=now)
        target = options["output"] or Path(f"{report.name}.{form.suffix}")
        asked: dict[str, Any] = {
            "report": report, "params": params, "form": form,
            "made_by": f"manage.py report, {getuser()}", "now": now,
        }  # fmt: skip
        if str(target) == "-":
            made = write_report(out=sys.stdout.buffer, **asked)
        else:
            made = _into(target, self._heard, asked)
        self._told(made, target)

    def _heard(self, rows: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{rows} rows", ending="")

    def _told(self, made: Manifest, target: Path) -> None:
        out = self.stderr if str(target) == "-" else self.stdout
        if self.stderr.isatty():
            self.stderr.write("\r", ending="")
        told = f"{made.rows} rows, {made.bytes} bytes, SHA-256 {made.sha256}"
        style = self.style.SUCCESS if out is self.stdout else str
        out.write(f"report: {target}: {told}", style)

    def _verify(self, path: Path) -> None:
        manifest = read_manifest(text=path.read_text(encoding="utf-8"))
        beside = path.with_name(path.name.removesuffix(MANIFEST))
        is_there = beside != path and beside.exists()
        if is_there:
            with beside.open("rb") as file:
                checks = verify_manifest(manifest=manifest, file=file)
        else:
            checks = verify_manifest(manifest=manifest, file=None)
        words = {True: "ok     ", False: "BROKEN ", None: "unknown"}
        for it in checks:
            self.stdout.write(f"{words[it.is_good]} {it.name:<9} {it.told}")
        if not is_there:
            self.stdout.write(f"unknown file      {beside} is not there")
        if any(it.is_good is False for it in checks):
            self.stderr.write(self.style.ERROR(f"report: {path}: NOT as it was made."))
            sys.exit(1)
        self.stdout.write(f"report: {path}: as it was made.")


def _into(target: Path, heard: Any, asked: dict[str, Any]) -> Manifest:
    """Write beside the target first: half a file is never taken for a whole one."""
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            made = write_report(out=file, heard=heard, **asked)
        manifest = target.with_name(target.name + MANIFEST)
        manifest.write_text(made.text, encoding="utf-8")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return made
