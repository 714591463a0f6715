"""Score cases by releases in shadow: each case is read once for all of them."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import F

from cases.models import Case, SchemaVersion
from hitl.shared.months import month_of
from models_store.models import Release, ShadowProgress, ShadowScore
from models_store.rows import Row, rows_for
from models_store.scoring import score_around_failures, score_rows
from models_store.services.shadow_months import SHADOW_SCORES
from models_store.serving import served_model
from models_store.source_answers import with_said
from models_store.types import Unscored
from science.decide import decide
from science.decision_terms import OF_SOURCES, Basis, Degree, Reason
from science.draws import Draws
from science.rule import Rule

log = logging.getLogger(__name__)


class Routed(NamedTuple):
    """A case in the order of evidence."""

    at: datetime
    case_id: UUID


@dataclass(frozen=True, slots=True)
class _Read:
    """Contents that share a schema, as models read them."""

    routed: list[Routed]
    rows: Sequence[Row]
    schema_sha256: str


def score_in_shadow(
    progress: Sequence[ShadowProgress], routed: Mapping[UUID, Sequence[Routed]], *, now: datetime
) -> int:
    """Let each release score its cases; return how many scores were written.

    Args:
        progress: of the releases, locked by the caller, whose transaction this is part of: a worker that is
            killed leaves neither scores nor a cursor that is ahead of them.
        routed: the cases of each release, by its key.

    A case that is gone, or that a release cannot score, gets a row that says why. A model that cannot be
    loaded fails on all of its cases, and never on those of another.
    """
    every = {one for cases in routed.values() for one in cases}
    if not every:
        return 0
    SHADOW_SCORES.make({month_of(one.at) for one in every})
    read, gone = _read(sorted(every), progress[0].release.workflow_id)
    scores: list[ShadowScore] = []
    for one in progress:
        mine = set(routed[one.release_id])
        own = [_blank(one.release, case, Unscored.GONE, now) for case in gone if case in mine]
        for part in read:
            own += _scored_by(one.release, part, mine, now)
        unscored = sum(bool(score.unscored) for score in own)
        ShadowProgress.objects.filter(pk=one.pk).update(
            received=F("received") + len(own),
            scored=F("scored") + len(own) - unscored,
            unscored=F("unscored") + unscored,
        )
        scores += own
    ShadowScore.objects.bulk_create(scores, batch_size=1000)
    return len(scores)


def _read(routed: Sequence[Routed], workflow_id: UUID) -> tuple[list[_Read], list[Routed]]:
    """Return the contents by schema, and the cases that have none any more."""
    columns = Case.objects.filter(pk__in=[one.case_id for one in routed])
    found = {
        case_id: (number, content)
        for case_id, number, content in columns.values_list("id", "schema_version", "content")
    }
    by_schema: defaultdict[int, list[Routed]] = defaultdict(list)
    gone = []
    for one in routed:
        if one.case_id in found and found[one.case_id][1]:
            by_schema[found[one.case_id][0]].append(one)
        else:
            gone.append(one)
    versions = SchemaVersion.objects.filter(workflow_id=workflow_id, number__in=list(by_schema))
    read = [
        _Read(
            cases,
            rows_for(
                with_said(
                    [one.case_id for one in cases],
                    [found[one.case_id][1] for one in cases],
                    workflow_id,
                ),
                version.schema,
            ),
            version.schema_sha256,
        )
        for version in versions
        for cases in [by_schema[version.number]]
    ]
    return read, gone


def _scored_by(release: Release, part: _Read, mine: set[Routed], now: datetime) -> list[ShadowScore]:
    places = [place for place, one in enumerate(part.routed) if one in mine]
    if not places:
        return []
    routed = [part.routed[place] for place in places]
    if part.schema_sha256 != release.schema_sha256:
        return [_blank(release, one, Unscored.SCHEMA, now) for one in routed]
    try:
        served = served_model(release.pk)
    except Exception:
        log.exception("model in shadow not loaded", extra={"release": str(release.pk)})
        return [_blank(release, one, Unscored.FAILED, now) for one in routed]
    rows = part.rows if len(places) == len(part.routed) else [part.rows[place] for place in places]
    try:
        proba, unusable = score_rows(served, rows)
    except Exception:
        log.exception("scoring in shadow failed", extra={"release": str(release.pk)})
        proba, unusable = score_around_failures(served, rows)
    outcomes = decide(
        _neutral(tuple(release.labels)),
        proba,
        unusable=unusable,
        draws=_no_draws(len(rows)),
        now=0.0,
        is_partial=served.is_partial,
    )
    scores = []
    for one, outcome, p in zip(routed, outcomes.rows(), proba.tolist(), strict=True):
        if outcome.label is None:
            scores.append(_blank(release, one, _WHY.get(outcome.reason, Unscored.UNREADABLE), now))
        else:
            said: dict[str, Any] = {"predicted": outcome.label, "score": outcome.score, "proba": p}
            scores.append(_row(release, one, now, **said))
    return scores


_WHY = {Reason.NO_SCORE: Unscored.FAILED} | dict.fromkeys(OF_SOURCES, Unscored.UNSAID)


def _neutral(labels: tuple[str, ...]) -> Rule:
    """Return a rule that only says which scores may be used: it is the live rule that says so of the
    champion's."""
    return Rule(labels=labels, workflow_labels=frozenset(labels), degree=Degree.PARTIAL, basis=Basis.BY_HAND)


def _no_draws(n: int) -> Draws:
    return Draws(np.ones(n), np.ones(n), np.ones(n))


def _blank(release: Release, one: Routed, why: Unscored, now: datetime) -> ShadowScore:
    return _row(release, one, now, unscored=why)


def _row(release: Release, one: Routed, now: datetime, **said: Any) -> ShadowScore:
    return ShadowScore(release_id=release.pk, case_id=one.case_id, routed_at=one.at, scored_at=now, **said)
