"""The exports on the staff's site: what was asked for, how far it is, and the files."""

import re
from secrets import token_urlsafe
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import (
    Button,
    CaseAdmin,
    CasePage,
    Moment,
    Table,
    badge,
    instant,
    short_instant,
    shortened,
    staff_of,
)
from kernel import clock
from kernel.errors import ExchangeError
from reports.catalogue import REPORTS
from reports.downloads import file_answer
from reports.formats import FORMATS
from reports.models import Export
from reports.selectors.exports import export_of, rows_so_far, story_of
from reports.services import (
    KEPT,
    RIGHT_TO_READ,
    Manifest,
    cancel_export,
    hand_out_export,
    request_export,
)
from reports.staff import report_address
from reports.states import PENDING, State, Step, can_be_cancelled

BUTTONS: Final = (
    Button(
        step=Step.CANCEL,
        promise="{what} is not made. Nothing is kept of it.",
        take=cancel_export,
        done="Cancelled.",
        is_harmful=True,
    ),
)
#: What the page with the button says, so that two clicks are one export.
_KEY: Final = re.compile("[A-Za-z0-9._:-]{1,64}", re.ASCII)
#: A page that waits for its file looks again after so many seconds.
AGAIN: Final = "3"


@admin.register(Export)
class ExportAdmin(CaseAdmin):
    id_argument = "export_id"
    buttons = BUTTONS
    ordering = ["-id"]
    list_display = [
        "id",
        "state_badge",
        "report_title",
        "format",
        "rows",
        "size",
        "hash",
        "asked_by",
        "at",
        "download",
    ]
    list_filter = ["state", "report", "format", "created_at"]
    list_select_related = ["asked_by"]
    search_fields = ["=id", "report", "asked_by__email", "manifest__sha256"]
    search_help_text = "Number, name of the report, e-mail address, SHA-256 of the file."

    def has_view_permission(self, request: HttpRequest, obj: Export | None = None) -> bool:
        return request.user.has_perm(RIGHT_TO_READ)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RIGHT_TO_READ)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("new/", view(self.new_view), name=f"{self._names}_new"),
            path("<int:export_id>/file/", view(self.file_view), name=f"{self._names}_file"),
            path(
                "<int:export_id>/manifest/",
                view(self.manifest_view),
                name=f"{self._names}_manifest",
            ),
            *super().get_urls(),
        ]

    # The list -----------------------------------------------------------------------

    @admin.display(description="state", ordering="state")
    def state_badge(self, export: Export) -> SafeString:
        return badge(export.state)

    @admin.display(description="report", ordering="report")
    def report_title(self, export: Export) -> str:
        return _title(export)

    @admin.display(description="rows")
    def rows(self, export: Export) -> str:
        return _rows(export)

    @admin.display(description="size")
    def size(self, export: Export) -> str:
        return filesizeformat(export.manifest["bytes"]) if export.manifest else ""

    @admin.display(description="SHA-256")
    def hash(self, export: Export) -> str:
        return shortened(export.manifest["sha256"]) if export.manifest else ""

    @admin.display(description="asked (UTC)", ordering="created_at")
    def at(self, export: Export) -> str:
        return short_instant(export.created_at)

    @admin.display(description="file")
    def download(self, export: Export) -> str:
        return _file_link(export, "Download") if export.state == State.DONE else ""

    # One of them --------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        if Export.objects.filter(pk=object_id, state__in=PENDING).exists():
            answer.headers["Refresh"] = AGAIN
        return answer

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        export = export_of(export_id=case_id)
        is_open = can_be_cancelled(State(export.state))
        return CasePage(
            heading=f"export {export.pk}: {_title(export)} as {_format(export)}",
            state=export.state,
            facts=_facts(export),
            tables=[_asked(export), _proof(export)],
            story=_story(export),
            steps=[Step.CANCEL] if is_open else [],
            objection="",
        )

    # What is posted and taken -------------------------------------------------------

    def new_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a report as a file, and show how far it is."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        said = request.POST.dict()
        said.pop("csrfmiddlewaretoken", None)
        report, form, key = (said.pop(it, "") for it in ("report", "format", "key"))
        try:
            export = request_export(
                report=report,
                said=said,
                form=form,
                key=key if _KEY.fullmatch(key) else token_urlsafe(12),
                actor=staff_of(request),
                now=clock.now(),
            )
        except ExchangeError as refused:
            messages.error(request, f"Nothing was done. {refused.detail}")
            known = report in REPORTS
            back = report_address(report, said) if known else reverse("reports_index")
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(self._address("change", export.pk))

    def file_view(self, request: HttpRequest, export_id: int) -> HttpResponseBase:
        """The file; who takes it is written down."""
        try:
            file = hand_out_export(
                export_id=export_id, actor=staff_of(request), now=clock.now()
            )
            export = export_of(export_id=export_id)  # now that it is known to be done
        except ExchangeError as refused:
            messages.error(request, f"There is no file. {refused.detail}")
            return HttpResponseRedirect(self._address("changelist"))
        return file_answer(
            request=request,
            file=file,
            name=export.file,
            content_type=FORMATS[export.format].content_type,
            size=int(export.facts["bytes"]),
        )

    def manifest_view(self, request: HttpRequest, export_id: int) -> HttpResponse:
        """The manifest, as it lies beside the file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        export = Export.objects.filter(pk=export_id, manifest__isnull=False).first()
        if export is None:
            raise Http404
        name = f"{export.file}.manifest.json"
        return HttpResponse(
            Manifest(export.facts).text,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


# What a page tells --------------------------------------------------------------------


def _title(export: Export) -> str:
    report = REPORTS.get(export.report)
    return report.title if report else export.report


def _format(export: Export) -> str:
    return FORMATS[export.format].title if export.format in FORMATS else export.format


def _rows(export: Export) -> str:
    rows = rows_so_far(export=export)
    if rows is None:
        return ""
    if export.state != State.RUNNING or not export.expected:
        return f"{rows:,}"
    return f"{rows:,} of about {max(rows, export.expected):,}"


def _file_link(export: Export, text: str) -> SafeString:
    address = reverse("admin:reports_export_file", args=[export.pk])
    return format_html('<a href="{}" download>{}</a>', address, text)


def _facts(export: Export) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = []
    if export.state == State.DONE:
        facts.append(("File", _file_link(export, export.file)))
    if export.manifest is not None:
        address = reverse("admin:reports_export_manifest", args=[export.pk])
        name = f"{export.file}.manifest.json"
        facts += [
            ("Manifest", format_html('<a href="{}" download>{}</a>', address, name)),
            ("Size", f"{export.manifest['bytes']:,} bytes"),
        ]
    if rows := _rows(export):
        facts.append(("Rows", rows))
    if export.state == State.DONE:
        facts.append(("Kept until", instant(export.created_at + KEPT)))
    return [
        *facts,
        ("Asked by", export.asked_by.email),
        ("Asked", instant(export.created_at)),
    ]


def _asked(export: Export) -> Table:
    said = {name: text for name, text in export.parameters.items() if name != "as_of"}
    address = report_address(export.report, {**said, "as_of": export.cut})
    shown = format_html('<a href="{}">{}</a>', address, _title(export))
    rows = [("Report", shown), *said.items(), ("Cut", export.cut)]
    return Table("What was asked", [], rows)


def _proof(export: Export) -> Table:
    facts = export.facts
    if not facts:
        return Table("How it is proven", [], [])
    seal = facts["seal"]
    told = f"{seal['number']}: {seal['sha256']}" if seal else "not sealed when it was made"
    rows = [
        ("SHA-256", format_html("<code>{}</code>", facts["sha256"])),
        ("Seal", format_html("<code>{}</code>", told)),
        ("Made by", facts["software"]),
        ("Signature", format_html("<code>{}</code>", facts["signature"])),
    ]
    return Table("How it is proven", [], rows)


def _story(export: Export) -> list[Moment]:
    asked = Moment(export.created_at, export.asked_by.email, State.QUEUED)
    return [asked] + [
        Moment(
            event.created_at,
            event.actor.email if event.actor else "",
            event.after,
            "took the file" if event.before == State.DONE == event.after else event.reason,
        )
        for event in story_of(export_id=export.pk)
    ]
