"""People in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from hitl.accounts.changes import facts_of, note_account
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed

admin.site.unregister(Group)  # roles say what a person may do


class _Roles(forms.MultipleChoiceField):
    """The roles as check boxes instead of words with commas."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {
            "choices": Role.choices,
            "required": False,
            "help_text": gettext_lazy("What this person may do."),
        }
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
        (gettext_lazy("About the person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("What they may do"), {"fields": ("roles", "is_active", "is_staff", "is_superuser")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets: Any = (
        (None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "roles")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the account, and say in the audit log what changed."""
        before = facts_of(obj.pk) if change else None
        super().save_model(request, obj, form, change)
        note_account(obj, before, actor=_actor(request), now=clock.now())

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Remove the account, and say so."""
        self.delete_queryset(request, self.get_queryset(request).filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove accounts, and say so of each."""
        with transaction.atomic():
            gone = [(person, facts_of(person.pk)) for person in queryset]
            super().delete_queryset(request, queryset)
            for person, before in gone:
                note_account(person, before, actor=_actor(request), now=clock.now())

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Give the account another password, and say so."""
        with transaction.atomic():
            person = self.get_object(request, unquote(id))
            before = facts_of(person.pk) if person else None
            response = super().user_change_password(request, id, form_url)
            if person and before:
                note_account(person, before, actor=_actor(request), now=clock.now())
        return response


def _actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User):
        raise NotAllowed()
    return request.user.as_actor()
