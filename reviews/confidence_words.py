"""A model's confidence in words and as a frequency, never as a bare number."""

from django.utils.translation import gettext, gettext_lazy

_STEPS = (
    (0.99, gettext_lazy("Almost certainly")),
    (0.9, gettext_lazy("Very likely")),
    (0.7, gettext_lazy("Likely")),
    (0.55, gettext_lazy("Perhaps")),
)
_A_GUESS = gettext_lazy("Hardly more than a guess:")


def certainty(confidence: float) -> str:
    """Say a calibrated probability in words, as the reader of this moment does.

    >>> [certainty(p) for p in (0.995, 0.93, 0.8, 0.6, 0.4)]
    ['Almost certainly', 'Very likely', 'Likely', 'Perhaps', 'Hardly more than a guess:']
    """
    return str(next((words for least, words in _STEPS if confidence >= least), _A_GUESS))


def frequency(confidence: float) -> str:
    """Say how often such a suggestion is right; never "always" and never "never".

    >>> [frequency(p) for p in (0.72, 0.93, 0.999, 0.04)]
    ['about 7 of 10', 'about 93 of 100', 'more than 99 of 100', 'about 4 of 100']
    """
    if confidence > 0.99:
        return gettext("more than 99 of 100")
    if confidence < 0.01:
        return gettext("fewer than 1 of 100")
    if 0.1 <= confidence < 0.9:
        return gettext("about %(n)s of 10") % {"n": round(10 * confidence)}
    return gettext("about %(n)s of 100") % {"n": round(100 * confidence)}
