"""Find which rows of a history are new, already here, or in conflict with a case of their reference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from cases.content import checker_for, printable
from cases.models import Case, Label, SchemaVersion
from cases.reference import check_reference
from cases.services.labelled import Imported, Labelled, NewCase, checked
from cases.services.row_names import RowNames
from cases.types import Purpose
from hitl.shared.errors import Problem
from hitl.shared.words import Words
from science.fields import Kind, Schema

_Case = dict[str, Any]


def sorted_out(
    items: Sequence[Labelled],
    *,
    schema: Schema,
    version: SchemaVersion | None,
    asset: Callable[[bytes | str, Kind], str],
    names: RowNames,
    all_new: bool,
    now: datetime,
) -> tuple[dict[str, NewCase], Imported]:
    """Return the new cases by name, and what becomes of all: each row is new, known or refused, once.

    `version` is that of the workflow that the rows are for, None where it is yet to be made. `asset`: as
    `checked` takes it.
    """
    checker, result = checker_for(schema), Imported()
    there = _there(version, items)
    fit: list[tuple[int, Labelled, bytes]] = []
    known: list[UUID] = []
    for place, item in enumerate(items):
        if not all_new and item.case_id in there.by_id:  # of our own export, perhaps without a label yet
            known.append(there.by_id[item.case_id]["id"])
            continue
        content, problems = checked(item, checker, schema, asset=asset)
        if content is None:
            result.refused.append((place, problems))
        else:
            fit.append((place, item, orjson.dumps(content, option=orjson.OPT_SORT_KEYS)))
    found: dict[str, NewCase] = {}
    unnamed: list[tuple[str, NewCase]] = []
    for place, item, body in fit:
        new = NewCase(body, item.label, item.at or now, item.entity)
        reference, _ = check_reference(item.reference)
        if reference is not None:
            before = there.by_reference.get(reference)
            is_same = names.says_the_same(reference, body, item.label)
            if before is None and is_same is None:
                found[reference] = new
                continue
            if not all_new:
                if not (_is_same(before, new, version) if is_same is None else is_same):
                    result.refused.append((place, [_taken(reference)]))
                elif before is None:
                    result.known += 1
                else:
                    known.append(before["id"])
                continue
        unnamed.append((names.name(body, item.label), new))
    here = _named(version, [name for name, _ in unnamed])
    for name, new in unnamed:
        if name in here:
            known.append(here[name])
        else:
            found[name] = new
    result.taken = len(found)
    result.known += len(known)
    result.unattested = len(known) - _attested(known)
    result.cases = known
    result.refused.sort(key=lambda row: row[0])
    return found, result


def _named(version: SchemaVersion | None, names: Sequence[str]) -> dict[str | None, UUID]:
    if version is None or not names:
        return {}
    cases = Case.objects.filter(workflow_id=version.workflow_id, reference__in=names)
    return dict(cases.values_list("reference", "id"))


@dataclass(frozen=True, slots=True)
class _There:
    """Cases of the workflow that rows may mean, by reference and by their identifier here."""

    by_reference: Mapping[str | None, _Case]
    by_id: Mapping[UUID | None, _Case]


def _there(version: SchemaVersion | None, items: Sequence[Labelled]) -> _There:
    if version is None:
        return _There({}, {})
    references = [name for item in items if (name := check_reference(item.reference)[0]) is not None]
    ids = [item.case_id for item in items if item.case_id is not None]
    named = _cases(version, reference__in=references) if references else []
    by_case = {case["id"]: case for case in named}
    for case_id, label in Label.objects.filter(case_id__in=by_case).values_list("case_id", "label"):
        by_case[case_id]["labels"].add(label)
    met = _cases(version, pk__in=ids) if ids else []
    return _There({case["reference"]: case for case in named}, {case["id"]: case for case in met})


def _cases(version: SchemaVersion, **which: Any) -> list[_Case]:
    cases = Case.objects.filter(workflow_id=version.workflow_id, **which)
    rows = cases.values("id", "reference", "content", "schema_version")
    return [{**row, "labels": set()} for row in rows]


def _is_same(case: _Case | None, new: NewCase, version: SchemaVersion | None) -> bool:
    """Tell whether a row says what is or was stored. A CSV knows no null, so an empty text is one.

    Content of another version of the schema cannot be compared; there the reference alone speaks.
    """
    if case is None or version is None or case["schema_version"] != version.number:
        return case is not None
    is_labelled_so = not case["labels"] or new.label in case["labels"]
    return is_labelled_so and _filled(case["content"]) == _filled(orjson.loads(new.body))


def _filled(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value not in (None, "")}


def _taken(reference: str) -> Problem:
    return Problem(
        field="reference",
        error=Words(
            '"%(reference)s" names another case, with other content or another label',
            reference=printable(reference),
        ),
        fix="Name another column, or take all rows as new cases.",
    )


def _attested(case_ids: Sequence[UUID]) -> int:
    """Count those with an attested label, or one whose file is not through yet (`imports.attest_whole`)."""
    labels = Label.objects.filter(case_id__in=case_ids, purpose=Purpose.IMPORT, superseded_at=None)
    return labels.filter(inclusion_probability__isnull=False).count() if case_ids else 0
