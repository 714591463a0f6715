"""Forms of the workflow pages: they read the input; the services check it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy, pgettext, pgettext_lazy

from cases.files.encoding import ENCODINGS
from cases.files.limits import PAGE
from cases.files.tables import read_table
from cases.files.told import Told
from cases.kinds import ANY, KINDS
from cases.services.field_properties import MAX_FIELDS
from cases.services.label_properties import MAX_LABELS
from hitl.flow.setup.rehearsal import Source
from hitl.shared.errors import Invalid, beside_its_field
from hitl.shared.given import whole_number
from policy.services.promises import Promise
from policy.types import Degree
from policy.web.forms import PercentField
from science.fields import Kind

FIRST_DEGREES = [
    (Degree.HUMAN_ONLY.value, gettext_lazy("Human only: people decide every case")),
    (Degree.SHADOW.value, gettext_lazy("Shadow: people decide, the model scores unseen")),
    (Degree.ASSIST.value, gettext_lazy("Assist: people decide, with the model's suggestion")),
    (
        Degree.PARTIAL.value,
        gettext_lazy("Partial: the model decides what keeps the promise, people the rest"),
    ),
]
_LONG = forms.Textarea(attrs={"rows": 4})


class WordsForm(forms.Form):
    """The name of a workflow and the policy that reviewers decide by."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What is decided here: Spam mail, Loan applications."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("In one sentence."),
    )
    review_policy = forms.CharField(
        required=False,
        max_length=50_000,
        widget=_LONG,
        label=gettext_lazy("Policy"),
        help_text=gettext_lazy("What reviewers decide by. They can open it at the desk."),
    )


class NewWorkflowForm(WordsForm):
    """A new workflow, apart from its fields and labels."""

    slug = forms.CharField(
        label=gettext_lazy("Short name"),
        max_length=50,
        help_text=gettext_lazy("Used in URLs and by the API: a-z, 0-9 and -. It cannot be changed later."),
    )
    degree = forms.ChoiceField(
        label=gettext_lazy("Degree of automation"),
        choices=FIRST_DEGREES,
        initial=Degree.HUMAN_ONLY,
        help_text=gettext_lazy("Until there is a model, people decide every case."),
    )
    target = PercentField(label=gettext_lazy("Promise: at most this many wrong, %"), initial=0.01)
    confidence = PercentField(label=gettext_lazy("Confidence, %"), initial=0.95)
    reviews_required = forms.IntegerField(label=gettext_lazy("Blind answers per case"), initial=1)
    due_hours = forms.FloatField(label=gettext_lazy("Due after, hours"), initial=24.0)

    def promise(self) -> Promise:
        """Return the promise that was typed."""
        return Promise(target=self.cleaned_data["target"], confidence=self.cleaned_data["confidence"])

    def review_rules(self) -> dict[str, float]:
        """Return the rules that were typed."""
        return {name: self.cleaned_data[name] for name in ("reviews_required", "due_hours")}


