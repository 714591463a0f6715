"""A study of the data in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from cases.models import Case
from cases.selectors import cases_by_id
from hitl.accounts.selectors import names_of
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.numbers import number
from hitl.shared.words import Words, shown
from hitl.web.format import percent
from models_store.web.learning import shown_curve
from monitoring.models import DataStudy

COLUMNS = ("rank", "case", "reference", "suggestion", "confidence", "alike_waiting", "why", "page")
FEW_ANSWERS = 100  # with fewer hardly any slice can be told from the rest


def reasons_of(one: Mapping[str, Any]) -> list[str]:
    """Say why a case was chosen, one reason beside the other."""
    confidence = percent(one["confidence"], 0)
    said: list[str] = [
        Words(
            "the model is unsure: %(label)s at %(confidence)s", label=one["suggestion"], confidence=confidence
        )
    ]
    if one["alike"]:
        said.append(Words.counted("one more like it waits", "%(n)s more like it wait", one["alike"]))
    said += [Words("of a kind in which it errs more (%(slice)s)", slice=words) for words in one["slices"]]
    return said


def wanted_rows(study: DataStudy, *, base: str) -> list[dict[str, Any]]:
    """Return the cases worth a label as rows of a file."""
    cases = study.found["wanted"]["cases"]
    known = _cases([one["case"] for one in cases])
    return [
        {
            "rank": rank,
            "case": one["case"],
            "reference": known[one["case"]].reference or "" if one["case"] in known else "",
            "suggestion": one["suggestion"],
            "confidence": round(one["confidence"], 4),
            "alike_waiting": one["alike"],
            "why": "; ".join(reasons_of(one)),
            "page": f"{base}{reverse('case', args=[one['case']])}",
        }
        for rank, one in enumerate(cases, 1)
    ]


@dataclass(frozen=True)
class ShownSlice:
    """A slice beside the rest."""

    one: Mapping[str, Any]
    words: str
    examples: Sequence[Case]

    @property
    def error_words(self) -> str:
        """Its share wrong, with its interval."""
        return gettext("%(value)s (%(low)s to %(high)s)") % {
            "value": percent(self.one["error"]),
            "low": percent(self.one["low"]),
            "high": percent(self.one["high"]),
        }

    @property
    def excess_words(self) -> str:
        """How many mistakes would vanish if it erred like the rest."""
        return percent(self.one["excess"], 0) if self.one["excess"] > 0 else gettext("none")


@dataclass(frozen=True)
class ShownStudy:
    """What a study found, for one person: labels of people are compared for leads alone."""

    study: DataStudy
    actor: Actor

    @property
    def found(self) -> dict[str, Any]:
        """As it was kept."""
        return dict(self.study.found)

    @property
    def is_thin(self) -> bool:
        """Whether too few answers are there to tell slices apart."""
        return bool(self.found["answers"] < FEW_ANSWERS)

    @cached_property
    def slices(self) -> list[ShownSlice]:
        """The slices, those that surely err more first."""
        return [self._slice(one, shown(one["words"])) for one in self.found["slices"]["shown"]]

    @property
    def n_worse(self) -> int:
        """How many of them surely err more than the rest."""
        return sum(one["is_worse"] for one in self.found["slices"]["shown"])

    @cached_property
    def entities(self) -> list[ShownSlice]:
        """What cases belong to; its name is looked up, so that none is kept."""
        found = []
        for one in self.found["entities"]["shown"]:
            case = self._known.get(one["words"])
            found.append(self._slice(one, (case.entity if case else None) or gettext("no longer there")))
        return found

    @cached_property
    def clusters(self) -> list[dict[str, Any]]:
        """Groups of alike errors, with examples."""
        return [one | {"examples": self._examples(one)} for one in self.found["clusters"]]

    @property
    def sees_people(self) -> bool:
        """Whether labels of people are compared for this person."""
        return self.actor.has(Role.LEAD)

    @cached_property
    def pairs(self) -> list[dict[str, Any]]:
        """Alike cases with different labels."""
        people = self._people
        return [
            {
                "sides": [
                    {
                        "case": self._known.get(case),
                        "label": label,
                        "person": people.get(person, gettext("nobody")),
                    }
                    for case, label, person in zip(one["cases"], one["labels"], one["people"], strict=True)
                ],
                "likeness": percent(one["likeness"], 0),
            }
            for one in self.found["consistency"]["shown"]
            if all(case in self._known for case in one["cases"])
        ]

    @cached_property
    def people(self) -> list[dict[str, Any]]:
        """Of each person with enough pairs, the share that differs, by name."""
        rows = self.found["consistency"]["people"]
        shown = [
            {
                "name": self._people.get(one["person"], gettext("somebody")),
                "href": reverse("lead-person", args=[one["person"]]),
                "n": one["n"],
                "share": percent(one["differ"] / one["n"], 0),
                "ends": gettext("%(low)s to %(high)s")
                % {"low": percent(one["low"], 0), "high": percent(one["high"], 0)},
            }
            for one in rows
        ]
        return sorted(shown, key=lambda one: str(one["name"]))

    @cached_property
    def wanted(self) -> list[dict[str, Any]]:
        """The cases worth a label that are still there, with why."""
        cases = self.found["wanted"]["cases"]
        return [
            {"case": self._known[one["case"]], "why": "; ".join(map(shown, reasons_of(one)))}
            for one in cases
            if one["case"] in self._known
        ]

    @property
    def buys(self) -> str:
        """What their answers would buy."""
        wanted = self.found["wanted"]
        n = len(wanted["cases"])
        bought = gettext(
            "By its own confidence, the model would be corrected about %(chosen)s times in these %(n)s cases,"
            " and about %(in_order)s times in %(n)s of those that wait."
        ) % {
            "chosen": number(wanted["corrections"], ".0f"),
            "in_order": number(wanted["in_order"], ".0f"),
            "n": number(n),
        }
        weak = [
            gettext("%(n)s of “%(slice)s”") % {"n": number(count), "slice": shown(words)}
            for words, count in wanted["weak"]
        ]
        return f"{bought} {'; '.join(weak)}." if weak else bought

    @cached_property
    def curve(self) -> str:
        """What more labels like those so far would buy, by the model's learning curve; empty without one."""
        curve = shown_curve(self.study.release.report)
        return f"{shown(curve.words)} {shown(curve.hundred)}".strip() if curve and curve.plot else ""

    def _slice(self, one: Mapping[str, Any], words: str) -> ShownSlice:
        return ShownSlice(one, words, self._examples(one))

    def _examples(self, one: Mapping[str, Any]) -> list[Case]:
        return [self._known[case] for case in one["examples"] if case in self._known]

    @cached_property
    def _known(self) -> dict[str, Case]:
        found = self.found
        named = [case for one in found["wanted"]["cases"] for case in (one["case"],)]
        named += [case for one in found["consistency"]["shown"] for case in one["cases"]]
        named += [one["words"] for one in found["entities"]["shown"]]
        for part in (found["slices"]["shown"], found["entities"]["shown"], found["clusters"]):
            named += [case for one in part for case in one["examples"]]
        return _cases(named)

    @cached_property
    def _people(self) -> dict[int, str]:
        rows = self.found["consistency"]
        ids = {person for one in rows["shown"] for person in one["people"]}
        ids |= {one["person"] for one in rows["people"]}
        return names_of(ids - {None})


def _cases(ids: Sequence[str]) -> dict[str, Case]:
    return {str(pk): case for pk, case in cases_by_id(map(UUID, ids)).items()}
