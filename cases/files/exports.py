"""Read the exports of labelling tools, which are recognised by their shape.

What a tool adds for itself (hashes, times, who answered) is no field of a case: much of it is known only
after the answer, and a model that learns from it has learnt nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.files.errors import Unreadable
from hitl.shared.words import Words

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """A tool's export.

    Attributes:
        tool: what it is called.
        fits: whether a row is one of it.
        case: the row as `{"content": {...}, "label": ..., ...}`; the second argument says that the file is
            one of text, which knows no types.
        label, reference, time, case_id: the columns that mean this, where nothing else is told.
    """

    tool: str
    fits: Callable[[Mapping[str, Any]], bool]
    case: Callable[[Row, bool], Row]
    label: str | None = "label"
    reference: str | None = None
    time: str | None = None
    case_id: str | None = None

    @property
    def said(self) -> Words:
        """What is said of a file that is one, and of what is left out of it."""
        if self.fits is _is_ours:
            return Words("This is an export of %(tool)s.", tool=self.tool)
        return Words(
            "This is an export of %(tool)s. What it adds for itself is left out: who answered and when, and"
            " metadata.",
            tool=self.tool,
        )


def export_of(row: Mapping[str, Any]) -> Export | None:
    """Return the tool whose export a row is of; None where it is of none that is known."""
    return next((export for export in EXPORTS if export.fits(row)), None)


def one_of(cells: object) -> object:
    """Return the element of a list of one, None for an empty one, and everything else as it is."""
    if isinstance(cells, list) and len(cells) <= 1:
        return cells[0] if cells else None
    return cells


def _apart(row: Row, outside: Callable[[str], bool], **more: Any) -> Row:
    content = {name: cell for name, cell in row.items() if not outside(name)}
    return {name: cell for name, cell in row.items() if outside(name)} | {"content": content} | more


_OURS = {"id", "reference", "status", "answer", "origin", "schema_version"}
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula."""


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula (OWASP, CSV injection); `unguarded` undoes it."""
    return "'" + text if text.lstrip(" '").startswith(RISKY) else text


def unguarded(text: str) -> str:
    """Return the text that was guarded."""
    return text[1:] if text.startswith("'") and text.lstrip(" '").startswith(RISKY) else text


def _is_ours(row: Mapping[str, Any]) -> bool:
    return row.keys() >= _OURS and ("content" in row or any(name.startswith("content.") for name in row))


def is_without_content(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is of an export of ours that names cases and does not hold what they say."""
    return "content" not in row and (
        row.keys() >= {"id", "case_id", "label", "schema_version", "superseded_at"}
        or row.keys() >= {"case_id", "epoch", "sequence", "route"}
    )


