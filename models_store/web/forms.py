"""Forms of the model pages."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from models_store.models import TrainingSettings
from models_store.services.remote_terms import RemoteTerms
from models_store.types import Door


class TrainingSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """When a workflow trains by itself."""

    class Meta:
        model = TrainingSettings
        fields = (
            "is_automatic",
            "min_new_labels",
            "every_hours",
            "challengers_wait",
            "shadow_share",
            "disagreements_a_day",
            "most_wrong_in_a_slice",
            "trusted_fields",
            "unread_words",
        )

    def wanted(self) -> dict[str, Any]:
        """Return what was chosen, for the service."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class SourceForm(forms.Form):
    """A version of a model elsewhere, with the known answers that its label map is tried on."""

    model = forms.CharField(
        label=gettext_lazy("Model"),
        max_length=200,
        help_text=gettext_lazy("The name that comes with each score."),
    )
    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=200,
        help_text=gettext_lazy("Exactly as it comes: a case with another version goes to a person."),
    )
    label_map = forms.CharField(
        label=gettext_lazy("Labels"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("A line for each label that it sends: its word = the workflow's label."),
    )
    known_answers = forms.CharField(
        label=gettext_lazy("Known answers"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy(
            'At least 20 cases whose answer is known, one JSON object a line: {"label": the true one,'
            ' "probabilities": as they will be sent}; of one that is asked {"label": ..., "content": the'
            " case}."
        ),
    )
    door = forms.ChoiceField(label=gettext_lazy("How its scores come"), choices=Door.choices)
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://models.example/v2/models/spam/infer"}),
        help_text=gettext_lazy("Where it is asked, in full."),
    )
    secret = forms.CharField(
        label=gettext_lazy("Authorization"),
        max_length=5000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "The value of the header, like Bearer sk-…. Kept encrypted, and never shown again."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("ONNX file"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "Of one that workers run themselves: at most 20 MiB, with its weights inside."
        ),
    )
    options = forms.JSONField(
        label=gettext_lazy("Options"),
        required=False,
        initial=dict,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "JSON, for the door: input and output, template and predictions, prompt or votes."
        ),
    )
    seconds = forms.FloatField(
        label=gettext_lazy("Seconds for one answer"), required=False, initial=10, min_value=0.1, max_value=120
    )
    deadline_seconds = forms.FloatField(
        label=gettext_lazy("Seconds that a case waits"),
        required=False,
        initial=60,
        min_value=0.1,
        max_value=3600,
        help_text=gettext_lazy("Then a person is asked."),
    )
    price = forms.FloatField(
        label=gettext_lazy("Price"),
        required=False,
        initial=0,
        min_value=0,
        max_value=1e6,
        help_text=gettext_lazy("Of one request; of 1,000 tokens where a language model counts them."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, labels: Sequence[str]) -> None:
        super().__init__(
            data, files, initial={"label_map": "\n".join(f"{label} = {label}" for label in labels)}
        )

    def clean_label_map(self) -> dict[str, str]:
        """Read `their word = our label`, a line each."""
        found: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["label_map"].splitlines()):
            sent, equals, label = line.rpartition("=")
            if not equals or not sent.strip() or not label.strip():
                words = gettext("“%(line)s” is no pair. Write: its word = the workflow's label.")
                raise forms.ValidationError(words % {"line": line[:60]})
            if sent.strip() in found:
                words = gettext("“%(name)s” stands there twice. Keep one of the lines.")
                raise forms.ValidationError(words % {"name": sent.strip()[:60]})
            found[sent.strip()] = label.strip()
        return found

    def clean_known_answers(self) -> list[Any]:
        """Read a JSON object a line."""
        found = []
        for number, line in enumerate(self.cleaned_data["known_answers"].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                words = gettext("Line %(line)s is not valid JSON. Write an object on each line.")
                raise forms.ValidationError(words % {"line": number}) from None
        return found

    def told(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        typed = self.cleaned_data
        told = {name: typed[name] for name in ("model", "version", "label_map", "known_answers")}
        if typed["door"] == Door.SCORE_IN:
            return told
        return told | {
            "remote": RemoteTerms(
                door=typed["door"],
                address=typed["address"],
                secret=typed["secret"],
                options=typed["options"] or {},
                seconds=typed["seconds"] or 10.0,
                deadline_seconds=typed["deadline_seconds"] or 60.0,
                price=typed["price"] or 0.0,
                file=typed["file"].read() if typed["file"] else b"",
            )
        }
