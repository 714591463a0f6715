"""Forms of sign-in and profile."""

import time
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from hitl.accounts.hashing import SignInBusy, rest
from hitl.accounts.models import User
from hitl.shared import clock
from hitl.shared.client_address import client_address
from hitl.shared.words import shown
from hitl.web.persons_language import zones
from hitl.web.signing_in import note_failure, note_throttled
from hitl.web.throttle import (
    FAILURES_OF_AN_ADDRESS,
    TooManyAttempts,
    begin_attempt,
    forget_attempts,
    source_of,
)

PREFERENCES = ("language", "zone")


class SignInForm(AuthenticationForm):
    """Name and password, counted by the throttle."""

    error_messages = {
        "invalid_login": gettext_lazy("Name and password do not match. Mind capital letters."),
        "inactive": gettext_lazy("This account is switched off. Ask an administrator."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = gettext_lazy("Name")
        self.fields["username"].error_messages["required"] = gettext_lazy("Enter the name of your account.")
        self.fields["password"].error_messages["required"] = gettext_lazy("Enter your password.")

    def clean(self) -> dict[str, Any]:
        """Check the password, unless there were too many failures lately."""
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address, now = client_address(self.request), clock.now()
        source = source_of(name, address)
        try:
            one = begin_attempt(source=source_of("", address), most=FAILURES_OF_AN_ADDRESS, now=now)
            other = begin_attempt(source=source, now=now)
        except TooManyAttempts as refused:
            note_throttled(name, address=address, now=now)
            raise ValidationError(shown(refused.message), code=refused.code) from refused
        began = time.monotonic()
        try:
            cleaned: dict[str, Any] = super().clean()
        except SignInBusy as busy:
            forget_attempts(one, other)
            raise ValidationError(shown(busy.message), code=busy.code) from busy
        except ValidationError:
            rest(time.monotonic() - began)
            note_failure(name, address=address, now=now)
            raise
        forget_attempts(one, source=source)
        return cleaned


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """What a person may change about themselves; language and time zone are among their preferences."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), required=False, help_text=gettext_lazy("All times are shown in it.")
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        browser = ("", gettext("As the browser asks for"))
        self._offer("language", [browser, *settings.LANGUAGES])
        self._offer("zone", [("", "UTC"), *((name, name) for name in zones())])
        if len(settings.LANGUAGES) == 1:  # nothing to choose
            del self.fields["language"]

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        field.choices = choices
        field.initial = self.instance.preferences.get(name, "")

    def save(self, commit: bool = True) -> User:
        """Save the account; what is left to the browser and to the service is not kept."""
        chosen = {name: self.cleaned_data[name] for name in PREFERENCES if name in self.fields}
        preferences = {**self.instance.preferences, **chosen}
        self.instance.preferences = {k: v for k, v in preferences.items() if k not in PREFERENCES or v}
        saved: User = super().save(commit)
        return saved
