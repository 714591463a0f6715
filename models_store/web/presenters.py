"""Releases as the pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext, gettext_noop

from cases.types import Purpose
from hitl.shared.numbers import number
from hitl.shared.words import shown
from hitl.web.charts import Plot
from hitl.web.format import size
from models_store import reports
from models_store.models import Release, RoleSpan
from models_store.services.evidence import MIN_RATIO
from models_store.types import Check, ReleaseRole
from models_store.web.learning import ShownCurve, shown_curve
from models_store.web.plots import calibration_plot, risk_coverage_plot
from science.intervals import wilson_interval

_ROLES = {
    ReleaseRole.TRAINED: (gettext_noop("trained"), "neutral", "clock"),
    ReleaseRole.CHAMPION: (gettext_noop("champion"), "good", "circle-check"),
    ReleaseRole.SHADOW: (gettext_noop("shadow"), "accent", "eye-off"),
    ReleaseRole.CANARY: (gettext_noop("canary"), "accent", "gauge"),
    ReleaseRole.RETIRED: (gettext_noop("retired"), "neutral", "history"),
}
_WAITS = (gettext_noop("waits"), "warn", "clock")
_METHODS = {
    "linear-exact": gettext_noop("the exact share of every word and field in the model's sum"),
    "token-shares": gettext_noop(
        "the share of every word in the sentence's vector; it depends on the words around it"
    ),
    "two-ended-swap": gettext_noop(
        "exchanging each field with those of fifty usual cases, in both directions"
    ),
    "none": gettext_noop(
        "none: the scores come from a model elsewhere, and what it looked at is not known here"
    ),
    "occlusion": gettext_noop("covering or muting a part and asking the model again"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """Words, tone and icon of a badge."""

    words: str
    tone: str
    icon: str


def badge(words: str, tone: str, icon: str) -> Badge:
    """Return a badge in the language of this moment."""
    return Badge(gettext(words), tone, icon)


@dataclass(frozen=True)
class ShownRelease:
    """A release with what pages say of it; a part of the report that is not there is left out."""

    release: Release
    span: RoleSpan | None

    @property
    def role(self) -> Badge:
        """What it does now."""
        return badge(*_ROLES[ReleaseRole(self.span.role)] if self.span else _WAITS)

    @property
    def is_champion(self) -> bool:
        """True while it scores and decides."""
        return self.span is not None and self.span.role == ReleaseRole.CHAMPION

    @property
    def is_in_shadow(self) -> bool:
        """True while it scores beside the champion."""
        return self.span is not None and self.span.role == ReleaseRole.SHADOW

    @property
    def report(self) -> Mapping[str, Any]:
        """The model card's numbers."""
        report: Mapping[str, Any] = self.release.report
        return report

    @property
    def gate(self) -> list[Check]:
        """The checks that it passed."""
        return [Check.from_json(kept) for kept in self.report.get("gate", [])]

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The measures of the pipeline it was made by, on cases it was not trained on."""
        return reports.chosen(self.report)

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """What it was chosen among, with the share of wrong answers."""
        return [{**one, "wrong": 1 - one["accuracy"]} for one in self.report.get("candidates", [])]

    @property
    def looks(self) -> list[str]:
        """How it looks at files of a kind, in sentences."""
        found: list[str] = self.report.get("looks", [])
        return found

    @property
    def skipped(self) -> str:
        """What was not tried for lack of time, or because it is not installed."""
        return ", ".join(map(shown, self.report.get("skipped", [])))

    @property
    def error(self) -> float | None:
        """Share of wrong answers if it answered every case."""
        return reports.error_of(self.report)

    @property
    def error_interval(self) -> tuple[float, float] | None:
        """Of that share, at 95 %."""
        return None if self.error is None else wilson_interval(self.error, self.report["n_rows"])

    @property
    def error_where_known(self) -> float | None:
        """Share of wrong answers about entities that it knows; None where nearly every case stands alone."""
        found: float | None = self.report.get("error_where_known")
        return found

    @property
    def majority_error(self) -> float | None:
        """Share of wrong answers of the commonest label."""
        majority = self.report.get("baselines", {}).get("majority")
        return 1 - majority["accuracy"] if majority else None

    @property
    def aurc(self) -> float | None:
        """Mean error over all automation rates."""
        return self.chosen.get("aurc")

    @property
    def n_labels(self) -> int | None:
        """How many labels it learned from."""
        found: int | None = self.data.get("n_labels", self.report.get("n_rows"))
        return found

    @property
    def data(self) -> Mapping[str, Any]:
        """What it was trained on."""
        found: Mapping[str, Any] = self.report.get("data", {})
        return found

    @property
    def span_of_labels(self) -> tuple[datetime, datetime] | None:
        """When the first and the last of its labels were given."""
        first, last = self.data.get("first_at"), self.data.get("last_at")
        return (datetime.fromisoformat(first), datetime.fromisoformat(last)) if first and last else None

    @property
    def purposes(self) -> list[tuple[str, int]]:
        """Why people were asked for its labels."""
        words = dict(Purpose.choices)
        return [(str(words.get(name, name)), n) for name, n in self.data.get("purposes", {}).items()]

    @property
    def mix(self) -> list[tuple[str, int]]:
        """How often each label occurs, the commonest first."""
        return sorted(self.data.get("label_mix", {}).items(), key=lambda item: -item[1])

    @property
    def labels(self) -> list[tuple[str, Mapping[str, Any]]]:
        """For each label how many there were, how many were found, how many answers were right."""
        return list(self.report.get("labels", {}).items())

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Labels with too few examples to be learnt: the model never says them."""
        return list(self.report.get("left_out", {}).items())

    @property
    def never_said(self) -> str:
        """The names of these labels, in quotation marks."""
        return ", ".join(gettext("“%(label)s”") % {"label": label} for label, _ in self.left_out)

    @property
    def slices(self) -> Mapping[str, Any]:
        """Where it errs most; empty for a release that was made before slices were."""
        found: Mapping[str, Any] = self.report.get("slices", {})
        return found if found.get("worst") else {}

    @property
    def method(self) -> str:
        """How its evidence is found, in words; empty for a release that was made before this was kept."""
        return shown(_METHODS.get(self.report.get("explanations", {}).get("method", ""), ""))

    @property
    def adds_up(self) -> str:
        """How closely its evidence adds up to the log-odds, in words."""
        found = self.report.get("explanations", {})
        n, n_exact = found.get("n_rows", 0), found.get("n_exact", found.get("n_rows", 0))
        if found.get("method") == "occlusion":
            return gettext("not claimed: covering parts is an estimate")
        if n_exact == n:
            return gettext("within %(gap)s log-odds") % {"gap": f"{found['additivity']:.1g}"}
        return gettext("in %(exact)s of %(n)s cases; up to %(gap)s log-odds are left over in the others") % {
            "exact": number(n_exact),
            "n": number(n),
            "gap": f"{found['left_over']:.1g}",
        }

    @property
    def is_poorly_explained(self) -> bool:
        """Whether its evidence matters so little that all of it is called weak."""
        ratio = self.report.get("explanations", {}).get("ratio")
        return ratio is not None and ratio < MIN_RATIO

    @property
    def marks(self) -> str:
        """What marks in pictures are worth beside plain contrast, in words; empty where there are none."""
        found = self.report.get("explanations", {}).get("marks")
        if not found:
            return ""
        if not found["n"]:
            return gettext("too few cases to compare them with plain contrast, so every mark is called weak")
        words = gettext(
            "what one model marks costs another %(by_marks)s log-odds when covered; where the picture has"
            " most contrast it costs %(by_contrast)s (%(n)s cases that neither saw)"
        )
        if not found["beats"]:
            words = gettext(
                "what one model marks costs another %(by_marks)s log-odds when covered; where the picture has"
                " most contrast it costs %(by_contrast)s (%(n)s cases that neither saw), so every mark is"
                " called weak"
            )
        return words % {
            "by_marks": number(found["by_marks"], ".2f"),
            "by_contrast": number(found["by_contrast"], ".2f"),
            "n": found["n"],
        }

    @property
    def file_size(self) -> str:
        """Of the model's file."""
        return size(self.release.artifact_bytes)

    @cached_property
    def calibration(self) -> Plot | None:
        """Confidence against share right."""
        return calibration_plot(self.report)

    @cached_property
    def risk_coverage(self) -> Plot | None:
        """Error against automation rate."""
        return risk_coverage_plot(self.report)

    @cached_property
    def learning(self) -> ShownCurve | None:
        """What more labels would buy."""
        return shown_curve(self.report)
