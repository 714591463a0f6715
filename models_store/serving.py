"""Models ready to score, kept in the memory of each process; each is checked and loaded once.

Nothing here imports scikit-learn: a web process that only scores stays small.
"""

import logging
from collections import OrderedDict
from threading import Lock
from uuid import UUID

from models_store import artifacts
from models_store.errors import ArtifactRefused
from models_store.models import Release, RoleSpan
from models_store.types import ReleaseRole
from science.serving import BadArtifact, ServedModel, load_model

log = logging.getLogger(__name__)

KEPT_PER_WORKFLOW = 8  # the champion, those in shadow (a worker scores with all), one to roll back to

_plans: OrderedDict[UUID, tuple[UUID, ServedModel]] = OrderedDict()  # by release, least recently used first
_lock = Lock()


def served_model(release_id: UUID) -> ServedModel:
    """Return a model ready to score, from memory if this process has loaded it.

    Raises:
        ArtifactRefused: the file is missing, damaged, not the service's own or not this release's.
        Release.DoesNotExist: there is no such release.
    """
    with _lock:  # held while loading: two threads that ask at once load it once
        kept = _plans.get(release_id)
        if kept is not None:
            _plans.move_to_end(release_id)
            return kept[1]
        release = Release.objects.defer("report", "manifest").get(pk=release_id)
        plan = read_model(release)
        _plans[release_id] = (release.workflow_id, plan)
        siblings = [other for other, (owner, _) in _plans.items() if owner == release.workflow_id]
        for oldest in siblings[:-KEPT_PER_WORKFLOW]:
            del _plans[oldest]
        return plan


def read_model(release: Release) -> ServedModel:
    """Read a model from its file, not from the memory of this process.

    Raises:
        ArtifactRefused: the file is missing, damaged, not the service's own or not this release's.
    """
    try:
        plan = load_model(artifacts.load(release))
    except BadArtifact as fault:
        raise ArtifactRefused(
            f"The model {release.name} cannot be read: {fault}.", release=release.name
        ) from fault
    if list(plan.labels) != release.labels or plan.schema_sha256 != release.schema_sha256:
        # Its columns would be read as other labels: wrong decisions without an error.
        raise ArtifactRefused(f"The file of {release.name} is that of another release.", release=release.name)
    return plan


def warm() -> dict[UUID, str]:
    """Load the champions of all live workflows; return what is wrong with each that could not be.

    Its workflow's cases go to people, with the reason.
    """
    champions = RoleSpan.objects.filter(role=ReleaseRole.CHAMPION, until=None, workflow__archived_at=None)
    troubles: dict[UUID, str] = {}
    for release_id in champions.values_list("release_id", flat=True):
        try:
            served_model(release_id)
        except ArtifactRefused as refused:
            log.error("model not loaded", extra={"release": str(release_id), "trouble": refused.message})
            troubles[release_id] = refused.message
    return troubles


def forget() -> None:
    """Drop every loaded model."""
    with _lock:
        _plans.clear()
