"""Fields that forms of several rooms have."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext

from hitl.shared.given import is_in_calendar

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

    def to_python(self, value: Any) -> Any:
        """Return the moment; one that no other zone could say is none."""
        found = super().to_python(value)
        if found is not None and not is_in_calendar(found):
            raise forms.ValidationError(gettext("Give a time of the years 2 to 9998."))
        return found


def _with_zone(label: Any) -> str:
    return str(label) % {"zone": get_current_timezone_name()}


_in_zone = lazy(_with_zone, str)
