"""Forms of the workflow pages: they read the input; the services check it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from cases.files.encoding import ENCODINGS
from cases.files.limits import PAGE
from cases.files.tables import read_table
from cases.files.told import Told
from cases.kinds import ANY
from cases.services.field_properties import MAX_FIELDS
from cases.services.label_properties import MAX_LABELS
from hitl.flow.setup.rehearsal import Source
from hitl.shared.errors import Invalid, beside_its_field
from hitl.shared.given import whole_number
from policy.services.promises import Promise
from policy.types import Degree
from policy.web.forms import PercentField
from science.fields import Kind

_DEGREE_WORDS = {
    Degree.HUMAN_ONLY: "people decide every case",
    Degree.SHADOW: "people decide, the model scores unseen",
    Degree.ASSIST: "people decide, with the model's suggestion",
    Degree.PARTIAL: "the model decides what keeps the promise, people the rest",
}
FIRST_DEGREES = [(degree.value, f"{degree.label}: {words}") for degree, words in _DEGREE_WORDS.items()]
_LONG = forms.Textarea(attrs={"rows": 4})


class WordsForm(forms.Form):
    """The name of a workflow and the policy that reviewers decide by."""

    name = forms.CharField(max_length=100, help_text="What is decided here: Spam mail, Loan applications.")
    description = forms.CharField(required=False, max_length=1_000, help_text="In one sentence.")
    review_policy = forms.CharField(
        required=False,
        max_length=50_000,
        widget=_LONG,
        label="Policy",
        help_text="What reviewers decide by. They can open it at the desk.",
    )


class NewWorkflowForm(WordsForm):
    """A new workflow, apart from its fields and labels."""

    slug = forms.CharField(
        label="Short name",
        max_length=50,
        help_text="Used in URLs and by the API: a-z, 0-9 and -. It cannot be changed later.",
    )
    degree = forms.ChoiceField(
        label="Degree of automation",
        choices=FIRST_DEGREES,
        initial=Degree.HUMAN_ONLY,
        help_text="Until there is a model, people decide every case.",
    )
    target = PercentField(label="Promise: at most this many wrong, %", initial=0.01)
    confidence = PercentField(label="Confidence, %", initial=0.95)
    reviews_required = forms.IntegerField(label="Blind answers per case", initial=1)
    due_hours = forms.FloatField(label="Due after, hours", initial=24.0)

    def promise(self) -> Promise:
        """Return the promise that was typed."""
        return Promise(target=self.cleaned_data["target"], confidence=self.cleaned_data["confidence"])

    def review_rules(self) -> dict[str, float]:
        """Return the rules that were typed."""
        return {name: self.cleaned_data[name] for name in ("reviews_required", "due_hours")}


class FieldRow(forms.Form):
    """One field of a case; a row without a name is left out."""

    name = forms.CharField(required=False, max_length=100)
    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in Kind], initial=ANY.value)
    required = forms.BooleanField(required=False, initial=True)
    personal = forms.BooleanField(required=False)
    options = forms.CharField(required=False, max_length=10_000)
    was = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].widget.attrs["placeholder"] = "any, or: red | green | blue"
        _name_for_screen_readers(self, "Field")

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

    name = forms.CharField(required=False, max_length=100)
    hotkey = forms.CharField(required=False, max_length=1)
    cost = forms.FloatField(required=False, initial=1.0)
    meaning = forms.CharField(required=False, max_length=1_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost"].widget.attrs.update(step="any", min="0")
        self.fields["hotkey"].widget.attrs["placeholder"] = "auto"
        _name_for_screen_readers(self, "Label")

    def body(self) -> dict[str, Any] | None:
        """Return the label as the services take it."""
        data = self.cleaned_data
        if not data.get("name"):
            return None
        cost = data["cost"] if data["cost"] is not None else 1.0
        return {"name": data["name"], "hotkey": data["hotkey"], "cost": cost, "meaning": data["meaning"]}


class FileForm(forms.Form):
    """A file of rows, and which of its columns mean what; what is left empty is guessed."""

    file = forms.FileField(allow_empty_file=True, help_text="CSV, JSON lines or Parquet, gzipped or not.")
    label = forms.CharField(label="Column with the right answers", required=False, max_length=200)
    reference = forms.CharField(label="Column that names each case", required=False, max_length=200)
    time = forms.CharField(label="Column that says when it came in", required=False, max_length=200)
    entity = forms.CharField(
        label="Column that says what a case belongs to",
        required=False,
        max_length=200,
        help_text="A customer, a speaker, a document.",
    )
    day_first = forms.BooleanField(label="Dates like 1/2/2026 are days of February", required=False)
    month_first = forms.BooleanField(label="Dates like 1/2/2026 are days of January", required=False)
    encoding = forms.ChoiceField(
        label="Written in",
        required=False,
        choices=[("", "what it says itself, or UTF-8"), *ENCODINGS.items()],
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
    take = forms.BooleanField(required=False)
    attest = forms.BooleanField(required=False)
    all_new = forms.BooleanField(required=False)


def _name_for_screen_readers(form: forms.Form, what: str) -> None:
    number = (form.prefix or "0").rpartition("-")[2]
    shown = int(number) + 1 if number.isdigit() else 1
    for name, field in form.fields.items():
        if not field.widget.is_hidden:
            field.widget.attrs["aria-label"] = f"{what} {shown}: {name}"


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
