"""Checks of a file as a whole, before any of its rows is read as a case."""

from collections.abc import Mapping, Sequence

from cases.content import printable
from cases.files.collected import Collected
from cases.files.columns import as_time
from cases.files.styles import time_style_of
from cases.files.told import NONE, Told
from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words
from science.fields import Kind

_SHOWN = 30  # columns of a file that a message lists


def refusal(field: str, error: str, fix: str) -> Invalid:
    """Return the error that says one thing."""
    return Invalid([Problem(field=field, error=error, fix=fix)])


def columns_there(columns: Sequence[str]) -> str:
    """Name the columns of a file."""
    names = ", ".join(columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "")
    return Words("Columns of the file: %(names)s.", names=names)


def check_rows(found: Collected) -> None:
    """Refuse a file of which no row could be read.

    Raises:
        Invalid: none could.
    """
    if found.n_rows:
        return
    fix = Words("Give one with labelled cases.")
    if found.trouble:
        line, why = found.trouble
        fix = Words(
            "Give one with labelled cases. The first trouble, in line %(line)s: %(why)s.",
            line=str(line),
            why=why,
        )
    raise refusal("file", Words("holds no rows"), fix)


def check_told(found: Collected, told: Told, known: Mapping[str, Kind]) -> None:
    """Refuse what was told and is not in the file, and a file without any of the known fields.

    Raises:
        Invalid: the problems name what was told, each with its fix.
    """
    columns, fields = found.columns, told.fields or ()
    there = columns_there(list(columns))
    roles = [
        ("label", told.label),
        ("reference", told.reference),
        ("time", told.time),
        ("entity", told.entity),
    ]
    wanted = [*roles, *(("fields", name) for name, _ in fields)]
    problems = [
        Problem(
            field=what, error=Words('column "%(name)s" is not in the file', name=printable(name)), fix=there
        )
        for what, name in wanted
        if name not in (None, NONE) and name not in (found.inside if what == "fields" else columns)
    ]
    for name, kind in fields:
        if name == told.label:
            error = Words('name "%(name)s", which is the label', name=name)
            fix: str = Words("Leave it out of the fields.")
        elif known and known.get(name) is not kind:
            told_as = f"{name}:{kind}"
            error = Words('name "%(name)s", which the workflow has not', name=told_as)
            fields_known = ", ".join(f"{name}:{kind}" for name, kind in known.items())
            fix = Words("The workflow has %(names)s.", names=fields_known)
        else:
            continue
        problems.append(Problem(field="fields", error=error, fix=fix))
    if known and not known.keys() & found.inside.keys():
        error = Words(
            "of the workflow (%(names)s) are not in the file: it has none of them",
            names=", ".join(sorted(known)),
        )
        problems.append(Problem(field="fields", error=error, fix=there))
    if told.time in columns and (fix := _why_no_times(columns[str(told.time)], told.day_first)):
        problems.append(
            Problem(
                field="time",
                error=Words('column "%(time)s" holds no dates or times', time=told.time),
                fix=fix,
            )
        )
    if problems:
        raise Invalid(problems)


def _why_no_times(cells: Sequence[object], day_first: bool | None) -> str:
    """Return what to do about a column without any time, "" where it has some."""
    style = time_style_of(cells, day_first=day_first)
    if any(as_time(style.prepare(cell) if style.prepare else cell) for cell in cells):
        return ""
    if day_first is None:
        return Words("Name another, or say that its days come first.")
    return Words("Name another.")
