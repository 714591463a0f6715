"""The audit log as people read it: sentences, what they are about, filters, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from cases.models import Workflow
from hitl.audit.models import Entry
from hitl.audit.sentences import Sentence, sentence
from hitl.audit.words_of_code import in_words
from hitl.flow.reading.audit_subjects import Subject, subjects_of

PAGE = 50
STRETCH = 2_000
_REASONS = ("reason", "because")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the log is filtered by; None and empty mean no filter. `by`: people, service or everybody."""

    by: str = "people"
    person: str = ""
    workflow: Workflow | None = None
    kind: str = ""
    day_from: date | None = None
    day_to: date | None = None
    before: int | None = None

    @property
    def is_filtered(self) -> bool:
        """True when entries of whoever it is about may be missing."""
        return bool(self.person or self.workflow or self.kind or self.day_from or self.day_to)


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words. `n_left_out`: how many of the service stand between it and the line above.

    What it says and what it is about are English, for files; pages show both by `shown`.
    """

    entry: Entry
    said: Sentence
    subject: Subject
    reason: str
    changes: Sequence[Change]
    facts: Sequence[tuple[str, str]]
    n_left_out: int = 0


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, newest first, the number before which the next page begins, and how many entries of the service
    stand below the last line of the last page.
    """

    lines: Sequence[Line]
    before: int | None
    n_below: int


def log_page(wanted: Wanted) -> LogPage:
    """Return one page of the log."""
    rows = entries_wanted(wanted)
    if wanted.before is not None:
        rows = rows.filter(number__lt=wanted.before)
    found = list(rows.order_by("-number")[: PAGE + 1])
    entries = found[:PAGE]
    subjects = subjects_of(entries)
    # Numbers have no gaps: where people are asked for, a gap is what the service wrote.
    counts = wanted.by == "people" and not wanted.is_filtered
    above = [_end(wanted), *(entry.number for entry in entries)]
    lines = [
        line_of(entry, subjects, n_left_out=(up - entry.number - 1) * counts)
        for entry, up in zip(entries, above, strict=False)
    ]
    has_older = len(found) > PAGE
    n_below = 0 if has_older or not counts else above[-1] - 1
    return LogPage(lines, entries[-1].number if has_older else None, n_below)


def _end(wanted: Wanted) -> int:
    """Return the number that no entry of the page reaches."""
    if wanted.before is not None:
        return wanted.before
    newest = Entry.objects.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1


def entries_wanted(wanted: Wanted) -> QuerySet[Entry]:
    """Return the entries that pass the filters, of all pages."""
    rows = Entry.objects.all()
    if wanted.by == "people":
        rows = rows.exclude(actor_kind="system")
    elif wanted.by == "service":
        rows = rows.filter(actor_kind="system")
    if wanted.person:
        rows = rows.filter(actor_name=wanted.person)
    if wanted.kind:
        rows = rows.filter(action__startswith=f"{wanted.kind}.")
    if wanted.day_from:
        rows = rows.filter(at__gte=datetime.combine(wanted.day_from, time(), UTC))
    if wanted.day_to:
        rows = rows.filter(at__lt=datetime.combine(wanted.day_to + timedelta(days=1), time(), UTC))
    return rows.filter(workflow_id=wanted.workflow.pk) if wanted.workflow else rows


def every_line(wanted: Wanted) -> Iterator[Line]:
    """Yield the entries that pass the filters, oldest first, in constant memory."""
    after = 0
    while found := list(entries_wanted(wanted).filter(number__gt=after).order_by("number")[:STRETCH]):
        subjects = subjects_of(found)
        yield from (line_of(entry, subjects) for entry in found)
        after = found[-1].number


def line_of(entry: Entry, subjects: dict[tuple[str, str], Subject], *, n_left_out: int = 0) -> Line:
    """Say an entry in words."""
    detail = entry.detail
    reason = next((str(detail[name]) for name in _REASONS if detail.get(name)), "")
    changes, rest = _changes(detail)
    facts = [
        (in_words(name, "detail"), _short(value)) for name, value in rest.items() if name not in _REASONS
    ]
    return Line(
        entry=entry,
        said=sentence(entry.action, detail),
        subject=subjects[entry.about_type, entry.about_id],
        reason=reason,
        changes=changes,
        facts=facts,
        n_left_out=n_left_out,
    )


def _changes(detail: dict[str, Any]) -> tuple[list[Change], dict[str, Any]]:
    """Split a detail into what changed, and the rest.

    A change stands as two objects `before` and `after`, that of a number also as a pair under its name.
    """
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        changes = [
            Change(in_words(name, "detail"), _short(old.get(name)), _short(new.get(name))) for name in names
        ]
        return changes, {name: value for name, value in detail.items() if name not in ("before", "after")}
    pairs = {
        name: value
        for name, value in detail.items()
        if isinstance(value, list) and len(value) == 2 and all(isinstance(one, int | float) for one in value)
    }
    changes = [
        Change(in_words(name, "detail"), _short(old), _short(new)) for name, (old, new) in pairs.items()
    ]
    return changes, {name: value for name, value in detail.items() if name not in pairs}


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(map(str, value))
    return str(value)
