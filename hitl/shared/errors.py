"""The base class of all errors that a person or a client can cause. The docstring is the message.

The docstring of a subclass is its message, `code` is for machines, `status` for HTTP, and keyword
fields carry the facts (ADR 0062). Programming mistakes stay ordinary exceptions.
"""

from typing import Annotated, Any, ClassVar, TypedDict

from django.utils.translation import gettext
from msgspec import Meta

from hitl.shared.words import Words, as_words, shown


class Problem(TypedDict):
    """One thing that does not fit: where, what is wrong with it, and how to mend it."""

    # `error` goes on where the name of the field ends, without a full stop: "is missing".
    field: Annotated[str, Meta(description="Where, like `content.amount`.")]
    error: Annotated[str, Meta(description="What is wrong with it.")]  # untranslated: of the API
    fix: Annotated[str, Meta(description="How to mend it.")]  # untranslated: of the API


class HitlError(Exception):
    """The request cannot be carried out."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.facts = facts
        super().__init__(self.message)


class NotFound(HitlError):
    """There is no such thing here, or it is not yours to see."""

    code, status = "not_found", 404


class NotAllowed(HitlError):
    """Your role does not include this."""

    code, status = "not_allowed", 403


class Invalid(HitlError):
    """The input does not fit. See `errors` for each field and its fix."""

    code, status = "invalid", 422

    def __init__(self, errors: list[Problem], message: str | None = None) -> None:
        super().__init__(message, errors=errors)


class Conflict(HitlError):
    """Somebody else changed this in the meantime. Load it again."""

    code, status = "conflict", 409


# What pages say of it, in the language of this moment: English where none was chosen (API, jobs, commands).


def in_words(refused: HitlError) -> list[str]:
    """Return why something was refused: a sentence for each problem, else the message."""
    return [shown(each) for each in sentences(refused)]


def sentences(refused: HitlError) -> list[str]:
    """Return the same to be kept, and said in any language later."""
    problems: list[Problem] = refused.facts.get("errors") or []
    return [in_a_sentence(each) for each in problems] or [refused.message]


def sentence(problem: Problem) -> str:
    """Say what does not fit, and its fix."""
    return shown(in_a_sentence(problem))


def in_a_sentence(problem: Problem) -> Words:
    """Return what `sentence` says, to be kept and said in any language later."""
    field, error, fix = problem["field"], as_words(problem["error"]), as_words(problem["fix"])
    return Words("%(field)s %(error)s. %(fix)s", field=field, error=error, fix=fix)


def beside_its_field(problem: Problem) -> str:
    """Say the same where the field stands beside it."""
    return gettext("This %(error)s. %(fix)s") % in_language(problem)


def in_language(problem: Problem) -> Problem:
    """Return the problem in the language of this moment; the field's name is everybody's."""
    return Problem(field=problem["field"], error=shown(problem["error"]), fix=shown(problem["fix"]))
