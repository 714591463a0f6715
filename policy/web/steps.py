"""The degrees of automation as the switch shows them."""

from collections.abc import Callable
from dataclasses import dataclass

from policy.types import DEGREE_ORDER, Degree

# Who decides; what a reviewer sees; the words on the button that goes there.
_SAID: dict[str, tuple[str, str, str]] = {
    Degree.HUMAN_ONLY: (
        "People decide every case. No score is computed.",
        "The case.",
        "Leave it to people",
    ),
    Degree.SHADOW: (
        "People decide every case. The model scores every case unseen, to be compared with them.",
        "The case, and nothing of the model.",
        "Score unseen",
    ),
    Degree.ASSIST: (
        "People decide every case, with the model's help.",
        "The case, the suggestion and its evidence; a random share of the cases is shown without them.",
        "Show suggestions",
    ),
    Degree.PARTIAL: (
        "The model decides cases at or above the cutoff, people all others.",
        "As under assist. Audits are shown without the suggestion.",
        "Automate above the cutoff",
    ),
    Degree.FULL: (
        "The model decides every case. Its certificate must cover all of them.",
        "Audits, and what the model cannot read or score.",
        "Automate everything",
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
            name=Degree(value).label,
            who=_SAID[value][0],
            sees=_SAID[value][1],
            verb=_SAID[value][2],
            is_current=place == here,
            is_up=place > here,
            hindrance=hindrance_of(value) if place > here else "",
        )
        for place, value in enumerate(DEGREE_ORDER)
    ]
