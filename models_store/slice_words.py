"""What the cases of a slice have in common, in words."""

from django.utils.translation import gettext_noop

from hitl.shared.words import Words, as_words, figure
from science.kinds.traits import Common

_SAID = {
    "label": gettext_noop("labelled %(value)s"),
    "says": gettext_noop("the model says %(value)s"),
    "missing": gettext_noop("%(field)s: missing"),
    "value": gettext_noop("%(field)s: %(value)s"),
    "weekend": gettext_noop("%(field)s: on a weekend"),
    "weekday": gettext_noop("%(field)s: on a weekday"),
    "not Latin": gettext_noop("%(field)s: mostly not in Latin letters"),
}
_UNITS = (gettext_noop("characters"),)  # that kinds measure in


def slice_in_words(field: str, common: Common) -> Words:
    """Say it; of a kind that is not known here, by its own word."""
    if common.what == "size":
        return _size(field, common)
    said = _SAID.get(common.what)
    if said is None:
        return Words("%(field)s: %(value)s", field=field, value=common.what)
    return Words(said, field=field, value=common.value)


def _size(field: str, common: Common) -> Words:
    ends = {
        name: figure(end, ",.0f" if end == int(end) else "g")
        for name, end in (("low", common.low), ("high", common.high))
        if end is not None
    }
    if not common.unit:
        if common.low is None:
            return Words("%(field)s up to %(high)s", field=field, **ends)
        if common.high is None:
            return Words("%(field)s above %(low)s", field=field, **ends)
        return Words("%(field)s above %(low)s, up to %(high)s", field=field, **ends)
    unit = as_words(common.unit)
    if common.low is None:
        return Words("%(field)s up to %(high)s %(unit)s", field=field, unit=unit, **ends)
    if common.high is None:
        return Words("%(field)s above %(low)s %(unit)s", field=field, unit=unit, **ends)
    return Words("%(field)s above %(low)s, up to %(high)s %(unit)s", field=field, unit=unit, **ends)
