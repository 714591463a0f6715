"""Models ready to score, kept in the memory of each process; each is checked and loaded once.

Nothing here imports scikit-learn: a web process that only scores stays small.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from django.db.models import QuerySet

from hitl.shared.words import Words
from models_store import artifacts
from models_store.errors import ArtifactRefused
from models_store.models import Release, RoleSpan
from models_store.types import ReleaseRole
from science.serving import BadArtifact, Scorer, load_scorer

log = logging.getLogger(__name__)

KEPT_PER_WORKFLOW = 8  # the champion, those in shadow (a worker scores with all), one to roll back to

_served_models: OrderedDict[UUID, tuple[UUID, Scorer]] = OrderedDict()
# by release, least recently used first
_lock = Lock()


def served_model(release_id: UUID) -> Scorer:
    """Return what scores a release's cases, from memory if this process has loaded it.

    Raises:
        ArtifactRefused: the file is missing, damaged, not the service's own or not this release's.
        Release.DoesNotExist: there is no such release.
    """
    with _lock:  # held while loading: two threads that ask at once load it once
        kept = _served_models.get(release_id)
        if kept is not None:
            _served_models.move_to_end(release_id)
            return kept[1]
        release = Release.objects.defer("report", "manifest").get(pk=release_id)
        served = _read(release)
        _served_models[release_id] = (release.workflow_id, served)
        siblings = [other for other, (owner, _) in _served_models.items() if owner == release.workflow_id]
        for oldest in siblings[:-KEPT_PER_WORKFLOW]:
            del _served_models[oldest]
        return served


def make_ready(release: Release) -> None:
    """Load a model into this process where it is not yet, and check that its file is what it was.

    The way back to a model that has just decided costs a look at its file.

    Raises:
        ArtifactRefused: the file is missing, damaged, not the service's own or not this release's.
    """
    served_model(release.pk)
    artifacts.check(release)


def _read(release: Release) -> Scorer:
    try:
        served = load_scorer(artifacts.load(release))
    except BadArtifact as fault:
        raise ArtifactRefused(
            Words("The model %(model)s cannot be read: %(fault)s.", model=release.name, fault=fault),
            release=release.name,
        ) from fault
    if list(served.labels) != release.labels or served.schema_sha256 != release.schema_sha256:
        # Its columns would be read as other labels: wrong decisions without an error.
        raise ArtifactRefused(
            Words("The file of %(model)s is that of another release.", model=release.name),
            release=release.name,
        )
    return served


@dataclass(frozen=True, slots=True)
class Trouble:
    """A champion that cannot be used: its workflow's cases go to people, with the reason."""

    workflow_id: UUID
    release_id: UUID
    words: str


def champions() -> QuerySet[RoleSpan]:
    """Return what is in service in live workflows, with the releases."""
    spans = RoleSpan.objects.filter(role=ReleaseRole.CHAMPION, until=None, workflow__archived_at=None)
    return spans.select_related("release", "workflow").defer("release__report", "release__manifest")


def troubles() -> list[Trouble]:
    """Load the champions of all live workflows that are not in memory, and check the files of all.

    A model whose file was changed behind its back still scores from memory, and would not after a restart:
    that is a trouble as well. What is in order costs one query and a look at each file.
    """
    found = []
    for span in champions():
        try:
            make_ready(span.release)
        except ArtifactRefused as refused:
            facts = {"release": str(span.release_id), "trouble": refused.message}
            log.error("model not usable", extra=facts)  # untranslated: a log
            found.append(Trouble(span.workflow_id, span.release_id, refused.message))
    return found


def forget() -> None:
    """Drop every loaded model."""
    with _lock:
        _served_models.clear()
