"""Certify a new release before it is promoted, so that automation does not pause for it (ADR 0027)."""

import logging
from datetime import datetime

from hitl.shared.actor import system
from hitl.shared.words import Words
from models_store.models import Release
from policy.services.certify import certify_release

log = logging.getLogger(__name__)

ACTOR = system("certification")


def certify(release: Release, *, now: datetime) -> str:
    """Test a release for its workflow's promise; say what became of it. A failure is left to the sweeper."""
    try:
        certify_release(release_id=release.pk, actor=ACTOR, now=now)
    except Exception:
        log.exception("not certified before promotion", extra={"release": str(release.pk)})
        return Words("It could not be certified yet. People decide until a later attempt succeeds.")
    return Words("Tested for the workflow's promise; see the automation page.")
