"""How estimates are drawn: the value, its interval and what it rests on, or that there is too little."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hitl.web.format import percent
from science.agreement.alpha import Alpha
from science.agreement.rubber_stamp import RubberStamp
from science.agreement.shares import Share, TooFew

register = template.Library()


@register.simple_tag
def estimate(found: Share | TooFew | Alpha | RubberStamp | None) -> SafeString:
    """Draw an estimate with its interval; where there is none, say that the data do not suffice, and why."""
    if isinstance(found, Share):
        return _drawn(percent(found.value, 0), _range(found), f"{found.hits:,} of {found.n:,}")
    if isinstance(found, RubberStamp):
        words = f"shown {found.shown.hits} of {found.shown.n}, blind {found.blind.hits} of {found.blind.n}"
        return _drawn(f"{found.index:+.2f}", f"{found.low:+.2f} to {found.high:+.2f}", words)
    if isinstance(found, Alpha):
        ends = f"{found.low:.2f} to {found.high:.2f}" if found.low == found.low else "no interval"
        return _drawn(f"{found.value:.2f}", ends, f"{found.n_cases:,} cases")
    if isinstance(found, TooFew):
        return format_html(
            '<span class="estimate muted" title="{}">too few <small>{} of {}</small></span>',
            found.why,
            found.n,
            found.needed,
        )
    return format_html('<span class="muted">–</span>')


def _range(found: Share) -> str:
    return f"{100 * found.low:.0f} to {100 * found.high:.0f} %"


def _drawn(value: str, interval: str, of: str) -> SafeString:
    return format_html(
        '<span class="estimate"><strong>{}</strong>'
        ' <small class="muted" title="95 % interval, and what it rests on">{}; {}</small></span>',
        value,
        interval,
        of,
    )


@register.filter
def seconds(taken: float | None) -> str:
    """Write seconds as people read them.

    >>> seconds(4.26), seconds(71.4), seconds(None)
    ('4.3 s', '71 s', '–')
    """
    if taken is None:
        return "–"
    return f"{taken:.1f} s" if taken < 10 else f"{taken:.0f} s"
