"""Fields that forms of several rooms have."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.timezone import get_current_timezone_name

MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment to the minute, by the browser's own control; it sends seconds where they are set.

    It is read in the zone of the person's pages, which its label has to name: `From (%(zone)s)`.
    """

    def __init__(self, *, label: Any, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
        super().__init__(
            input_formats=[MOMENT, f"{MOMENT}:%S"], widget=widget, label=_in_zone(label), **kwargs
        )


def _with_zone(label: Any) -> str:
    return str(label) % {"zone": get_current_timezone_name()}


_in_zone = lazy(_with_zone, str)
