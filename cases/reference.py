"""Check the submitter's own names for a case and its entity, in the same way for all doors."""

from cases.kinds.unfit import clean_text, printable
from cases.names import is_plain
from hitl.shared.errors import Problem
from hitl.shared.words import Words

MAX_REFERENCE = 200
"""Characters in NFC, as the column counts them; of an entity too."""


def check_reference(value: object) -> tuple[str | None, Problem | None]:
    """Return the reference in NFC, None if there is none, and what is wrong with it.

    Its length is that of the NFC text, which may be longer than the text that came: U+0958 becomes two
    characters.
    """
    return _checked("reference", value)


def check_entity(value: object) -> tuple[str | None, Problem | None]:
    """Return the same of an entity: what the case belongs to."""
    return _checked("entity", value)


def _checked(field: str, value: object) -> tuple[str | None, Problem | None]:
    if value is None:
        return None, None
    if not isinstance(value, str):
        return None, _problem(field, "is not a text")
    if not is_plain(value):  # nor is half a surrogate pair
        return None, _problem(field, f'is "{printable(value)}"')
    name = clean_text(value)
    if len(name) > MAX_REFERENCE:
        return None, _problem(field, f"is {len(name)} characters long")
    return (name, None) if name else (None, _problem(field, "is empty"))


def _problem(field: str, error: str) -> Problem:
    fix = Words("Use a text of 1 to %(max_reference)s printable characters.", max_reference=MAX_REFERENCE)
    return Problem(field=field, error=error, fix=fix)
