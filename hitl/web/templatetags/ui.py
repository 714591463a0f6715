"""The components as template tags: each takes words and values, and renders one file of templates/components.

Reference with examples: docs/reference/components.md; live: /styleguide. Available in every template without
`{% load %}`. Other keyword arguments become attributes of the element: `data_copy="x"` is `data-copy="x"`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from hitl.web import charts, icons

register = template.Library()

TONE_ICONS = {
    "neutral": "circle",
    "accent": "circle-dot",
    "good": "check",
    "warn": "triangle-alert",
    "bad": "circle-alert",
}


def _attributes(attributes: Mapping[str, Any]) -> SafeString:
    """Return keyword arguments as attributes; None and False leave one out, True writes it alone."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return flatatt({name: value for name, value in named.items() if value is not None})


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """Draw an icon; silent to screen readers unless it has a title."""
    return icons.svg(name, str(title))


@register.simple_tag
def button(words: str, **options: Any) -> str:
    """Draw a button, or a link that looks like one. `kind`: "", primary, danger, quiet; `size`: "", small.

    `opens` is the id of the dialog that it shows.
    """
    said = {name: str(v) if isinstance(v, Promise) else v for name, v in options.items()}
    return _button(str(words), **said)


# A page has the same ten as the one before. Typed: what is safe as HTML and what is not can be equal as text.
@lru_cache(maxsize=1000, typed=True)
def _button(
    words: str,
    *,
    href: str = "",
    kind: str = "",
    size: str = "",
    icon: str = "",
    key: str = "",
    icon_only: bool = False,
    type: str = "submit",
    opens: str = "",
    **attributes: Any,
) -> str:
    classes = ["button", *(f"button-{c}" for c in (kind, size, "icon" if icon_only else "") if c)]
    classes += str(attributes.pop("class_", "")).split()
    if icon_only:
        attributes |= {"aria_label": words, "title": words}
    if opens:  # by the browser itself: whoever is quick need not wait for a script
        attributes |= {"command": "show-modal", "commandfor": opens}
    context = {
        "words": words,
        "href": href,
        "type": type,
        "icon": icon,
        "key": key,
        "icon_only": icon_only,
        "class": " ".join(classes),
        "attributes": _attributes(attributes),
    }
    return render_to_string("components/button.html", context)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **attributes: Any) -> dict[str, Any]:
    """Draw a form's field with its label, help and errors, tied together for screen readers."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    if bound.help_text or bound.errors:
        described = [
            f"{bound.auto_id}_{part}"
            for part, there in (("help", bound.help_text), ("error", bound.errors))
            if there
        ]
        named["aria-describedby"] = " ".join(described)
    if bound.errors:
        named["aria-invalid"] = "true"
    is_check = isinstance(bound.field.widget, CheckboxInput)
    return {"bound": bound, "control": bound.as_widget(attrs=named), "is_check": is_check}


@register.simple_block_tag
def card(
    content: str, title: str = "", *, hint: str = "", end: str = "", flush: bool = False, **attributes: Any
) -> str:
    """Frame content. `end` stands opposite the title; `flush` lets a table reach the edges."""
    head = format_html("<h2>{}</h2>", title) if title else ""
    head += format_html('<div class="card-end">{}</div>', end) if end else ""
    head += format_html("<p>{}</p>", hint) if hint else ""
    return format_html(
        '<section class="card{}"{}>{}<div class="card-body">{}</div></section>',
        " card-flush" if flush else "",
        _attributes(attributes),
        format_html("<header>{}</header>", mark_safe(head)) if head else "",  # noqa: S308 - made of format_html
        content,
    )


@register.simple_block_tag
def table(content: str, caption: str, *, stack: bool = False, **attributes: Any) -> str:
    """Wrap `<thead>` and `<tbody>`: scrolls by itself when narrow, or `stack`s its rows on a phone."""
    return format_html(
        '<div class="table-wrap" tabindex="0" role="region" aria-label="{}"><table class="table{}"{}>'
        '<caption class="visually-hidden">{}</caption>{}</table></div>',
        caption,
        " table-stack" if stack else "",
        _attributes(attributes),
        caption,
        content,
    )


@register.simple_tag
def badge(words: str, tone: str = "neutral", icon: str = "", **attributes: Any) -> SafeString:
    """Draw a badge. Tones: neutral, accent, good, warn, bad; each has an icon of its own."""
    return format_html(
        '<span class="badge badge-{}"{}>{}<span>{}</span></span>',
        tone,
        _attributes(attributes),
        icons.svg(icon or TONE_ICONS[tone]),
        words,
    )


@register.simple_block_tag
def empty(content: str, title: str, *, icon: str = "inbox") -> str:
    """Say that nothing is here, why, and what to do next (the content)."""
    return format_html(
        '<div class="empty">{}<h2>{}</h2><div class="empty-body">{}</div></div>',
        icons.svg(icon),
        title,
        content,
    )


@register.simple_block_tag
def notice(content: str, tone: str = "accent", *, icon: str = "") -> str:
    """Tell the whole page something. Tones as of a badge."""
    symbol = icon or {"accent": "info", "good": "circle-check"}.get(tone, TONE_ICONS.get(tone, "info"))
    role = "alert" if tone == "bad" else "note"
    return format_html(
        '<div class="notice notice-{}" role="{}">{}<div>{}</div></div>',
        tone,
        role,
        icons.svg(symbol),
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str, *, wide: bool = False) -> str:
    """Draw a dialog; a button with `opens="id"` shows it, one with `data-closes` in it closes it."""
    return render_to_string(
        "components/dialog.html", {"id": id, "title": title, "wide": wide, "content": content}
    )


@register.inclusion_tag("components/stat.html")
def stat(
    name: str,
    value: object,
    *,
    unit: str = "",
    low: object = None,
    high: object = None,
    note: str = "",
    href: str = "",
    icon: str = "",
) -> dict[str, Any]:
    """Draw a number with its unit; an estimate also has its interval, `low` to `high`."""
    interval = ""
    if low is not None and high is not None:
        ends = {"low": low, "high": high}
        interval = (gettext("%(low)s to %(high)s") % ends) + (f" {unit}" if unit else "")
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "interval": interval,
        "note": note,
        "href": href,
        "icon": icon,
    }


@register.inclusion_tag("components/progress.html")
def progress(words: str, value: float | None, maximum: float = 1.0, note: str = "") -> dict[str, Any]:
    """Draw how far something is; `value` None means that nobody knows."""
    return {"words": words, "value": value, "maximum": maximum, "note": note}


@register.inclusion_tag("components/tabs.html")
def tabs(label: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw links to sibling views. Each item: `words`, `href`, `is_current`, and maybe `count`."""
    return {"label": label, "items": items}


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(*parts: str) -> dict[str, Any]:
    """Draw the way here, as pairs of words and address; the page itself is not part of it."""
    return {"steps": list(zip(parts[::2], parts[1::2], strict=True))}


