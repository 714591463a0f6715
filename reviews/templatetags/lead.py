"""How estimates are drawn: the value, its interval and what it rests on, or that there is too little."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext

from hitl.shared.numbers import number
from hitl.web.format import percent
from reviews.lead.too_few import because
from reviews.types import Mode
from science.agreement.alpha import Alpha
from science.agreement.rubber_stamp import RubberStamp
from science.agreement.shares import Share, TooFew

register = template.Library()
_MODES = {
    Mode.BLIND: gettext_lazy("blind"),
    Mode.DECIDE_FIRST: gettext_lazy("decide first"),
    Mode.ON_DEMAND: gettext_lazy("on demand"),
    Mode.ASSISTED: gettext_lazy("assisted"),
}


@register.filter
def mode(of: str) -> str:
    """Say in a word or two what a reviewer saw of the model."""
    return str(_MODES[Mode(of)])


@register.simple_tag
def estimate(found: Share | TooFew | Alpha | RubberStamp | None) -> SafeString:
    """Draw an estimate with its interval; where there is none, say that the data do not suffice, and why."""
    if isinstance(found, Share):
        return _drawn(percent(found.value, 0), _range(found), _of(found))
    if isinstance(found, RubberStamp):
        words = gettext("shown %(shown)s, blind %(blind)s")
        rests_on = words % {"shown": _of(found.shown), "blind": _of(found.blind)}
        return _drawn(number(found.index, "+.2f"), _from_to(found.low, found.high, "+.2f"), rests_on)
    if isinstance(found, Alpha):
        ends = _from_to(found.low, found.high, ".2f") if found.low == found.low else gettext("no interval")
        cases = ngettext("1 case", "%(n)s cases", found.n_cases) % {"n": number(found.n_cases)}
        return _drawn(number(found.value, ".2f"), ends, cases)
    if isinstance(found, TooFew):
        return format_html(
            '<span class="estimate muted" title="{}">{} <small>{}</small></span>',
            because(found),
            gettext("too few"),
            gettext("%(n)s of %(needed)s needed") % {"n": number(found.n), "needed": number(found.needed)},
        )
    return format_html('<span class="muted">–</span>')


def _range(found: Share) -> str:
    ends = {"low": number(100 * found.low, ".0f"), "high": number(100 * found.high, ".0f")}
    return gettext("%(low)s to %(high)s %%") % ends


def _from_to(low: float, high: float, form: str) -> str:
    return gettext("%(low)s to %(high)s") % {"low": number(low, form), "high": number(high, form)}


def _of(found: Share) -> str:
    return _so_many(found.hits, found.n)


def _so_many(hits: int, n: int) -> str:
    return gettext("%(hits)s of %(n)s") % {"hits": number(hits), "n": number(n)}


def _drawn(value: str, interval: str, of: str) -> SafeString:
    return format_html(
        '<span class="estimate"><strong>{}</strong> <small class="muted" title="{}">{}; {}</small></span>',
        value,
        gettext("95 %% interval, and what it rests on") % {},
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
    return gettext("%(n)s s") % {"n": number(taken, ".1f" if taken < 10 else ".0f")}
