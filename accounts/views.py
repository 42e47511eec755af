"""Pages about who you are, by session: log in, sign up, log out. The API has tokens."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.generic import FormView
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.errors import EmailTaken, WeakPassword
from accounts.serializers import PASSWORD_MAX
from accounts.services import register
from accounts.throttling import LoginThrottle
from kernel.errors import Unavailable


class LoginForm(AuthenticationForm):
    """E-mail address in any case, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_messages = {
            "invalid_login": "This e-mail address and password do not belong together.",
            "inactive": "This account is closed.",
        }
        self.fields["username"].label = "E-mail address"

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).lower()


class SignUpForm(forms.Form):
    """What a new trader tells: no more than is needed to come back."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        validators=[RegexValidator(r"\A[\x21-\x7e]+\Z", "Plain ASCII letters only.")],
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    password = forms.CharField(
        strip=False,
        max_length=PASSWORD_MAX,
        help_text="At least 12 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def refusal_of_attempt(request: HttpRequest) -> HttpResponse | None:
    """Count an attempt to get in; the page that refuses it, if it is one too many or
    cannot be counted."""
    try:
        allowed = LoginThrottle().allow_request(Request(request), APIView())
    except Unavailable as away:
        context = {"why": away.detail}
        return render(request, "accounts/too_many.html", context, status=503)
    return None if allowed else render(request, "accounts/too_many.html", status=429)


class Counted:
    """Counts each attempt to get in, right or wrong, before a password is looked at."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refusal := refusal_of_attempt(request):
            return refusal
        answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class LoginPage(Counted, LoginView):
    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


class SignUpPage(Counted, RedirectURLMixin, FormView[SignUpForm]):
    """Registers and logs in at once, then goes to where the visitor wanted to trade."""

    template_name = "accounts/sign_up.html"
    form_class = SignUpForm
    next_page = settings.LOGIN_REDIRECT_URL

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            user = register(**form.cleaned_data)
        except WeakPassword as refused:
            form.add_error("password", refused.detail)
            return self.form_invalid(form)
        except EmailTaken as refused:
            form.add_error("email", refused.detail)
            return self.form_invalid(form)
        login(self.request, user)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"next": self.get_redirect_url()}


class LogoutPage(LogoutView):
    """Takes POST only, so that no link or image can log somebody out."""
