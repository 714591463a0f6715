"""What only the desk's templates need."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from reviews.web import files

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
