"""Questions about models, runs and the labels they use."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import numpy as np
from django.db.models import Exists, F, OuterRef, QuerySet

from cases.models import Label
from cases.selectors import schema_in_force
from models_store.models import Evaluation as EvaluationRow
from models_store.models import (
    LabelRole,
    PrecedentIndex,
    Release,
    RoleSpan,
    Source,
    SourceScore,
    TrainingRun,
    TrainingSettings,
)
from models_store.types import LabelUse, ReleaseRole, RunStatus

FEW_EXAMPLES = 20  # of a label, up to which a person is told how many taught it
ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True, eq=False)
class Unsettled:
    """What a release said of cases that people were asked about and that had no label when it was trained.

    Every array has shape (n_unsettled,); `scores` and `predicted` are as in `Evaluation`.
    """

    case_ids: list[UUID]
    scores: np.ndarray
    predicted: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a release said of labelled cases it was not trained on; every array has shape (n_cases,).

    Attributes:
        labels: the release's labels, the order of the columns below.
        scores: probability of the predicted label, NaN where there is none.
        predicted: column of the predicted label.
        truth: column of the label people gave, -1 for one the release does not know.
        is_blind: given without sight of a model's output.
        purpose: why people were asked.
        groups: equal in cases that belong together.
        unsettled: cases without a label, as `Unsettled`.
    """

    labels: list[str]
    label_ids: list[UUID]
    scores: np.ndarray
    predicted: np.ndarray
    truth: np.ndarray
    is_blind: np.ndarray
    purpose: list[str]
    groups: np.ndarray
    unsettled: Unsettled

    def __len__(self) -> int:
        return len(self.label_ids)

    @property
    def wrong(self) -> np.ndarray:
        """Whether the answer is not that of people, shape (n_cases,); no answer is a wrong one."""
        return np.asarray((self.predicted != self.truth) | np.isnan(self.scores), dtype=bool)


def champion(workflow_id: UUID) -> Release | None:
    """Return the release that scores for the workflow now."""
    spans = {"role_spans__role": ReleaseRole.CHAMPION, "role_spans__until": None}
    return Release.objects.filter(workflow_id=workflow_id, **spans).first()


def champions_of(workflow_ids: Collection[UUID]) -> dict[UUID, Release]:
    """Return the releases that score now, by workflow; without what was written at their training."""
    spans = {"role_spans__role": ReleaseRole.CHAMPION, "role_spans__until": None}
    found = Release.objects.defer("report", "manifest").filter(workflow__in=workflow_ids, **spans)
    return {one.workflow_id: one for one in found}


def previous_champion(workflow_id: UUID) -> Release | None:
    """Return what a roll-back brings back: the champion before the present one.

    Whoever was rolled back is not it: to bring that one in again is no way back, however short ago it was.
    """
    spans = RoleSpan.objects.filter(workflow_id=workflow_id, role=ReleaseRole.CHAMPION)
    followed: list[UUID] = []  # each took the place of the one before it, the latest last
    for release_id in spans.order_by("since", "id").values_list("release_id", flat=True):
        if followed[-2:-1] == [release_id]:
            followed.pop()
        elif followed[-1:] != [release_id]:
            followed.append(release_id)
    before = followed[-2:-1] if spans.filter(until=None).exists() else followed[-1:]
    return Release.objects.get(pk=before[0]) if before else None


def fits(release: Release) -> bool:
    """Tell whether a release is for the fields and labels that its workflow has now."""
    return bool(schema_in_force(release.workflow).schema_sha256 == release.schema_sha256)


def way_back(workflow_id: UUID) -> Release | None:
    """Return the champion before this one where it can take over again at once."""
    before = previous_champion(workflow_id)
    return before if before and fits(before) else None


def releases_of(workflow_id: UUID) -> list[Release]:
    """Return the releases of a workflow, newest first."""
    return list(Release.objects.filter(workflow_id=workflow_id).defer("manifest").order_by("-number"))


def roles_now(workflow_id: UUID) -> dict[UUID, RoleSpan]:
    """Return the role that each release of a workflow has now."""
    return {span.release_id: span for span in RoleSpan.objects.filter(workflow_id=workflow_id, until=None)}


def role_history(release_id: UUID) -> list[RoleSpan]:
    """Return the roles a release has had, oldest first."""
    return list(RoleSpan.objects.filter(release_id=release_id).order_by("since", "id"))


def current_labels(workflow_id: UUID) -> QuerySet[Label]:
    """Return the labels that count now: one per case, the latest."""
    return Label.objects.filter(workflow_id=workflow_id, superseded_at=None)


def new_labels(workflow_id: UUID, *, since: datetime | None, until: datetime | None = None) -> int:
    """Count the current labels given since then and until then; all of them without times."""
    labels = current_labels(workflow_id)
    labels = labels if since is None else labels.filter(at__gt=since)
    return (labels if until is None else labels.filter(at__lte=until)).count()


