"""How the staff's pages behave in every app; below everyone, so that all may use it.

Nothing is edited in a form. What the staff does to a case is a step: a button that leads to
a page which says what will happen, asks what must be known, and calls one service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.models import User
from kernel import clock
from kernel.errors import ExchangeError


class ShortPaginator(Paginator[Any]):
    """Counts up to COUNT_MAX rows and no further: counting millions takes minutes."""

    COUNT_MAX = 10_000

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, models.QuerySet)
        return rows.order_by()[: self.COUNT_MAX].count()


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """A table that the staff can read, and nobody can write by hand."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["css/staff.css"]}

    actions = None
    show_full_result_count = False
    paginator = ShortPaginator
    change_form_template = "admin/read_only.html"
    list_per_page = 50

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, under its own name: there is nothing to "select … to change"."""
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        return super().changelist_view(request, title | (extra_context or {}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        return False


class NothingToAsk(forms.Form):
    """For a step that needs no more than the click."""


class WhyForm(forms.Form):
    """For a step that needs its reason."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text="Kept for ever, for colleagues and auditors. Users do not see it.",
    )


@dataclass(frozen=True, slots=True)
class Button:
    """A step that the staff may take on a case.

    step     the step's name in the app's table of states
    promise  what will happen, with {what} for the case's heading
    form     what is asked; its fields are arguments of `take`
    take     the service; besides, it takes the case's id, `actor` and `now`
    done     what the page says afterwards
    """

    step: str
    promise: str
    take: Callable[..., object]
    done: str
    form: type[forms.Form] = NothingToAsk
    is_harmful: bool = False

    @property
    def label(self) -> str:
        return self.step.capitalize()

    @property
    def slug(self) -> str:
        return self.step.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a case's story."""

    at: datetime
    who: str
    what: str
    note: str = ""

    @property
    def at_text(self) -> str:
        return instant(self.at)

    @property
    def badge(self) -> SafeString:
        return badge(self.what)


