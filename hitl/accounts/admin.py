"""People in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group

from hitl.accounts.models import User
from hitl.accounts.types import Role

admin.site.unregister(Group)  # roles say what a person may do


class _Roles(forms.MultipleChoiceField):
    """The roles as check boxes instead of words with commas."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"choices": Role.choices, "required": False, "help_text": "What this person may do."}
        super().__init__(**kwargs)


class NewPersonForm(BaseUserCreationForm):  # type: ignore[type-arg]  # generic only in the stubs
    """A name, a password, and what the person may do."""

    roles = _Roles()

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username", "roles")


class PersonForm(UserChangeForm):  # type: ignore[type-arg]  # generic only in the stubs
    """As Django's, with the roles."""

    roles = _Roles()


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """Django's own, with roles in the place of groups and permissions."""

    form = PersonForm
    add_form = NewPersonForm
    list_display = ("username", "email", "roles", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("username", "password")}),
        ("About the person", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("roles", "is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets: Any = (
        (None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "roles")}),
    )
