"""Pages of a workflow's cases, newest first: by cursor, with an allow-list of filters and no count."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from cases.content import printable
from cases.models import Case, Workflow
from cases.names import clean_name
from cases.types import CaseStatus
from hitl.accounts.clients import ClientKey
from hitl.api.renderers import answer
from hitl.flow.doors.api.bodies import case_bodies
from hitl.shared import clock
from hitl.shared.errors import NotFound, Problem
from hitl.shared.given import BadParameter, moment, whole_number

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
STRETCH = 20_000  # cases that one page looks through at most, whatever the filter lets through


def list_cases(slug: str, parameters: Mapping[str, str], key: ClientKey) -> HttpResponse:
    """Return a page and the cursor of the next, null at the end.

    Raises:
        NotFound: there is no such workflow, or the key was not granted for it.
        BadParameter: a parameter is unknown or holds what it cannot.
    """
    workflow = Workflow.objects.filter(slug=slug).first()
    if workflow is None or not key.may_use(workflow.id):
        raise NotFound(f'There is no workflow "{printable(slug)}", or it is not yours.')
    given = _read(parameters)
    limit = given.pop("limit", DEFAULT_LIMIT)
    cases = Case.objects.filter(workflow=workflow)
    if (cursor := given.pop("cursor", None)) is not None:
        cases = cases.filter(pk__lt=cursor)
    page, following = _page(cases, given, limit)
    for case in page:
        case.workflow = workflow
    return answer({"items": case_bodies(page, clock.now()), "next": str(following) if following else None})


def _page(cases: QuerySet[Case], wanted: Mapping[str, Any], limit: int) -> tuple[list[Case], UUID | None]:
    """Return at most `limit` cases and where the next page begins.

    A filter that few cases pass is tried on a stretch at a time: the page may then be short, or empty, and
    still name a next one.
    """
    cases = cases.order_by("-pk")
    end = None
    if wanted and "reference" not in wanted:
        end = cases.values_list("pk", flat=True)[STRETCH : STRETCH + 1].first()
        if end:
            cases = cases.filter(pk__gt=end)
    for name, value in wanted.items():
        cases = cases.filter(**{_LOOKUPS[name]: value})
    found = list(cases[: limit + 1])
    if len(found) > limit:
        return found[:limit], found[limit - 1].pk
    return found, end and UUID(int=end.int + 1)


# Our own names on the left, our own lookups on the right: nothing of a client's reaches the ORM as a name.
_LOOKUPS = {
    "status": "status",
    "answer": "answer",
    "reference": "reference",
    "received_after": "received_at__gte",
    "received_before": "received_at__lt",
}


def _read(parameters: Mapping[str, str]) -> dict[str, Any]:
    problems, values = [], {}
    for name, text in parameters.items():
        reader = _READERS.get(name)
        if reader is None:
            fix = f"Use: {', '.join(_READERS)}."
            problems.append(Problem(field=printable(name), error="is not a parameter", fix=fix))
            continue
        read, fix = reader
        try:
            values[name] = read(text)
        except ValueError:
            problems.append(Problem(field=name, error=f'is "{printable(text)}"', fix=fix))
    if problems:
        raise BadParameter(problems, "A parameter of the address cannot be used. See `errors`.")
    return values


def _status(text: str) -> str:
    return CaseStatus(text).value


def _limit(text: str) -> int:
    number = whole_number(text, most=MAX_LIMIT)
    if not number:
        raise ValueError(text)
    return number


def _text(text: str) -> str:
    if "\x00" in text or len(text) > 200:
        raise ValueError(text)
    return clean_name(text)


MOMENT_FIX = "Send a time with its zone, like 2026-11-23T05:19:00Z, of the years 2 to 9998."
"""What to do about a text that `moment` does not take."""
_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "cursor": (UUID, "Send `next` of the page before, or leave it out."),
    "limit": (_limit, f"Send a number from 1 to {MAX_LIMIT}."),
    "status": (_status, f"Use one of {', '.join(CaseStatus.values)}."),
    "answer": (_text, "Send a label's name."),
    "reference": (_text, "Send a reference of at most 200 characters."),
    "received_after": (moment, MOMENT_FIX),
    "received_before": (moment, MOMENT_FIX),
}