def labels_trained_on(release_id: UUID) -> set[UUID]:
    """Return the labels that the release was fitted to."""
    used = LabelRole.objects.filter(release_id=release_id, use=LabelUse.TRAIN)
    return set(used.values_list("label_id", flat=True))


def active_run(workflow_id: UUID) -> TrainingRun | None:
    """Return the run that is queued or running; there is at most one."""
    return TrainingRun.objects.filter(workflow_id=workflow_id, status__in=ACTIVE).first()


def latest_runs(workflow_id: UUID, *, limit: int = 10) -> list[TrainingRun]:
    """Return the newest runs, newest first."""
    runs = TrainingRun.objects.filter(workflow_id=workflow_id).select_related("release", "requested_by")
    return list(runs.order_by("-requested_at", "-id")[:limit])


def run_since(workflow_id: UUID, since: datetime) -> TrainingRun | None:
    """Return the newest run that was asked for since a moment."""
    runs = TrainingRun.objects.filter(workflow_id=workflow_id, requested_at__gte=since)
    return runs.select_related("release", "requested_by").order_by("-requested_at", "-id").first()


def last_training(workflow_id: UUID) -> TrainingRun | None:
    """Return the newest run that trained a model here; those of models elsewhere are others."""
    runs = TrainingRun.objects.filter(workflow_id=workflow_id, source=None)
    return runs.order_by("-requested_at", "-id").first()


def n_precedents(release_id: UUID) -> int:
    """Count the training cases that can be found again by likeness; 0 without an index."""
    return sum(PrecedentIndex.objects.filter(release_id=release_id).values_list("n_cases", flat=True))


def run_that_made(release_id: UUID) -> TrainingRun | None:
    """Return the training run that registered the release."""
    return TrainingRun.objects.filter(release_id=release_id).order_by("id").first()


def training_settings(workflow_id: UUID) -> TrainingSettings:
    """Return when the workflow trains by itself: the defaults where nobody has said."""
    kept = TrainingSettings.objects.filter(workflow_id=workflow_id).first()
    return kept or TrainingSettings(workflow_id=workflow_id)


def evaluation_of(release_id: UUID) -> Evaluation | None:
    """Return what the release said of cases it was not trained on; None when nothing was kept."""
    row = EvaluationRow.objects.select_related("release").filter(release_id=release_id).first()
    if row is None:
        return None
    return Evaluation(
        labels=row.release.labels,
        label_ids=row.label_ids,
        scores=np.array(row.scores, dtype=np.float64),
        predicted=np.array(row.predicted, dtype=np.intp),
        truth=np.array(row.truth, dtype=np.intp),
        is_blind=np.array(row.is_blind, dtype=bool),
        purpose=row.purpose,
        groups=np.array(row.groups, dtype=np.int64),
        unsettled=Unsettled(
            row.unsettled_case_ids,
            np.array(row.unsettled_scores, dtype=np.float64),
            np.array(row.unsettled_predicted, dtype=np.intp),
            np.array(row.unsettled_groups, dtype=np.int64),
        ),
    )


def sources_in_use(workflow_id: UUID) -> dict[tuple[str, str], Source]:
    """Return the models elsewhere whose scores of new cases are listened to, by model and version."""
    found = Source.objects.filter(workflow_id=workflow_id, confirmed_at__isnull=False, retired_at=None)
    return {(one.model, one.version): one for one in found if one.is_in_use}


def scored_labels(source: Source, *, since: datetime | None = None) -> QuerySet[Label]:
    """Return the current labels of cases that came with a usable score of the source; given since then."""
    scores = SourceScore.objects.filter(source=source, case_id=OuterRef("case_id"), proba__isnull=False)
    labels = current_labels(source.workflow_id).filter(Exists(scores))
    return labels if since is None else labels.filter(at__gt=since)


def latest_release_of(source: Source) -> Release | None:
    """Return the last release whose scores come from the source."""
    return Release.objects.filter(source=source).order_by("-number").first()


def sources_of(workflow_id: UUID) -> list[Source]:
    """Return the models elsewhere of a workflow, newest first; those that are retired last."""
    return list(
        Source.objects.filter(workflow_id=workflow_id).order_by(
            F("retired_at").desc(nulls_first=True), "-proposed_at"
        )
    )


def few_examples(release_id: UUID | None, label: str) -> int | None:
    """Return from how many examples a release learnt a label, where those are few; none of one elsewhere."""
    n = _examples_of(release_id).get(label) if release_id is not None else None
    return n if n is not None and n <= FEW_EXAMPLES else None


@lru_cache(maxsize=1000)
def _examples_of(release_id: UUID) -> Mapping[str, int]:
    """How many labels of each kind taught a release; they never change, so each process reads them once."""
    found = Release.objects.filter(pk=release_id).values_list("report__label_mix", "report__source").first()
    mix, source = found or (None, None)
    return {} if mix is None or source is not None else mix