@register.simple_tag
def key(cap: str) -> SafeString:
    """Draw the key that does the same."""
    return format_html('<kbd class="keycap">{}</kbd>', cap)


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Sequence[object]) -> dict[str, Any]:
    """Draw what happened, oldest first. Entries are `hitl.web.timeline.Entry`."""
    return {"entries": entries}


@register.inclusion_tag("components/pager.html")
def pager(summary: str, *, newer: str = "", older: str = "", target: str = "") -> dict[str, Any]:
    """Draw the links to the neighbouring pages; an empty address leaves one out."""
    return {"summary": summary, "newer": newer, "older": older, "target": target}


@register.inclusion_tag("components/bar.html")
def bar(
    share: float, words: str, *, low: float | None = None, high: float | None = None, tone: str = ""
) -> dict[str, Any]:
    """Draw a share between 0 and 1 as a bar, with its interval if there is one. `words` say it."""
    return {"words": words, "tone": tone, **charts.bar(share, low, high)}


@register.inclusion_tag("components/sparkline.html")
def sparkline(
    values: Sequence[float | None], words: str, *, against: Sequence[float | None] = ()
) -> dict[str, Any]:
    """Draw a small curve; None leaves a gap. `words` say what it shows; `against` limits it."""
    return {"words": words, **charts.sparkline(values, against)}


@register.inclusion_tag("components/against.html")
def against(value: float, low: float, high: float, limit: float, words: str) -> dict[str, Any]:
    """Draw an estimate with its interval beside the line that it must not cross."""
    return {"words": words, **charts.against(value, low, high, limit)}


@register.inclusion_tag("components/plot.html")
def plot(id: str, plot: charts.Plot) -> dict[str, Any]:
    """Draw a plot with its numbers as a table behind it."""
    return {"plot": plot, "data_id": f"{id}-data", "data": plot.to_json(), "rows": charts.table(plot)}


@register.simple_tag
def facts(*parts: Any) -> SafeString:
    """Draw a few facts as pairs of name and value; pairs without a value are left out."""
    pairs = [(n, v) for n, v in zip(parts[::2], parts[1::2], strict=True) if v not in (None, "")]
    return format_html('<dl class="facts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))


@register.inclusion_tag("components/toast.html")
def toast(words: str, tone: str = "neutral") -> dict[str, str]:
    """Draw a short message. Views say it by `messages.success(request, ...)`; scripts by `hitl:toast`."""
    symbol = {"neutral": "info", "good": "circle-check"}.get(tone, TONE_ICONS[tone])
    return {"words": words, "tone": tone, "symbol": symbol}
