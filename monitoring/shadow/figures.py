"""Figures about a challenger for people: how much it has scored, where it agrees, how far its handover is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from hitl.shared.words import Words
from models_store.models import Release, ShadowProgress, ShadowScore
from models_store.selectors import champion, training_settings
from monitoring.shadow.compared import Compared, Cutoffs, Place, compared
from monitoring.shadow.drawing import cutoffs_of
from monitoring.shadow.scoring import is_scored, routings
from policy.models import DisagreementDraw, HandoverTrial

JOINED_OVER = timedelta(hours=24)
JOINED_BAR = 0.999  # of the cases that were to be scored: below it, something loses cases
MAX_COUNTED = 50_000
COMPARED = 2_000  # latest cases that are laid beside each other
SHOWN = 8  # of those in which they differ
PEOPLE = Words("people")


def joined_share(release: Release, *, now: datetime) -> float | None:
    """Return which share of the cases that were to be scored in the last day of its shadow has a score.

    Counted from the routings, not from what the scorer believes to have done. A case that it could not score
    counts as joined: its row says why. None where there was no case.
    """
    progress = ShadowProgress.objects.filter(pk=release.pk).first()
    if progress is None or progress.cursor_at is None:
        return None
    begin = max(progress.since, progress.cursor_at - JOINED_OVER)
    rows = routings(release.workflow_id).filter(decided_at__gt=begin, decided_at__lte=progress.cursor_at)
    scores = ShadowScore.objects.filter(
        release_id=release.pk, case_id=OuterRef("case_id"), routed_at=OuterRef("decided_at")
    )
    share = training_settings(release.workflow_id).shadow_share / 100
    if share >= 1:
        received = rows.count()
        joined = rows.filter(Exists(scores)).count()
    else:
        found = rows.order_by("-decided_at").annotate(is_joined=Exists(scores))
        drawn = [
            is_joined
            for case_id, is_joined in found.values_list("case_id", "is_joined")[:MAX_COUNTED]
            if is_scored(case_id, share)
        ]
        received, joined = len(drawn), sum(drawn)
    return joined / received if received else None


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a release in shadow: how far it is, its last handover, draws that nobody is asked about
    yet."""

    progress: ShadowProgress | None
    trial: HandoverTrial | None
    unasked: int


def known_of(release: Release) -> Known:
    """Return what is kept of a release in shadow."""
    return Known(
        ShadowProgress.objects.filter(pk=release.pk).first(),
        HandoverTrial.objects.filter(release=release).order_by("-frozen_at").first(),
        DisagreementDraw.objects.filter(workflow_id=release.workflow_id, asked_at=None).count(),
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both said of the latest cases.

    Attributes:
        champion: name of the model it is compared with.
        columns: what the challenger would do: labels, and people last where cutoffs are compared.
        rows: what the champion did, with counts in the order of the columns.
        n: cases that both scored.
        n_differ: of them, otherwise than the champion.
        differing: the latest of these.
        decides: whether decisions are compared; else only the labels that they find most probable.
    """

    champion: str
    columns: list[str]
    rows: list[tuple[str, list[int]]]
    n: int
    n_differ: int
    differing: list[Compared]
    decides: bool

    @property
    def share(self) -> float:
        """Share of the cases on which they agree."""
        return 1 - self.n_differ / self.n if self.n else 0.0


def agreement(release: Release, progress: ShadowProgress, trial: HandoverTrial | None) -> Agreement | None:
    """Lay the latest cases of a challenger beside the champion's: decisions, where a handover froze cutoffs.

    None while it has scored nothing that the champion has.
    """
    present = champion(release.workflow_id)
    if present is None or progress.cursor_at is None:
        return None
    anything = Cutoffs(present, dict.fromkeys(present.labels, 0.0), dict.fromkeys(release.labels, 0.0))
    cutoffs = cutoffs_of(trial) if trial else anything
    rows = compared(
        release.workflow_id,
        release.pk,
        cutoffs,
        _begin(release, progress),
        until=progress.cursor_at,
        most=COMPARED,
    )
    rows = [one for one in rows if not one.is_lost]
    if trial is None:  # nothing is decided: cases that one of them could not score say nothing
        rows = [one for one in rows if one.champion and one.challenger]
    if not rows:
        return None
    pairs = Counter((one.champion or PEOPLE, one.challenger or PEOPLE) for one in rows)
    names = [*present.labels, *([PEOPLE] if trial else [])]
    differing = [one for one in rows if (one.champion or PEOPLE) != (one.challenger or PEOPLE)]
    return Agreement(
        champion=present.name,
        columns=names,
        rows=[(name, [pairs[name, other] for other in names]) for name in names],
        n=len(rows),
        n_differ=len(differing),
        differing=differing[: -SHOWN - 1 : -1],
        decides=trial is not None,
    )


def _begin(release: Release, progress: ShadowProgress) -> Place:
    """Return the place behind which the latest cases begin."""
    found = routings(release.workflow_id).filter(
        decided_at__gte=progress.since, decided_at__lte=progress.cursor_at
    )
    places = found.order_by("-decided_at", "-case_id").values_list("decided_at", "case_id")
    last = list(places[COMPARED : COMPARED + 1])
    return last[0] if last else (progress.since, UUID(int=0))
