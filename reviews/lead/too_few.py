"""Why there is no estimate, as pages say it: `science` gives the reason as a pattern, in English."""

from django.utils.translation import gettext, gettext_noop

from science.agreement.shares import TooFew

PATTERNS = (
    gettext_noop("%(n)s of the %(needed)s observations that an estimate needs"),
    gettext_noop("%(n)s of the %(needed)s cases with two answers that an estimate needs"),
    gettext_noop("%(n)s of %(needed)s cases that the model got wrong with the suggestion shown"),
    gettext_noop("%(n)s of %(needed)s cases that the model got wrong answered blind"),
    gettext_noop("every answer is the same label: chance would agree as well"),
)
"""All that there are, for the catalogues."""


def because(found: TooFew) -> str:
    """Say why nothing is estimated."""
    return gettext(found.pattern) % {"n": found.n, "needed": found.needed}
