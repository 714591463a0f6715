"""Forms of sign-in and profile."""

import time
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from hitl.accounts.hashing import SignInBusy, rest
from hitl.accounts.models import User
from hitl.shared import clock
from hitl.shared.client_address import client_address
from hitl.web.signing_in import note_failure, note_throttled
from hitl.web.throttle import (
    FAILURES_OF_AN_ADDRESS,
    TooManyAttempts,
    begin_attempt,
    forget_attempts,
    source_of,
)


class SignInForm(AuthenticationForm):
    """Name and password, counted by the throttle."""

    error_messages = {
        "invalid_login": "Name and password do not match. Mind capital letters.",
        "inactive": "This account is switched off. Ask an administrator.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "Name"
        self.fields["username"].error_messages["required"] = "Enter the name of your account."
        self.fields["password"].error_messages["required"] = "Enter your password."

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
            raise ValidationError(refused.message, code=refused.code) from refused
        began = time.monotonic()
        try:
            cleaned: dict[str, Any] = super().clean()
        except SignInBusy as busy:
            forget_attempts(one, other)
            raise ValidationError(busy.message, code=busy.code) from busy
        except ValidationError:
            rest(time.monotonic() - began)
            note_failure(name, address=address, now=now)
            raise
        forget_attempts(one, source=source)
        return cleaned


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """What a person may change about themselves."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")
