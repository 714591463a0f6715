"""What only the desk's templates need."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django import template
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from reviews.desk import files

register = template.Library()


@register.filter
def exactly(text: str) -> SafeString:
    """Escape a text so that the browser holds it character by character: marks are placed by offsets.

    A parser of HTML turns a carriage return into a line feed unless it is written as a reference.
    """
    return mark_safe(escape(text).replace("\r", "&#13;"))  # noqa: S308 - escaped just here


@register.simple_tag
def desk_file(name: str) -> str:
    """Return the address of the desk's script or style."""
    return files.address(name)


@register.simple_tag
def choices(labels: Sequence[Mapping[str, Any]], suggested: str, first: str) -> SafeString:
    """Draw the buttons of a case's labels: which is suggested, and which the person said first."""
    return _choices(get_language(), orjson.dumps(labels), suggested, first if suggested else "")


@lru_cache(maxsize=500)  # the same from case to case: only what is suggested changes
def _choices(language: str | None, labels: bytes, suggested: str, first: str) -> SafeString:
    context = {"labels": orjson.loads(labels), "suggested": suggested, "first": first}
    return render_to_string("desk/choices.html", context)


@register.simple_tag
def more(keys: Mapping[str, str], reason_codes: str, notes: Sequence[str] | None) -> SafeString:
    """Draw what else may be done with a case: comment, reason, skip, hold, escalate."""
    return _more(get_language(), tuple(keys.items()), bool(reason_codes), tuple(notes or ()))


@lru_cache(maxsize=500)  # the same for a person and a workflow
def _more(
    language: str | None, keys: tuple[tuple[str, str], ...], has_reasons: bool, notes: tuple[str, ...]
) -> SafeString:
    return render_to_string(
        "desk/more.html", {"keys": dict(keys), "has_reasons": has_reasons, "notes": notes}
    )
