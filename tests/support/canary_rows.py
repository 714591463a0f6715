"""Situations of canaries: a champion with audits behind it, a challenger that decides a share beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.models import Workflow
from hitl.shared.actor import Actor
from models_store.models import Release
from monitoring.watch import watch
from monitoring.watch.canary.changes import change_release
from policy.models.canaries import Canary, CanarySettings
from policy.types import ReleaseAction
from tests.support.live_rows import decided
from tests.support.policy_rows import operator
from tests.support.shadow_rows import START, certified_mail_workflow, challenger

BEGUN = START + timedelta(days=1)  # when its canary begins
LATER = timedelta(hours=1)  # in which answers have become final
NOTHING = timedelta(0)


@dataclass(slots=True)
class CanaryWorld:
    """A workflow whose champion has been audited, and a challenger."""

    workflow: Workflow
    champion: Release
    release: Release
    actor: Actor
    at: datetime = BEGUN

    @property
    def canary(self) -> Canary:
        """The canary as it is stored now."""
        return Canary.objects.select_related("release", "champion").get(release=self.release)

    def start(self) -> Canary:
        """Let the challenger decide its first share."""
        change_release(
            release_id=self.release.pk,
            action=ReleaseAction.CANARY,
            actor=self.actor,
            now=self.at,
            reason="It looks good in shadow.",
        )
        return self.canary

    def traffic(
        self, *, canary: int = 0, canary_wrong: int = 0, champion: int = 0, champion_wrong: int = 0
    ) -> None:
        """Let both decide audited cases, which people answer, then look an hour later.

        The champion decides as many others, unaudited, as the canary's share asks for.
        """
        first, share = self.canary.first_arm, self.canary.share
        others = (first - 1) % 10_000
        self.at += timedelta(minutes=1)
        if canary:
            decided(self.release, canary, at=self.at, wrong=canary_wrong, arm=first)
        if champion:
            decided(self.champion, champion, at=self.at, wrong=champion_wrong, arm=others)
        unaudited = canary * (10_000 - share) // share - champion
        if unaudited > 0:
            decided(self.champion, unaudited, at=self.at, drawn=False, arm=others, every=timedelta(0))
        self.at += LATER
        self.look()

    def look(self, *, after: timedelta = NOTHING) -> Canary:
        """Run the watch."""
        self.at += after
        watch(self.workflow.pk, now=self.at, settle=NOTHING)
        return self.canary


def canary_world(
    *, history: int = 600, wrong: int = 12, min_labels: int = 20, min_hours: float = 2, **policy: object
) -> CanaryWorld:
    """Return a world before its canary begins."""
    promised: dict[str, object] = {"target": 0.04, "audit_base": 0.02, "audit_rate": 0.02}
    workflow = certified_mail_workflow(**(promised | policy))
    champion = Release.objects.get(workflow=workflow)
    CanarySettings.objects.create(workflow=workflow, min_labels=min_labels, min_hours=min_hours)
    if history:
        parts = 12
        for part in range(parts):  # errors are spread over the history
            decided(
                champion,
                history // parts,
                at=START + part * timedelta(hours=1),
                wrong=wrong // parts,
                arm=0,
            )
    release = challenger(workflow)
    return CanaryWorld(workflow, champion, release, operator())
