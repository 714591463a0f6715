"""Fields that forms of several rooms have."""

from typing import Any

from django import forms

MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment to the minute, by the browser's own control; it sends seconds where they are set."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
        super().__init__(input_formats=[MOMENT, f"{MOMENT}:%S"], widget=widget, **kwargs)
