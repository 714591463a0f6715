"""The submitter's own name for a case: one check for whatever way the case comes in."""

from cases.kinds.unfit import clean_text, printable
from cases.names import is_plain

MAX_REFERENCE = 200
"""Characters in NFC, as the column counts them."""


def check_reference(value: object) -> tuple[str | None, dict[str, str] | None]:
    """Return the reference in NFC, None if there is none, and what is wrong with it.

    Its length is that of the NFC text, which may be longer than the text that came: U+0958 becomes two
    characters.
    """
    if value is None:
        return None, None
    if not isinstance(value, str):
        return None, _problem("is not a text")
    if not is_plain(value):  # nor is half a surrogate pair
        return None, _problem(f'is "{printable(value)}"')
    reference = clean_text(value)
    if len(reference) > MAX_REFERENCE:
        return None, _problem(f"is {len(reference)} characters long")
    return (reference, None) if reference else (None, _problem("is empty"))


def _problem(error: str) -> dict[str, str]:
    fix = f"Use a text of 1 to {MAX_REFERENCE} printable characters."
    return {"field": "reference", "error": error, "fix": fix}
