"""The degrees of automation as the switch shows them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from policy.types import DEGREE_ORDER, Degree

# Who decides; what a reviewer sees; the words on the button that goes there.
_SAID: dict[str, tuple[str, str, str]] = {
    Degree.HUMAN_ONLY: (
        gettext_noop("People decide every case. No score is computed."),
        gettext_noop("The case."),
        gettext_noop("Leave it to people"),
    ),
    Degree.SHADOW: (
        gettext_noop(
            "People decide every case. The model scores every case unseen, to be compared with them."
        ),
        gettext_noop("The case, and nothing of the model."),
        gettext_noop("Score unseen"),
    ),
    Degree.ASSIST: (
        gettext_noop("People decide every case, with the model's help."),
        gettext_noop(
            "The case, the suggestion and its evidence; a random share of the cases is shown without them."
        ),
        gettext_noop("Show suggestions"),
    ),
    Degree.PARTIAL: (
        gettext_noop("The model decides cases at or above the cutoff, people all others."),
        gettext_noop("As under assist. Audits are shown without the suggestion."),
        gettext_noop("Automate above the cutoff"),
    ),
    Degree.FULL: (
        gettext_noop("The model decides every case. Its certificate must cover all of them."),
        gettext_noop("Audits, and what the model cannot read or score."),
        gettext_noop("Automate everything"),
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One degree: above or below the present one, and why it cannot be chosen, if it cannot."""

    value: str
    name: str
    who: str
    sees: str
    verb: str
    is_current: bool
    is_up: bool
    hindrance: str = ""


def steps(current: str, hindrance_of: Callable[[str], str]) -> list[Step]:
    """Return all degrees from the least automation to the most."""
    here = DEGREE_ORDER.index(current)
    return [
        Step(
            value=value,
            name=str(Degree(value).label),
            who=gettext(_SAID[value][0]),
            sees=gettext(_SAID[value][1]),
            verb=gettext(_SAID[value][2]),
            is_current=place == here,
            is_up=place > here,
            hindrance=hindrance_of(value) if place > here else "",
        )
        for place, value in enumerate(DEGREE_ORDER)
    ]
