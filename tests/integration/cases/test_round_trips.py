"""What is exported comes back as it was: into the same workflow nothing, into a new one the same cases."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cases.models import Case, Workflow
from hitl.flow.export.formats import FORMATS, written
from hitl.flow.export.rows import export_rows
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from tests.support.factories import NOW, client_key

pytestmark = pytest.mark.django_db

N = 60
TEXTS = ["=1+1", "'=2", "a\r\nb", 'say "hi"', "d\u00e9g\u00e2t, et;\tc", " spaces ", "\uff1dx", "# 3 rows"]
ODD = ["__proto__", "content.amount", 'a"b', "answer", "id", "reference"]


def history(path: Path, rows: int = N) -> Path:
    """Write rows with odd names and texts, some of them equal."""
    import json

    lines = [
        {
            "content": {
                "text": TEXTS[n % len(TEXTS)] + (f" {n // 3}" if n % 2 else ""),
                "__proto__": "xy"[n % 2],
                "content.amount": float(n % 7),
                'a"b': n / 2,
                "is_new": n % 3 == 0,
                "since": f"2026-01-{n % 28 + 1:02}",
                "zip": f"{n:05}",
                "note": None if n % 4 else "blue",
            },
            "label": ["b", "a", "\u062a\u0623\u06cc\u06cc\u062f \u0646\u0645\u06cc\u200c\u0634\u0648\u062f"][
                n % 3
            ],
        }
        for n in range(rows)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def bring(slug: str, path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import_cases", slug, str(path), *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def exported(workflow: Workflow, form: str, folder: Path) -> Path:
    path = folder / f"out.{FORMATS[form].suffix}"
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    path.write_bytes(b"".join(written(export, FORMATS[form], ends_with_count=True)))
    return path


def seen(workflow: Workflow) -> tuple[Any, ...]:
    version = workflow.schemas.get()
    cases = Case.objects.filter(workflow=workflow).order_by("reference")
    rows = [
        (
            {name: value for name, value in case.content.items() if value not in (None, "")},
            case.answer,
            case.reference,
        )
        for case in cases
    ]
    return version.fields, version.labels, rows


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_makes_the_same_workflow_again(form: str, tmp_path: Path) -> None:
    assert f"{N} cases taken in" in bring("first", history(tmp_path / "h.jsonl"), "--create")
    first = Workflow.objects.get(slug="first")
    path = exported(first, form, tmp_path)
    assert f"0 cases taken in, {N} were there already, 0 refused" in bring("first", path)
    assert f"{N} cases taken in" in bring("second", path, "--create")
    assert seen(Workflow.objects.get(slug="second")) == seen(first)
    assert f"0 cases taken in, {N} were there already, 0 refused" in bring("second", path)


@pytest.mark.parametrize("form", FORMATS)
def test_cases_that_came_in_without_a_reference_are_known_again_by_their_identifier(
    form: str, tmp_path: Path
) -> None:
    bring("first", history(tmp_path / "h.jsonl"), "--create")
    first = Workflow.objects.get(slug="first")
    content = Case.objects.filter(workflow=first).order_by("id")[0].content
    submit_cases(
        Intake(slug="first", items=[Submission(content, None)], key=client_key(), now=NOW, is_batch=True)
    )
    waiting = Case.objects.get(status="waiting")
    Case.objects.filter(pk=waiting.pk).update(status="decided", answer="a")
    path = exported(first, form, tmp_path)
    assert f"0 cases taken in, {N + 1} were there already, 0 refused" in bring("first", path)
    bring("second", path, "--create")
    assert Case.objects.filter(workflow__slug="second").count() == N + 1
    assert f"0 cases taken in, {N + 1} were there already, 0 refused" in bring("second", path)


@pytest.mark.parametrize("form", FORMATS)
def test_a_case_that_nobody_has_answered_is_known_where_it_came_from(form: str, tmp_path: Path) -> None:
    bring("first", history(tmp_path / "h.jsonl"), "--create")
    first = Workflow.objects.get(slug="first")
    content = Case.objects.filter(workflow=first).order_by("id")[0].content
    items = [Submission(content, None)] * 5
    submit_cases(Intake(slug="first", items=items, key=client_key(), now=NOW, is_batch=True))
    path = exported(first, form, tmp_path)
    assert f"0 cases taken in, {N + 5} were there already, 0 refused" in bring("first", path)


@pytest.mark.parametrize("what", ["labels", "decisions"])
def test_an_export_without_content_is_refused_by_what_it_lacks(what: str, tmp_path: Path) -> None:
    bring("first", history(tmp_path / "h.jsonl"), "--create")
    first = Workflow.objects.get(slug="first")
    content = Case.objects.filter(workflow=first).order_by("id")[0].content
    submit_cases(Intake(slug="first", items=[Submission(content, None)], key=client_key(), now=NOW))
    for form in FORMATS:
        path = tmp_path / f"{what}.{FORMATS[form].suffix}"
        export = export_rows(first, what, shows_personal=True, shows_model=False)
        path.write_bytes(b"".join(written(export, FORMATS[form], ends_with_count=True)))
        with pytest.raises(CommandError, match="Export the cases"):
            bring("second", path, "--create")
    assert not Workflow.objects.filter(slug="second").exists()
