"""Work for later: certify a release, and find models whose message was lost."""

from uuid import UUID

from celery import shared_task
from django.db.models import Exists, OuterRef

from hitl.shared import clock
from hitl.shared.actor import system
from hitl.shared.jobs import enqueue
from models_store.models import RoleSpan
from models_store.types import ReleaseRole
from policy.models import Certificate
from policy.services.certify import certify_release
from policy.services.expiry import end_outlived, mark_expired, recheck

ACTOR = system("certification")


@shared_task(name="policy.certify_release")
def certify(release_id: str) -> None:
    """Certify a release for the present promise; asked again, nothing happens twice."""
    certify_release(release_id=UUID(release_id), actor=ACTOR, now=clock.now())


@shared_task(name="policy.sweep_certificates")
def sweep_certificates() -> None:
    """Mark certificates that have ended, and certify champions that nobody tested for the present promise."""
    now = clock.now()
    mark_expired(now)
    end_outlived(actor=ACTOR, now=now)
    recheck(actor=ACTOR, now=now)
    for release_id in untested_champions():
        enqueue("policy.certify_release", str(release_id))


def untested_champions() -> list[UUID]:
    """Return the champions without a certificate, or attempt at one, for their workflow's present promise."""
    tested = Certificate.objects.filter(
        release_id=OuterRef("release_id"),
        scope=OuterRef("workflow__policy__scope"),
        target=OuterRef("workflow__policy__target"),
        confidence=OuterRef("workflow__policy__confidence"),
        loss=OuterRef("workflow__policy__loss"),
    )
    champions = RoleSpan.objects.filter(
        role=ReleaseRole.CHAMPION, until=None, workflow__policy__isnull=False, workflow__archived_at=None
    )
    return list(champions.filter(~Exists(tested)).values_list("release_id", flat=True))
