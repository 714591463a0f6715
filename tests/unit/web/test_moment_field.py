"""A form reads a moment in the zone that its label names, whoever asks and wherever the form stands."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django import forms
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from hitl.web.fields import MomentField

ROOT = Path(__file__).parents[3]
APPS = ("cases", "hitl", "models_store", "monitoring", "policy", "reviews")


class Form(forms.Form):
    """With a moment."""

    since = MomentField(label=gettext_lazy("From (%(zone)s)"))


@pytest.mark.parametrize(
    ("zone", "at"), [("UTC", (14, 30)), ("Europe/Berlin", (12, 30)), ("Asia/Kolkata", (9, 0))]
)
def test_the_label_names_the_zone_it_is_read_in(zone: str, at: tuple[int, int]) -> None:
    with timezone.override(zone):
        form = Form({"since": "2026-07-01T14:30"})
        assert form.is_valid()
        assert form.cleaned_data["since"] == datetime(2026, 7, 1, *at, tzinfo=UTC)
        assert zone in str(form["since"].label)
        with translation.override("de"):
            assert str(form["since"].label) == f"Von ({zone})"


@pytest.mark.parametrize("said", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_moment_that_another_zone_could_not_say_is_refused(said: str) -> None:
    with timezone.override("America/New_York"):
        assert Form({"since": said}).errors == {"since": ["Give a time of the years 2 to 9998."]}


def test_no_form_has_a_moment_of_another_kind() -> None:
    found = []
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if path == ROOT / "hitl/web/fields.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if ast.unparse(node) in ("forms.DateTimeField", "forms.DateTimeInput"):
                    found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', '?')}")
    assert not found
