"""How templates write values: times, shares, counts, words of the code, and addresses with parameters.

Available in every template without `{% load %}`. The rules are in `hitl.web.format`.
"""

import math
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from hitl.shared import clock, numbers, words
from hitl.web import format

register = template.Library()


@register.simple_tag
def when(moment: datetime | None, *, absent: str | None = None) -> SafeString:
    """Say a time as people do ("3 min ago"), with the exact one as title and for machines."""
    if moment is None:
        said = gettext("never") if absent is None else absent
        return format_html('<span class="muted">{}</span>', said)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        format.exact_time(moment),
        format.time_ago(moment, clock.now()),
    )


@register.simple_tag
def span(begin: datetime, end: datetime) -> SafeString:
    """Say from when to when ("from 3 h ago to 5 min ago"); once where both read alike."""
    first, last = when(begin), when(end)
    if format.time_ago(begin, clock.now()) == format.time_ago(end, clock.now()):
        return last
    return format_html(gettext("from {begin} to {end}"), begin=first, end=last)


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as a percentage: 0.0123 is "1.2 %"; a dash where there is none."""
    return format.percent(share, digits)


@register.filter
def thousands(number: float | None) -> str:
    """Write a count with separators: 12345 is "12,345"; a dash where there is none."""
    return (
        "–"
        if number is None or (isinstance(number, float) and math.isnan(number))
        else numbers.number(number)
    )


@register.filter
def shown(text: str) -> str:
    """Say an English text of the code, an error or a kept reason, in the language of the page."""
    return words.shown(text)


@register.filter
def plain(word: str | None) -> str:
    """Write a word of the code as people do: "below_cutoff" is "below cutoff"."""
    return (word or "").replace("_", " ")


@register.simple_tag(takes_context=True)
def with_params(context: template.Context, **changes: Any) -> str:
    """Return this page's query string with some parameters changed; an empty value drops one."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value not in (None, ""):
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else "?"


@register.filter
def tone(level_tag: str) -> str:
    """Return the tone of a level of `django.contrib.messages`."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(level_tag, "neutral")