class FieldRow(forms.Form):
    """One field of a case; a row without a name is left out."""

    name = forms.CharField(label=pgettext_lazy("column", "name"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=pgettext_lazy("column", "kind"),
        choices=[(kind.value, KINDS[kind].word) for kind in Kind],
        initial=ANY.value,
    )
    required = forms.BooleanField(label=pgettext_lazy("column", "required"), required=False, initial=True)
    personal = forms.BooleanField(label=pgettext_lazy("column", "personal"), required=False)
    options = forms.CharField(label=pgettext_lazy("column", "options"), required=False, max_length=10_000)
    was = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].widget.attrs["placeholder"] = gettext("any, or: red | green | blue")
        _name_for_screen_readers(self, gettext("Field %(number)s: %(column)s"))

    def body(self, before: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
        """Return the field as the services take it; what this page does not show stays as it was."""
        data = self.cleaned_data
        if not data.get("name"):
            return None
        kept = dict(before.get(data["was"] or data["name"], {}))
        if kept.get("kind") != data["kind"]:
            kept = {}
        options = [option.strip() for option in data["options"].split("|") if option.strip()]
        typed = {name: data[name] for name in ("name", "kind", "required", "personal")}
        return kept | typed | {"options": options}


class LabelRow(forms.Form):
    """One label; a row without a name is left out."""

    name = forms.CharField(label=pgettext_lazy("column", "name"), required=False, max_length=100)
    hotkey = forms.CharField(label=pgettext_lazy("column", "hotkey"), required=False, max_length=1)
    cost = forms.FloatField(label=pgettext_lazy("column", "cost"), required=False, initial=1.0)
    meaning = forms.CharField(label=pgettext_lazy("column", "meaning"), required=False, max_length=1_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost"].widget.attrs.update(step="any", min="0")
        self.fields["hotkey"].widget.attrs["placeholder"] = pgettext("of the keyboard", "auto")
        _name_for_screen_readers(self, gettext("Label %(number)s: %(column)s"))

    def body(self) -> dict[str, Any] | None:
        """Return the label as the services take it."""
        data = self.cleaned_data
        if not data.get("name"):
            return None
        cost = data["cost"] if data["cost"] is not None else 1.0
        return {"name": data["name"], "hotkey": data["hotkey"], "cost": cost, "meaning": data["meaning"]}


class FileForm(forms.Form):
    """A file of rows, and which of its columns mean what; what is left empty is guessed."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, JSON lines or Parquet, gzipped or not."),
    )
    label = forms.CharField(
        label=gettext_lazy("Column with the right answers"), required=False, max_length=200
    )
    reference = forms.CharField(
        label=gettext_lazy("Column that names each case"), required=False, max_length=200
    )
    time = forms.CharField(
        label=gettext_lazy("Column that says when it came in"), required=False, max_length=200
    )
    entity = forms.CharField(
        label=gettext_lazy("Column that says what a case belongs to"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A customer, a speaker, a document."),
    )
    day_first = forms.BooleanField(
        label=gettext_lazy("Dates like 1/2/2026 are days of February"), required=False
    )
    month_first = forms.BooleanField(
        label=gettext_lazy("Dates like 1/2/2026 are days of January"), required=False
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Written in"),
        required=False,
        choices=[("", gettext_lazy("what it says itself, or UTF-8")), *ENCODINGS.items()],
    )
    allow_refused = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=0, max_value=1)

    def told(self) -> Told:
        """Return what was said of the columns."""
        data = self.cleaned_data
        return Told(
            label=data["label"] or None,
            reference=data["reference"] or None,
            time=data["time"] or None,
            entity=data["entity"] or None,
            day_first=True if data["day_first"] else False if data["month_first"] else None,
            encoding=data["encoding"] or None,
        )

    def source(self) -> Source:
        """Return the file that was sent; cells of images and recordings name nothing in it."""
        upload, told = self.cleaned_data["file"], self.told()
        return Source.of_open_file(
            lambda: read_table(upload.file, upload.name, encoding=told.encoding, limits=PAGE),
            upload.name,
            told,
        )


class KeptFileForm(forms.Form):
    """The file that a workflow is made from: kept since it was looked at, and what its rows are."""

    kept = forms.UUIDField(widget=forms.HiddenInput)
    take = forms.BooleanField(label=gettext_lazy("Take them in"), required=False)
    attest = forms.BooleanField(
        label=gettext_lazy("They are a random and recent sample, labelled without sight of a model"),
        required=False,
    )
    all_new = forms.BooleanField(label=gettext_lazy("Every row is a new case"), required=False)


def _name_for_screen_readers(form: forms.Form, words: str) -> None:
    place = (form.prefix or "0").rpartition("-")[2]
    number = int(place) + 1 if place.isdigit() else 1
    for field in form.fields.values():
        if not field.widget.is_hidden:
            field.widget.attrs["aria-label"] = words % {"number": number, "column": field.label}


class SchemaForm:
    """The tables of fields and labels on one page, bound to what was sent or filled with what is there."""

    EXTRA = 3

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        fields: Sequence[Mapping[str, Any]] = (),
        labels: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._before = {field["name"]: field for field in fields}
        extra = 1 if fields else self.EXTRA
        field_set = formset_factory(FieldRow, extra=extra, max_num=MAX_FIELDS, absolute_max=MAX_FIELDS + 50)
        label_set = formset_factory(
            LabelRow, extra=1 if labels else self.EXTRA, max_num=MAX_LABELS, absolute_max=MAX_LABELS + 50
        )
        self.fields: BaseFormSet[FieldRow] = field_set(
            data, prefix="fields", initial=[_shown(field) for field in fields]
        )
        self.labels: BaseFormSet[LabelRow] = label_set(
            data, prefix="labels", initial=[dict(x) for x in labels]
        )
        self.problems: list[str] = []

    def is_valid(self) -> bool:
        """Tell whether what was sent could be read."""
        return all([self.fields.is_valid(), self.labels.is_valid()])

    def bodies(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return fields and labels as the services take them."""
        fields = [row.body(self._before) for row in self.fields]
        labels = [row.body() for row in self.labels]
        return [field for field in fields if field], [label for label in labels if label]

    def refuse(self, refused: Invalid, form: forms.Form | None = None) -> None:
        """Show a service's objections at the row or field that they are about."""
        rows: dict[str, list[Any]] = {
            "fields": [row for row in self.fields if row.cleaned_data.get("name")],
            "labels": [row for row in self.labels if row.cleaned_data.get("name")],
        }
        for problem in refused.facts["errors"]:
            words = beside_its_field(problem)
            table, _, rest = problem["field"].partition("[")
            place, _, name = rest.partition("]")
            if table in rows and place.isdigit() and int(place) < len(rows[table]):
                row = rows[table][int(place)]
                name = name.lstrip(".").partition("[")[0]
                row.add_error(name if name in row.fields else NON_FIELD_ERRORS, words)
            elif form is not None and problem["field"].rpartition(".")[2] in form.fields:
                form.add_error(problem["field"].rpartition(".")[2], words)
            else:
                self.problems.append(f"{problem['field'].capitalize()}: {words}")


def with_more_rows(data: QueryDict, prefix: str) -> QueryDict:
    """Return what was sent with a few empty rows more at the end of a table."""
    changed = data.copy()
    rows = whole_number(changed.get(f"{prefix}-TOTAL_FORMS", "0"), most=MAX_FIELDS + MAX_LABELS) or 0
    changed[f"{prefix}-TOTAL_FORMS"] = str(rows + SchemaForm.EXTRA)
    for row in range(rows, rows + SchemaForm.EXTRA):  # as an empty row begins
        changed.setdefault(f"{prefix}-{row}-required" if prefix == "fields" else f"{prefix}-{row}-cost", "1")
    return changed


def _shown(field: Mapping[str, Any]) -> dict[str, Any]:
    return {**field, "options": " | ".join(field.get("options", ())), "was": field["name"]}
