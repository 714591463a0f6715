"""A model's confidence in words and as a frequency, never as a bare number."""

_STEPS = ((0.99, "Almost certainly"), (0.9, "Very likely"), (0.7, "Likely"), (0.55, "Perhaps"))


def certainty(confidence: float) -> str:
    """Say a calibrated probability in words.

    >>> [certainty(p) for p in (0.995, 0.93, 0.8, 0.6, 0.4)]
    ['Almost certainly', 'Very likely', 'Likely', 'Perhaps', 'Hardly more than a guess:']
    """
    return next((words for least, words in _STEPS if confidence >= least), "Hardly more than a guess:")


def frequency(confidence: float) -> str:
    """Say how often such a suggestion is right; never "always" and never "never".

    >>> [frequency(p) for p in (0.72, 0.93, 0.999, 0.04)]
    ['about 7 of 10', 'about 93 of 100', 'more than 99 of 100', 'about 4 of 100']
    """
    if confidence > 0.99:
        return "more than 99 of 100"
    if confidence < 0.01:
        return "fewer than 1 of 100"
    if 0.1 <= confidence < 0.9:
        return f"about {round(10 * confidence)} of 10"
    return f"about {round(100 * confidence)} of 100"
