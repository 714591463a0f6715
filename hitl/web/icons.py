"""Icons, drawn into the page: no request, and they take the colour of the text."""

import re
from functools import cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).parent / "vendor" / "lucide"


@cache
def _drawing(name: str) -> SafeString:
    """Return what is inside the file's `<svg>`."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"{name!r} is not the name of an icon")
    text = (FOLDER / f"{name}.svg").read_text()
    inside = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return mark_safe(re.sub(r"\s+", " ", inside).strip())  # noqa: S308 - a file of ours


@cache
def svg(name: str, title: str = "") -> SafeString:
    """Return the icon as an `<svg>`; silent to screen readers unless it has a title."""
    label = format_html('role="img" aria-label="{}"', title) if title else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        label,
        _drawing(name),
    )
