"""What has come from a model elsewhere so far: scores, what was none and why, and labels to fit it on."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, Max, Q, Sum
from django.utils.translation import gettext_lazy

from models_store.models import Release, Source, SourceScore
from models_store.selectors import latest_release_of, scored_labels
from science.decision_terms import Reason

WORDS = {
    Reason.UNFIT_INPUT: gettext_lazy("the case lacks a number, without which the file is not run"),
    Reason.SOURCE_SILENT: gettext_lazy("nothing came with the case"),
    Reason.SOURCE_UNREGISTERED: gettext_lazy("its version is not registered"),
    Reason.SCORES_MALFORMED: gettext_lazy("no model, version and probabilities in it"),
    Reason.SCORES_LACK_LABEL: gettext_lazy("a label of the map is missing"),
    Reason.SCORES_EXTRA_LABEL: gettext_lazy("a label that is not in the map"),
    Reason.SCORES_NO_NUMBERS: gettext_lazy("a probability is no number (NaN, null, text)"),
    Reason.SCORES_NEGATIVE: gettext_lazy("a probability is negative"),
    Reason.SCORES_SUM: gettext_lazy("the probabilities do not add up to 1"),
    Reason.SCORING: gettext_lazy("its score is being asked for"),
    Reason.SOURCE_LATE: gettext_lazy("it was not asked in time"),
    Reason.SOURCE_UNREACHABLE: gettext_lazy("it could not be reached, or its address is not allowed"),
    Reason.SOURCE_TIMEOUT: gettext_lazy("it gave no answer in time"),
    Reason.SOURCE_FAILED: gettext_lazy("it failed (5xx)"),
    Reason.SOURCE_REFUSED: gettext_lazy("it refused the request (4xx)"),
    Reason.SOURCE_UNREADABLE: gettext_lazy("its answer could not be read"),
    Reason.SOURCE_SHORT: gettext_lazy("it answered for fewer or more cases than it was asked about"),
    Reason.SOURCE_CHANGED: gettext_lazy("it named another version of itself"),
    Reason.SOURCE_MASS: gettext_lazy("it wanted to say something else than a label"),
    Reason.SOURCE_SPARED: gettext_lazy("the local model was sure of the case, so it was not asked"),
}
"""Why what was sent is no score, for people."""


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """Counts of one source.

    Attributes:
        received: cases that came with something of this source.
        usable: of them, with a score.
        unusable: of the others, how many for which reason, the commonest first.
        last_at: when the last one came; None before the first.
        labelled: usable scores of cases that people have labelled: what a calibrator is fitted on.
        release: the last release made of it; None before the first.
        awaited: cases whose score is being asked for.
        spent: what all the answers together have cost; None where none was asked for.
        spared: cases that it need not be asked about (`models_store.services.sparing`).
        milliseconds, cost: means per case that was asked about; None where none was.
    """

    received: int
    usable: int
    unusable: list[tuple[Reason, int]]
    last_at: datetime | None
    labelled: int
    release: Release | None
    awaited: int = 0
    milliseconds: float | None = None
    cost: float | None = None
    spent: float | None = None
    spared: int = 0

    @property
    def saved(self) -> float | None:
        """What asking about the spared cases would have cost, at the mean of the others; None if unknown."""
        return None if self.cost is None else self.spared * self.cost

    @property
    def cost_per_case(self) -> float | None:
        """What it has cost for each case that came in, asked about or spared; None where none was asked."""
        return None if self.spent is None else self.spent / (self.received + self.spared)

    @property
    def n_unusable(self) -> int:
        """Cases that came with something of it that is no score."""
        return self.received - self.usable


def figures_of(source: Source) -> SourceFigures:
    """Count what has come from a source."""
    rows = SourceScore.objects.filter(source=source)
    scores = rows.exclude(unusable__in=[Reason.SCORING, Reason.SOURCE_SPARED])
    facts = scores.aggregate(
        n=Count("case_id"),
        usable=Count("case_id", filter=Q(unusable="")),
        last=Max("at"),
        milliseconds=Avg("milliseconds"),
        spent=Sum("cost"),
        cost=Avg("cost"),
    )
    why = scores.exclude(unusable="").values("unusable").annotate(n=Count("case_id")).order_by("-n")
    return SourceFigures(
        received=facts["n"],
        usable=facts["usable"],
        unusable=[(Reason(one["unusable"]), one["n"]) for one in why],
        last_at=facts["last"],
        labelled=scored_labels(source).count(),
        release=latest_release_of(source),
        awaited=rows.filter(unusable=Reason.SCORING).count(),
        milliseconds=facts["milliseconds"],
        cost=facts["cost"],
        spent=facts["spent"],
        spared=rows.filter(unusable=Reason.SOURCE_SPARED).count(),
    )