def _ours(row: Row, is_text: bool) -> Row:
    if is_text:
        row = {name: unguarded(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
    if isinstance(row.get("content"), dict):
        return row
    content = {name.removeprefix("content."): row[name] for name in row if name.startswith("content.")}
    return {name: cell for name, cell in row.items() if not name.startswith("content.")} | {
        "content": content
    }


def _is_prodigy(row: Mapping[str, Any]) -> bool:
    return "_task_hash" in row and "answer" in row


def _prodigy(row: Row, is_text: bool) -> Row:
    """Choices are `accept`; an accepted or rejected label is one of two; else the answer is the label."""
    answer, chosen, label = row.get("answer"), row.get("accept"), row.get("label")
    if answer == "ignore":
        return Unreadable(Words("ignored by whoever labelled it"))
    if isinstance(chosen, list):
        said = one_of(chosen) if answer == "accept" else None
    elif isinstance(label, str) and label:
        said = label if answer == "accept" else f"not {label}"
    else:
        said = answer
    own = {"answer", "accept", "label", "meta", "options", "config", "spans", "tokens", "html", "style"}
    return _apart(row, lambda name: name.startswith("_") or name in own, label=said)


def _is_label_studio(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("data"), dict) and ("annotations" in row or "completions" in row)


def _label_studio(row: Row, is_text: bool) -> Row:
    given = _objects(row.get("annotations") or row.get("completions"))
    said = {str(choice) for each in given if not each.get("was_cancelled") for choice in _choices(each)}
    if len(said) > 1:
        return _of_several(said)
    outside = {name: cell for name, cell in row.items() if not isinstance(cell, list | dict)}
    return outside | {"content": row["data"], "label": next(iter(said), None)}


def _of_several(labels: set[str]) -> Unreadable:
    return Unreadable(
        Words("labelled in more than one way: %(labels)s", labels=", ".join(sorted(labels))[:100])
    )


def _objects(cell: object) -> list[dict[str, Any]]:
    """Return the objects of a list; none of what is no list."""
    return [each for each in cell if isinstance(each, dict)] if isinstance(cell, list) else []


def _choices(annotation: Mapping[str, Any]) -> list[object]:
    results = _objects(annotation.get("result"))
    values = [each["value"] for each in results if isinstance(each.get("value"), dict)]
    return [
        one_of(value.get(kind)) if kind in ("choices", "taxonomy") else value[kind]
        for value in values
        for kind in ("choices", "rating", "taxonomy")
        if value.get(kind)
    ]


_MIN = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time", "id", "agreement"}


def _is_label_studio_min(row: Mapping[str, Any]) -> bool:
    return row.keys() >= {"annotator", "annotation_id", "lead_time"}


def _label_studio_min(row: Row, is_text: bool) -> Row:
    return _apart(row, lambda name: name in _MIN)


def _is_argilla(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("fields"), dict) and ("responses" in row or "annotation" in row)


def _argilla(row: Row, is_text: bool) -> Row:
    said: set[str] = set()
    responses = row.get("responses")
    questions = responses.values() if isinstance(responses, dict) else []
    for answers in questions:
        for answer in _objects(answers):
            if answer.get("status") != "discarded":
                said.add(str(one_of(answer.get("value"))))
    said.discard("None")
    if len(said) > 1:
        return _of_several(said)
    outside = {name: cell for name, cell in row.items() if not isinstance(cell, list | dict)}
    return outside | {"content": row["fields"], "label": next(iter(said), None)}


def _is_argilla_1(row: Mapping[str, Any]) -> bool:
    return "annotation" in row and "prediction" in row and ("text" in row or "inputs" in row)


def _argilla_1(row: Row, is_text: bool) -> Row:
    inputs = row["inputs"] if isinstance(row.get("inputs"), dict) else {"text": row.get("text")}
    outside = {name: cell for name, cell in row.items() if name not in ("text", "inputs", "annotation")}
    return outside | {"content": inputs, "label": one_of(row["annotation"])}


def _is_doccano(row: Mapping[str, Any]) -> bool:
    label = row.get("label", row.get("labels"))
    is_list = isinstance(label, list) and all(isinstance(each, str) for each in label)
    return is_list and "text" in row and ("id" in row or "Comments" in row)


def _doccano(row: Row, is_text: bool) -> Row:
    label = row.get("label", row.get("labels"))
    own = {"id", "label", "labels", "Comments", "comments", "annotation_approver", "meta"}
    return _apart(row, own.__contains__, label=one_of(label))


EXPORTS = (
    Export(
        # Translators: "This is an export of this service.", "which this service exported"
        Words("this service"),
        _is_ours,
        _ours,
        label="answer",
        reference="reference",
        time="received_at",
        case_id="id",
    ),
    Export("Prodigy", _is_prodigy, _prodigy),
    Export("Label Studio", _is_label_studio, _label_studio),
    Export("Label Studio", _is_label_studio_min, _label_studio_min, label=None),
    Export("Argilla", _is_argilla, _argilla),
    Export("Argilla", _is_argilla_1, _argilla_1),
    Export("doccano", _is_doccano, _doccano),
)
