"""A page that asks for something new, and calls one service."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import User
from accounts.staff import staff_of
from kernel.errors import ExchangeError


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

    def enter(self, said: Mapping[str, Any], *, actor: User) -> Model:
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

    def _made(self, request: HttpRequest, form: forms.Form) -> Model | None:
        try:
            return self.enter(form.cleaned_data, actor=staff_of(request))
        except ExchangeError as refused:
            form.add_error(None, refused.detail)
            return None

    def _after(self, made: Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{self.ends_at}"
        return reverse(name, args=[made.pk] if self.ends_at == "change" else [])
