"""What fields and labels that somebody proposes have in common: lists of objects, each with a name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cases.content import printable
from cases.names import is_plain
from hitl.shared.errors import Problem
from hitl.shared.words import Words

MAX_NAME = 100


def objects_in(
    name: str, value: object, limit: int, example: str, problems: list[Problem]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each object with its place, like `labels[3]`; what is none is added to the problems."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        problems.append(
            Problem(
                field=name,
                error="is not a list",
                fix=Words("Send a list of objects like %(example)s.", example=example),
            )
        )
        return
    if len(value) > limit:
        problems.append(
            Problem(
                field=name,
                error=Words("has %(count)s entries", count=len(value)),
                fix=Words("Send at most %(limit)s.", limit=limit),
            )
        )
        return
    for place, item in enumerate(value):
        if isinstance(item, Mapping):
            yield f"{name}[{place}]", item
        else:
            problems.append(
                Problem(
                    field=f"{name}[{place}]",
                    error="is not an object",
                    fix=Words("Send one like %(example)s.", example=example),
                )
            )


def bad_name(where: str, name: object, what: str) -> Problem | None:
    """Return what is wrong with a name; None where nothing is."""
    fix = Words("Give the %(what)s a name of 1 to %(max_name)s characters.", what=what, max_name=MAX_NAME)
    if not isinstance(name, str) or not name:
        return Problem(field=where, error="is missing" if name in (None, "") else "is not a text", fix=fix)
    said = printable(name)
    if len(name) > MAX_NAME:
        error = Words('is "%(name)s", of %(n)s characters', name=said, n=len(name))
        return Problem(field=where, error=error, fix=fix)
    if name != name.strip():
        error = Words('is "%(name)s", with a space before or behind it', name=said)
        return Problem(field=where, error=error, fix="Leave the space out.")
    if not is_plain(name):
        error = Words('is "%(name)s", with a character that nobody can see', name=said)
        return Problem(field=where, error=error, fix="Leave that character out.")
    return None
