"""The doors by which a file comes in, each asked what it made of one. A new door is one more function."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from cases.content import checker_for
from cases.files.told import NOTHING, Told
from cases.models import Case, FileImport, Workflow
from hitl.accounts.types import Role
from hitl.flow.setup.file_imports import take_in_file
from hitl.flow.setup.from_file import begin_with
from hitl.flow.setup.rehearsal import ALLOWED
from hitl.shared import clock
from hitl.shared.errors import HitlError, in_words
from hitl.simulate.options import Options
from hitl.simulate.reading import read_world
from science.fields import Schema
from tests.support.factories import NOW, TESTER, person

N = 40


@dataclass(frozen=True)
class File:
    """A file, what is told of it, and what must come of it."""

    name: str
    data: bytes
    told: Told = NOTHING
    allow: float = ALLOWED
    has_time: bool = False
    taken: int = N
    refusals: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)


@dataclass
class Seen:
    """What a door made of a file; of one that it refused whole, only the refusal."""

    fields: list[tuple[str, str, bool]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    cases: list[tuple[Any, ...]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def _said(refused: HitlError) -> list[str]:
    return "\n".join(in_words(refused)).split("\n")


def _in_order(cases: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(cases, key=lambda case: repr(sorted(case[0].items())))


def _made(workflow: Workflow, refusals: list[str], file: File) -> Seen:
    version = workflow.schemas.get()
    cases = [
        (
            case.content,
            case.answer,
            None if case.reference.startswith("import:") else case.reference,
            case.received_at if file.has_time else None,
        )
        for case in Case.objects.filter(workflow=workflow)
    ]
    fields = [(each["name"], each["kind"], each["required"]) for each in version.fields]
    return Seen(fields, version.label_names, _in_order(cases), refusals)


def by_up(path: Path, file: File) -> Seen:
    """`up --from FILE`."""
    try:
        begun = begin_with(path, told=file.told, allow=file.allow, actor=TESTER, now=NOW)
    except HitlError as refused:
        return Seen(refusals=_said(refused))
    assert begun is not None
    return _made(begun.workflow, list(begun.outcome.refusals()), file)


def by_command(path: Path, file: File) -> Seen:
    """`import_cases WORKFLOW FILE --create`."""
    told, errors = file.told, io.StringIO()
    words = [
        f"--{name}={getattr(told, name)}"
        for name in ("label", "reference", "time", "entity")
        if getattr(told, name)
    ]
    words += ["--day-first"] * bool(told.day_first)
    words += [f"--allow-refused={file.allow}"]
    words += [f"--fields={','.join(f'{name}:{kind}' for name, kind in told.fields)}"] if told.fields else []
    try:
        call_command(
            "import_cases", "fresh", str(path), "--create", *words, stdout=io.StringIO(), stderr=errors
        )
    except CommandError as refused:
        return Seen(refusals=str(refused).split("\n"))
    refusals = [line for line in errors.getvalue().splitlines() if line.startswith("line ")]
    return _made(Workflow.objects.get(slug="fresh"), refusals, file)


def by_page(path: Path, file: File) -> Seen:
    """The page that makes a workflow from a file, which then comes in."""
    client = Client()
    client.force_login(person(Role.ADMINISTRATOR))
    told = {name: getattr(file.told, name) or "" for name in ("label", "reference", "time", "entity")}
    told |= {"day_first": "on"} if file.told.day_first else {}
    told |= {"allow_refused": str(file.allow)}

    looked = client.post("/workflows/new/", told | {"file": SimpleUploadedFile(path.name, file.data)})
    if looked.status_code == 422:
        return Seen(refusals=list(looked.context["form"].errors["file"]))
    if looked.context["trouble"]:
        return Seen(refusals=looked.context["trouble"])
    made = client.post("/workflows/new/", shown_on(looked.context) | {"slug": "by-page"})
    assert made.status_code == 200, made.content
    row = FileImport.objects.get(workflow__slug="by-page")
    take_in_file(import_id=row.id, now=clock.now())  # no worker in a test
    taken = client.get(f"/workflows/by-page/imports/{row.id}/")
    row = taken.context["row"]
    if row.status == "asks":
        return Seen(refusals=row.reason.split("\n"))
    outcome = taken.context["outcome"]
    assert outcome.rows == outcome.taken + outcome.known + outcome.refused
    return _made(Workflow.objects.get(slug="by-page"), list(outcome.refusals()), file)


def shown_on(context: Any) -> dict[str, Any]:
    """Return what a person sends who corrects nothing on the page that shows the guess."""
    typed: dict[str, Any] = {}
    schema = context["schema"]
    for form in (context["words"], context.get("kept", []), schema.fields, schema.labels):
        forms = [form.management_form, *form] if hasattr(form, "management_form") else [form]
        for each in forms:
            typed |= {
                bound.html_name: "on" if bound.value() is True else bound.value()
                for bound in each
                if bound.value() not in (None, "", False)
            }
    return typed


def by_simulation(path: Path, file: File) -> Seen:
    """`simulate FILE`."""
    try:
        world = read_world(Options(file=path, told=file.told, allow_refused=file.allow))
    except HitlError as refused:
        return Seen(refusals=_said(refused))
    checker = checker_for(Schema.from_json({"fields": world.fields, "labels": world.labels}))
    cases = [
        (checker.check(item.content)[0], item.label, item.reference, item.at if file.has_time else None)
        for item in world.items
    ]
    fields = [(each["name"], each["kind"], each["required"]) for each in world.fields]
    return Seen(fields, world.labels, _in_order(cases), list(world.reasons))


DOORS: list[Callable[[Path, File], Seen]] = [by_up, by_command, by_page, by_simulation]