@dataclass(frozen=True, slots=True)
class Table:
    """columns     none where the first cell of each row names what stands in the second
    has_amounts  whether all cells but the first of each row are amounts
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    has_amounts: bool = False


@dataclass(frozen=True, slots=True)
class CasePage:
    """What the staff sees of one case.

    steps      names of the steps that its state offers
    objection  why this member of the staff may not take them; empty when they may
    asked      what the forms of the steps begin with
    """

    heading: str
    state: str
    facts: Sequence[tuple[str, object]]
    tables: Sequence[Table]
    story: Sequence[Moment]
    steps: Sequence[str]
    objection: str
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def badge(self) -> SafeString:
        return badge(self.state)


class CaseAdmin(ReadOnlyAdmin):
    """A table of cases, each with a page of its own and with steps to be taken."""

    id_argument: ClassVar[str]
    buttons: ClassVar[Sequence[Button]]

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        """The page of one case.

        raises  NotFound
        """
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        step = self.admin_site.admin_view(self.step_view)
        own = path("<int:case_id>/step/<slug:slug>/", step, name=f"{self._names}_step")
        return [own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The case's page, instead of a form."""
        if not object_id.isdecimal():
            raise Http404
        page = self._page(int(object_id), request)
        offered = [it for it in self.buttons if it.step in page.steps]
        context = self._context(request, page, case_id=object_id) | {"buttons": offered}
        return TemplateResponse(request, "admin/case.html", context)

    def step_view(self, request: HttpRequest, case_id: int, slug: str) -> HttpResponse:
        """Ask, say what will happen, and do it."""
        button = next((it for it in self.buttons if it.slug == slug), None)
        if button is None:
            raise Http404
        page = self._page(case_id, request)
        back = HttpResponseRedirect(self._address("change", case_id))
        if obstacle := self._obstacle(page, button):
            messages.error(request, obstacle)
            return back
        said = request.POST if request.method == "POST" else None
        form = button.form(said, initial=dict(page.asked))
        if form.is_valid():
            self._take(request, button, case_id, form.cleaned_data)
            return back
        context = self._context(request, page, case_id=str(case_id)) | {
            "title": f"{button.label}?",
            "button": button,
            "promise": button.promise.format(what=page.heading),
            "form": form,
        }
        return TemplateResponse(request, "admin/step.html", context)

    def _take(
        self, request: HttpRequest, button: Button, case_id: int, said: dict[str, Any]
    ) -> None:
        try:
            button.take(
                **{self.id_argument: case_id},
                actor=staff_of(request),
                now=clock.now(),
                **said,
            )
        except ExchangeError as refused:
            messages.error(request, f"Nothing was done. {refused.detail}")
        else:
            messages.success(request, button.done)

    def _page(self, case_id: int, request: HttpRequest) -> CasePage:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return self.case_page(case_id, request)
        except ExchangeError as unknown:
            raise Http404(unknown.detail) from unknown

    def _obstacle(self, page: CasePage, button: Button) -> str:
        if button.step not in page.steps:
            return f"Nothing was done. It is {page.state} already."
        return page.objection

    def _context(
        self, request: HttpRequest, page: CasePage, *, case_id: str
    ) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": page.heading,
            "opts": self.opts,
            "media": self.media,
            "page": page,
            "case_id": case_id,
            "case_url": self._address("change", case_id),
        }

    def _address(self, name: str, *parts: object) -> str:
        return reverse(f"admin:{self._names}_{name}", args=parts)

    @property
    def _names(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"


class Entering(admin.ModelAdmin[Any]):
    """Gives a table that nobody edits a page on which something is entered.

    right    who may
    heading  the page's title
    promise  what will happen
    done     what the page says afterwards; nothing when it is empty
    ends_at  the page that follows: "change" for the new row's own, or "changelist"
    """

    right: ClassVar[str]
    entry_form: ClassVar[type[forms.Form]]
    heading: ClassVar[str]
    promise: ClassVar[str]
    done: ClassVar[str]
    ends_at: ClassVar[str] = "change"

    def enter(self, said: Mapping[str, Any], *, actor: User) -> models.Model:
        """Call the service; what it refuses stands above the form."""
        raise NotImplementedError

    def asked(self, request: HttpRequest) -> Mapping[str, str]:
        """What the form begins with."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_of(request).has_perm(self.right)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask, say what will happen, and do it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        said = request.POST if request.method == "POST" else None
        form = self.entry_form(said, initial=dict(self.asked(request)))
        made = self._made(request, form) if form.is_valid() else None
        if made is not None:
            if self.done:
                messages.success(request, self.done)
            return HttpResponseRedirect(self._after(made))
        context = {
            **self.admin_site.each_context(request),
            "title": self.heading,
            "opts": self.opts,
            "media": self.media,
            "promise": self.promise,
            "form": form,
        }
        return TemplateResponse(request, "admin/step.html", context)

    def _made(self, request: HttpRequest, form: forms.Form) -> models.Model | None:
        try:
            return self.enter(form.cleaned_data, actor=staff_of(request))
        except ExchangeError as refused:
            form.add_error(None, refused.detail)
            return None

    def _after(self, made: models.Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{self.ends_at}"
        return reverse(name, args=[made.pk] if self.ends_at == "change" else [])


def staff_of(request: HttpRequest) -> User:
    """Who is at work; the staff site lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def objection_of(expect: Callable[[], None]) -> str:
    """Why `expect` refuses, for a page that explains it before anybody tries."""
    try:
        expect()
    except ExchangeError as refused:
        return refused.detail
    return ""


def badge(state: str) -> SafeString:
    """A state, in its colour."""
    return format_html('<span class="state state-{}">{}</span>', state, state)


def instant(at: datetime) -> str:
    """A moment to the second, always in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def short_instant(at: datetime) -> str:
    """A moment to the minute, in UTC, for a column that says so."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def shortened(text: str) -> SafeString:
    """The ends of an address or a reference; all of it when the mouse rests on it."""
    shown = text if len(text) <= 16 else f"{text[:8]}…{text[-6:]}"
    return format_html('<code title="{}">{}</code>', text, shown)


def notable(value: object) -> SafeString:
    """A value that deserves a second look."""
    return format_html('<b class="notable">{}</b>', value)


def linked(request: HttpRequest, row: models.Model, text: str) -> SafeString:
    """`text`, with a link to the row's page for those who may see it."""
    opts = row._meta
    if not request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        return format_html("{}", text)
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text)
