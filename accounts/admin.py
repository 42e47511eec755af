"""People, as the staff sees them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.http import HttpRequest

from accounts.models import User


class NewPersonForm(BaseUserCreationForm[User]):
    """E-mail address and password; the address is kept in lower case."""

    class Meta:
        model = User
        fields = ("email",)
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class PersonForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class PeopleAdmin(UserAdmin[User]):
    """Nobody is deleted: their money and their story stay."""

    form = PersonForm
    add_form = NewPersonForm
    actions = None
    ordering = ["email"]
    list_display = ["email", "is_active", "is_staff", "created_at", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["email"]
    search_help_text = "E-mail address."
    readonly_fields = ["created_at", "last_login"]
    show_full_result_count = False
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["created_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "password1", "password2"]})]

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> list[str] | tuple[str, ...]:
        """Nobody but a superuser gives rights, to others or to themselves."""
        fields = [*super().get_readonly_fields(request, obj)]
        if not getattr(request.user, "is_superuser", False):
            fields += ["is_staff", "groups", "user_permissions"]
        return fields

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
